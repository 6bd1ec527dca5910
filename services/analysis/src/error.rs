//! What can go wrong in the role.

use tonic::{Code, Status};
use whetstone_languages::python::functions::Unresolved;
use whetstone_runtime::{FailureClass, Reported};

/// The role's errors.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    #[error("{0}")]
    UnknownTarget(#[from] Unresolved),
    #[error("nothing is in scope: {0}")]
    NothingInScope(String),
    #[error("the request lacks `{0}`")]
    Incomplete(&'static str),
    #[error("no analysis of the run {0} is stored")]
    NoAnalysis(String),
    #[error("the tree can't be read: {0}")]
    Tree(#[from] std::io::Error),
    #[error("the workload `{command}` {what} under the profiler, though it ran plainly")]
    Workload { command: String, what: String, tail: String },
    #[error("the workload `{0}` left no profile: it starts no Python, or ends its processes before they can write")]
    NoProfile(String),
    #[error("the store can't be used: {0}")]
    Store(#[from] whetstone_store::sqlx::Error),
}

impl Reported for AnalysisError {
    fn reason(&self) -> &'static str {
        match self {
            Self::UnknownTarget(unresolved) if unresolved.is_ambiguous => "AMBIGUOUS_TARGET",
            Self::UnknownTarget(_) => "UNKNOWN_TARGET",
            Self::NothingInScope(_) => "NOTHING_IN_SCOPE",
            Self::Incomplete(_) => "INCOMPLETE_REQUEST",
            Self::NoAnalysis(_) => "NO_ANALYSIS",
            Self::Tree(_) => "TREE_UNREADABLE",
            Self::Workload { .. } => "WORKLOAD_FAILED",
            Self::NoProfile(_) => "NO_PROFILE",
            Self::Store(_) => "STORE",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::UnknownTarget(_)
            | Self::NothingInScope(_)
            | Self::Incomplete(_)
            | Self::NoAnalysis(_)
            | Self::Workload { .. }
            | Self::NoProfile(_) => FailureClass::RefusedInput,
            Self::Tree(_) | Self::Store(_) => FailureClass::Internal,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::UnknownTarget(unresolved) => {
                unresolved.nearest.first().map(|name| format!("Did you mean --target {name}?")).unwrap_or_default()
            }
            Self::NothingInScope(_) => {
                "Patterns are matched against paths from the repository's root, such as `src/**` or `pkg/*.py`. See `include` and `exclude` on the \
                 command line and in .whetstone.toml."
                    .into()
            }
            Self::Workload { .. } | Self::NoProfile(_) => "Give another workload with --command".into(),
            _ => String::new(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Workload { tail, .. } => tail.clone(),
            _ => String::new(),
        }
    }

    fn metadata(&self) -> Vec<(String, String)> {
        match self {
            Self::UnknownTarget(unresolved) => {
                let names: Vec<String> = unresolved.nearest.iter().map(ToString::to_string).collect();
                vec![("asked".into(), unresolved.asked.clone()), ("nearest".into(), names.join(" "))]
            }
            _ => Vec::new(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::UnknownTarget(_) | Self::NoAnalysis(_) => Code::NotFound,
            other => match other.class() {
                FailureClass::RefusedInput => Code::InvalidArgument,
                FailureClass::Environment => Code::FailedPrecondition,
                FailureClass::Internal => Code::Internal,
            },
        }
    }
}

impl From<AnalysisError> for Status {
    fn from(error: AnalysisError) -> Self {
        error.status()
    }
}
