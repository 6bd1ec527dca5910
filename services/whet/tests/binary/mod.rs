//! The built binary with a data folder of its own.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use tempfile::TempDir;

pub struct Whet {
    place: TempDir,
}

/// How a command ended.
pub struct Ended {
    pub status: i32,
    pub output: String,
    pub errors: String,
}

impl Whet {
    pub fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap() }
    }

    /// A folder for the test's own files.
    pub fn folder(&self) -> &Path {
        self.place.path()
    }

    /// The data folder; not there before something is served on it.
    pub fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whet"));
        command.args(arguments).arg("--data-dir").arg(self.data()).current_dir(self.folder());
        for variable in ["WHETSTONE_SERVER", "WHETSTONE_TOKEN", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY"] {
            command.env_remove(variable);
        }
        command.env("XDG_CONFIG_HOME", self.folder()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = self.command(arguments).envs(variables.iter().copied()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { status: output.status.code().unwrap_or(-1), output: text(&output.stdout), errors: text(&output.stderr) }
    }

    /// Serves, and returns when it says so.
    pub fn serve(&self, arguments: &[&str]) -> Serving {
        let mut command = self.command(&[&["serve"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let (sender, printed) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        // The whole text is printed at once when everything is served.
        let first = printed.recv_timeout(Duration::from_secs(60)).expect("it serves within a minute");
        let rest = std::iter::from_fn(|| printed.recv_timeout(Duration::from_millis(300)).ok());
        let lines = std::iter::once(first).chain(rest).collect();
        Serving { child, lines }
    }
}

/// A serving process; killed with this value.
pub struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// What follows this beginning of a printed line.
    pub fn printed(&self, beginning: &str) -> String {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(beginning));
        line.unwrap_or_else(|| panic!("no line begins with `{beginning}`: {:?}", self.lines)).to_owned()
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.kill();
    }
}
