//! What can go wrong with a source, told so that its owner can act.

use std::{io, path::PathBuf, time::Duration};

/// Why a snapshot, branch or patch could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CodehostError {
    #[error("there is no folder, archive or git URL at `{0}`")]
    SourceMissing(String),
    #[error("`{path}` can't be read as a source archive: {problem}")]
    ArchiveUnreadable { path: String, problem: String },
    #[error("the source holds more than {limit} files")]
    TooManyFiles { limit: usize },
    #[error("the source is larger than {limit_mb} MB")]
    TooLarge { limit_mb: u64 },
    #[error("the source holds no file")]
    Empty,
    #[error("`{reference}` names no commit in {place}")]
    UnknownRef { reference: String, place: String },
    #[error("`{0}` is no git repository, so it has no refs")]
    NoGitRepository(PathBuf),
    #[error("{url} could not be cloned: {problem}")]
    CloneFailed { url: String, problem: String },
    #[error("{what} took longer than {} s", limit.as_secs())]
    TimedOut { what: String, limit: Duration },
    #[error("git is not installed")]
    GitMissing,
    #[error("git {command} failed: {problem}")]
    GitFailed { command: String, problem: String },
    #[error("a branch `{0}` is there already")]
    BranchTaken(String),
    #[error("`{0}` is not a name that git allows for a branch")]
    BranchName(String),
    #[error("the edit of `{path}` does not fit the committed file: it has uncommitted changes at the same place")]
    Uncommitted { path: String },
    #[error("`{path}` was changed since the snapshot was taken")]
    ChangedSince { path: String },
    #[error("no space is left on the disk that holds {0}")]
    NoSpace(PathBuf),
    #[error("`{path}` can't be {doing}: {error}")]
    Io { path: PathBuf, doing: &'static str, error: io::Error },
}

/// Who can do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    RefusedInput,
    Environment,
    Internal,
}

impl CodehostError {
    /// Wraps an I/O error with what was done to which path; a full disk is told apart.
    pub(crate) fn io(path: impl Into<PathBuf>, doing: &'static str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(path.into()),
            _ => Self::Io { path: path.into(), doing, error },
        }
    }

    /// The reason as in `google.rpc.ErrorInfo`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::SourceMissing(_) => "SOURCE_MISSING",
            Self::ArchiveUnreadable { .. } => "ARCHIVE_UNREADABLE",
            Self::TooManyFiles { .. } => "TOO_MANY_FILES",
            Self::TooLarge { .. } => "SOURCE_TOO_LARGE",
            Self::Empty => "SOURCE_EMPTY",
            Self::UnknownRef { .. } => "UNKNOWN_REF",
            Self::NoGitRepository(_) => "NO_GIT_REPOSITORY",
            Self::CloneFailed { .. } => "CLONE_FAILED",
            Self::TimedOut { .. } => "GIT_TIMED_OUT",
            Self::GitMissing => "GIT_MISSING",
            Self::GitFailed { .. } => "GIT_FAILED",
            Self::BranchTaken(_) => "BRANCH_TAKEN",
            Self::BranchName(_) => "BRANCH_NAME",
            Self::Uncommitted { .. } => "UNCOMMITTED_CHANGES",
            Self::ChangedSince { .. } => "CHANGED_SINCE",
            Self::NoSpace(_) => "NO_SPACE",
            Self::Io { .. } => "SOURCE_IO",
        }
    }

    /// Who can do something about it.
    pub fn class(&self) -> Class {
        match self {
            Self::GitMissing | Self::NoSpace(_) | Self::TimedOut { .. } => Class::Environment,
            Self::GitFailed { .. } => Class::Internal,
            _ => Class::RefusedInput,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::SourceMissing(_) => {
                "Give a folder, a .tar.gz, .tgz, .tar or .zip file, or a git URL (https://, ssh://, git@host:path).".into()
            }
            Self::ArchiveUnreadable { .. } => "A complete .tar.gz, .tgz, .tar or .zip file is expected.".into(),
            Self::TooManyFiles { .. } | Self::TooLarge { .. } => {
                "Leave data and generated files out with .gitignore, or point whet at the folder that holds the package.".into()
            }
            Self::Empty => "Point whet at the folder that holds the package; .gitignore may leave everything out.".into(),
            Self::UnknownRef { .. } => "Give a branch, a tag or a commit that exists there; leave --ref out for the working tree.".into(),
            Self::NoGitRepository(_) => "Leave --ref out to use the folder as it is, or run `git init` and commit.".into(),
            Self::CloneFailed { .. } => {
                "Check the address and your access with `git ls-remote URL`; whet never asks for a password.".into()
            }
            Self::TimedOut { .. } => "Check the network, or clone it yourself and give whet the folder.".into(),
            Self::GitMissing => "Install git (`apt install git`), or give whet a folder or an archive.".into(),
            Self::GitFailed { .. } => "Run `git fsck` in the repository; the patch and the report are not affected.".into(),
            Self::BranchTaken(_) => "Choose another name with --branch, or delete that branch first.".into(),
            Self::BranchName(_) => "Choose a name such as whetstone/faster-rules with --branch.".into(),
            Self::Uncommitted { .. } => "Commit your changes and run again, or use the patch, which fits the working tree.".into(),
            Self::ChangedSince { .. } => "Use the patch with `git apply --3way`, or run again on the changed files.".into(),
            Self::NoSpace(_) => "Free some space, or choose another data folder with --data-dir.".into(),
            Self::Io { .. } => "Check the permissions of that path.".into(),
        }
    }
}
