//! What the runner does to itself before it reads its plan: gives up root, bounds the number of
//! processes, and closes itself to the processes that it will start.

use nix::{
    sys::resource::{Resource, setrlimit},
    unistd::{Gid, Uid, chown, setgid, setgroups, setuid},
};

use crate::{RunnerError, SCRATCH, guard};

/// Options that the sandbox gives the runner on its command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The unprivileged user to become; only root can.
    pub user: Option<u32>,
    /// Most processes of that user.
    pub processes: Option<u64>,
    /// Bytes that one command may print, both streams together.
    pub printed_bytes: Option<u64>,
}

/// Readies this process: `--user UID` to become, `--processes N` at most, `--printed BYTES` a command.
///
/// # Errors
/// If an option is wrong or a step is refused; nothing untrusted may run then.
pub fn prepare_process(arguments: impl Iterator<Item = String>) -> Result<Options, RunnerError> {
    let options = parse(arguments)?;
    if let Some(user) = options.user {
        become_user(user).map_err(|error| RunnerError::Failed(format!("becoming user {user}: {error}")))?;
    }
    if let Some(most) = options.processes {
        setrlimit(Resource::RLIMIT_NPROC, most, most).map_err(|error| RunnerError::Failed(format!("limiting processes: {error}")))?;
    }
    guard::protect_runner().map_err(RunnerError::io("protecting the runner"))?;
    Ok(options)
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, RunnerError> {
    let mut options = Options::default();
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
        let value = value.ok_or_else(|| RunnerError::Plan(format!("`{name}` needs a number")))?;
        match name.as_str() {
            "--user" => options.user = Some(u32::try_from(value).map_err(|_| RunnerError::Plan("no such user".into()))?),
            "--processes" => options.processes = Some(value),
            "--printed" => options.printed_bytes = Some(value),
            _ => return Err(RunnerError::Plan(format!("unknown option `{name}`"))),
        }
    }
    Ok(options)
}

fn become_user(user: u32) -> nix::Result<()> {
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
    for folder in [SCRATCH, "/job/out", "/home/job", "/whet/env", "/whet/tools", "/whet/solver"] {
        // Inputs are mounted read-only and refuse this; the job's own folders take it.
        match chown(folder, Some(uid), Some(gid)) {
            Err(error) if folder == SCRATCH => return Err(error),
            _ => {}
        }
    }
    setgroups(&[])?;
    setgid(gid)?;
    setuid(uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Options, RunnerError> {
        parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_and_wrong_ones_are_refused() {
        let all = Options { user: Some(7), processes: Some(9), printed_bytes: Some(5_000_000_000) };
        assert_eq!(parsed("--user 7 --processes 9 --printed 5000000000").expect("all known"), all);
        assert!(parsed("--user").is_err());
        assert!(parsed("--user me").is_err());
        assert!(parsed("--root 0").is_err());
    }
}
