//! Trees from commits: of a repository here, or of one that is fetched into a temporary bare one.

use std::{collections::VecDeque, path::Path, process::Stdio, time::Duration};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::{
    CodehostError,
    git::{self, Git},
    snapshot::Origin,
    tree::{Limits, Tree},
};

/// The longest that a clone may take.
const CLONE_LIMIT: Duration = Duration::from_secs(900);

/// Fetches one commit of a remote repository and reads its tree; nothing of the clone stays.
pub(crate) async fn tree(url: &str, reference: Option<&str>, limits: Limits, work: &Path) -> Result<(Tree, Origin), CodehostError> {
    let clone = tempfile::Builder::new().prefix("clone-").tempdir_in(work).map_err(|error| CodehostError::io(work, "written", error))?;
    let git = Git::at(clone.path()).with_timeout(CLONE_LIMIT);
    git.run(&["init", "--quiet", "--bare"], None).await?;
    let wanted = reference.unwrap_or("HEAD");
    let shallow = fetch(&git, &["--depth=1", "--end-of-options", url, wanted]).await?;
    let (commit_name, problem) = match shallow {
        None => ("FETCH_HEAD", None),
        // Abbreviated commits, and servers without shallow fetches: everything, then look.
        Some(problem) => match fetch(&git, &["--end-of-options", url, "+refs/*:refs/*", "HEAD"]).await? {
            None => (reference.unwrap_or("FETCH_HEAD"), Some(problem)),
            Some(problem) => {
                return Err(CodehostError::CloneFailed { url: without_secrets(url), problem: without_secrets_in(&problem, url) });
            }
        },
    };
    let place = without_secrets(url);
    let found = committed(&git, commit_name, &place, limits, work).await;
    let (tree, mut origin) = match (found, problem) {
        (Err(CodehostError::UnknownRef { .. }), Some(_)) => {
            return Err(CodehostError::UnknownRef { reference: wanted.to_owned(), place });
        }
        (found, _) => found?,
    };
    origin.branch = match reference {
        Some(name) => Some(name.to_owned()),
        None => default_branch(&git, url).await,
    };
    Ok((tree, origin))
}

/// Fetches, and answers what git complains about.
async fn fetch(git: &Git, what: &[&str]) -> Result<Option<String>, CodehostError> {
    let arguments: Vec<_> = ["fetch", "--quiet", "--no-tags"].iter().chain(what).map(std::ffi::OsStr::new).collect();
    let answer = git.ask(&arguments, None).await?;
    Ok((!answer.success).then_some(answer.complaint))
}

async fn default_branch(git: &Git, url: &str) -> Option<String> {
    let answer = git.line(&["ls-remote", "--symref", "--end-of-options", url, "HEAD"]).await.ok()??;
    let first = answer.lines().next()?.strip_prefix("ref: refs/heads/")?;
    first.split('\t').next().map(str::to_owned)
}

/// A URL as it may be shown: without user and password.
fn without_secrets(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}/{path}")
        }
        None => url.to_owned(),
    }
}

fn without_secrets_in(text: &str, url: &str) -> String {
    text.replace(url, &without_secrets(url))
}

struct Blob {
    path: Vec<u8>,
    object: String,
    is_link: bool,
    executable: bool,
}

/// Reads the tree of a commit through `ls-tree` and `cat-file`, so that no filter runs.
pub(crate) async fn committed(
    git: &Git,
    reference: &str,
    place: &str,
    limits: Limits,
    work: &Path,
) -> Result<(Tree, Origin), CodehostError> {
    let unknown = || CodehostError::UnknownRef { reference: reference.to_owned(), place: place.to_owned() };
    let commit = git.commit(reference).await?.ok_or_else(unknown)?;
    let listing = git.run(&["ls-tree", "-r", "-z", "-l", &commit], None).await?;
    let mut tree = Tree::new(limits, work)?;
    let mut blobs = Vec::new();
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(|| odd("ls-tree"))?;
        let path = line[tab + 1..].to_vec();
        let facts = String::from_utf8_lossy(&line[..tab]).into_owned();
        let [mode, kind, object, size] = facts.split_whitespace().collect::<Vec<_>>()[..] else { return Err(odd("ls-tree")) };
        match (kind, size.parse::<u64>()) {
            ("commit", _) => tree.leave_out(&path, "a submodule"),
            (_, Ok(size)) if size > limits.file_bytes => tree.leave_out(&path, &format!("larger than {} MB", limits.file_bytes >> 20)),
            _ => blobs.push(Blob { path, object: object.to_owned(), is_link: mode == "120000", executable: mode == "100755" }),
        }
        if blobs.len() > limits.files {
            return Err(CodehostError::TooManyFiles { limit: limits.files });
        }
    }
    read_blobs(git, blobs, &mut tree).await?;
    let branch = git.line(&["rev-parse", "--abbrev-ref", "--end-of-options", reference]).await?.filter(|name| name == reference);
    Ok((tree, Origin { commit: Some(commit), branch, uncommitted: false }))
}

fn odd(command: &str) -> CodehostError {
    CodehostError::GitFailed { command: command.to_owned(), problem: "its answer has an unknown form".into() }
}

/// Streams blobs out of one `git cat-file --batch`.
async fn read_blobs(git: &Git, blobs: Vec<Blob>, tree: &mut Tree) -> Result<(), CodehostError> {
    let mut command = git.command();
    command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut child = git::spawn(command)?;
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let mut answers = BufReader::new(child.stdout.take().expect("standard output is piped"));
    let requests: String = blobs.iter().map(|blob| format!("{}\n", blob.object)).collect();
    let feeding = tokio::spawn(async move { stdin.write_all(requests.as_bytes()).await });
    let broken = |error| CodehostError::io("git cat-file", "read", error);
    let mut waiting: VecDeque<Blob> = blobs.into();
    while let Some(blob) = waiting.pop_front() {
        let mut head = String::new();
        answers.read_line(&mut head).await.map_err(broken)?;
        let size: usize = head.split_whitespace().nth(2).and_then(|size| size.parse().ok()).ok_or_else(|| odd("cat-file"))?;
        let mut data = vec![0; size + 1];
        answers.read_exact(&mut data).await.map_err(broken)?;
        data.pop();
        if blob.is_link {
            tree.link(blob.path, data)?;
        } else {
            tree.spooled_file(blob.path, data.as_slice(), blob.executable)?;
        }
    }
    feeding.await.expect("the feeding task does not panic").map_err(broken)?;
    child.wait().await.map_err(broken)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_urls_without_passwords() {
        assert_eq!(without_secrets("https://me:token@example.org/a/b.git"), "https://example.org/a/b.git");
        assert_eq!(without_secrets("git@example.org:a/b"), "git@example.org:a/b");
    }
}
