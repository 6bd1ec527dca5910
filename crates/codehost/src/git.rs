//! Runs git for its plumbing: no prompts, hooks, monitors or filters, bounded in time, and gone with
//! all of its helpers when the caller stops waiting.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{sys::signal, unistd::Pid};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

use crate::CodehostError;

/// Git in one folder.
pub(crate) struct Git {
    folder: PathBuf,
    index: Option<PathBuf>,
    timeout: Duration,
}

/// What git printed and whether it was content.
pub(crate) struct Answer {
    pub success: bool,
    pub output: Vec<u8>,
    pub complaint: String,
}

/// Kills the process group of a git that nobody waits for any more, helpers included.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _ = signal::killpg(pid, signal::Signal::SIGKILL);
        }
    }
}

impl Git {
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), index: None, timeout: Duration::from_secs(120) }
    }

    /// Uses another index than the repository's own.
    pub(crate) fn with_index(mut self, index: PathBuf) -> Self {
        self.index = Some(index);
        self
    }

    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Builds a git command that runs nothing of the repository's own.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder);
        for setting in [
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.quotePath=false",
            "safe.directory=*",
            "protocol.ext.allow=never",
            "gc.auto=0",
            "http.lowSpeedLimit=500",
            "http.lowSpeedTime=60",
            // A redirect could lead to an address that was never checked.
            "http.followRedirects=false",
        ] {
            command.arg("-c").arg(setting);
        }
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_PREFIX"] {
            command.env_remove(variable);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
        command.env("GIT_ALLOW_PROTOCOL", "https:http:ssh:file:git").env("GIT_NO_REPLACE_OBJECTS", "1");
        if std::env::var_os("GIT_SSH_COMMAND").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20");
        }
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        command
    }

    /// Runs git and answers whatever it says.
    pub(crate) async fn ask(&self, arguments: &[&OsStr], input: Option<&[u8]>) -> Result<Answer, CodehostError> {
        let mut command = self.command();
        command.args(arguments);
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = spawn(command)?;
        let mut group = Group(pid(&child));
        let stdin = child.stdin.take();
        let feed = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A git that ends early closes its input; what it says then matters, not this error.
                let _ = stdin.write_all(input).await;
            }
        };
        let both = async { tokio::join!(feed, child.wait_with_output()).1 };
        let name = arguments.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let output = match tokio::time::timeout(self.timeout, both).await {
            Ok(output) => output.map_err(|error| CodehostError::io(&self.folder, "read by git", error))?,
            Err(_) => return Err(CodehostError::TimedOut { what: format!("git {name}"), limit: self.timeout }),
        };
        group.0 = None;
        let complaint = last_lines(&String::from_utf8_lossy(&output.stderr));
        if !output.status.success() && complaint.contains("No space left on device") {
            return Err(CodehostError::NoSpace(self.folder.clone()));
        }
        Ok(Answer { success: output.status.success(), output: output.stdout, complaint })
    }

    /// Runs git, which must succeed, and answers its output.
    pub(crate) async fn run<S: AsRef<OsStr>>(&self, arguments: &[S], input: Option<&[u8]>) -> Result<Vec<u8>, CodehostError> {
        let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        let answer = self.ask(&arguments, input).await?;
        if answer.success {
            return Ok(answer.output);
        }
        let command = arguments.iter().take(2).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        Err(CodehostError::GitFailed { command, problem: answer.complaint })
    }

    /// Runs git and answers its one line, or nothing where it fails.
    pub(crate) async fn line(&self, arguments: &[&str]) -> Result<Option<String>, CodehostError> {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let answer = self.ask(&arguments, None).await?;
        let text = String::from_utf8_lossy(&answer.output).trim_end_matches('\n').to_owned();
        Ok((answer.success && !text.is_empty()).then_some(text))
    }

    /// The commit that a name stands for, if there is one.
    pub(crate) async fn commit(&self, reference: &str) -> Result<Option<String>, CodehostError> {
        self.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")]).await
    }
}

/// Starts git, telling a missing one apart.
pub(crate) fn spawn(mut command: Command) -> Result<Child, CodehostError> {
    command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => CodehostError::GitMissing,
        _ => CodehostError::io("git", "started", error),
    })
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)
}

/// The lines of a complaint that matter: the last three that say more than git's standing advice.
fn last_lines(text: &str) -> String {
    let standing = ["Please make sure you have", "and the repository exists", "fatal: Could not read from remote"];
    let says_something = |line: &&str| !line.is_empty() && !standing.iter().any(|advice| line.starts_with(advice));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(says_something).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}
