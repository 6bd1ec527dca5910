//! The runner's line to the service: records out, controls in, one JSON document a line.
//!
//! Both ends are moved away from descriptors 0 and 1 before anything untrusted starts, so that a
//! child that inherits standard streams can neither forge a record nor eat a control.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    os::fd::AsFd,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use nix::unistd::{dup2_stdin, dup2_stdout};
use whetstone_core::record::{Control, Record};

use crate::RunnerError;

/// Longest control line that is read; a longer one ends the plan.
const CONTROL_LIMIT: usize = 1 << 20;

/// Sends records and yields controls.
pub struct Channel {
    records: Mutex<Box<dyn Write + Send>>,
    controls: Mutex<Receiver<Control>>,
}

impl Channel {
    /// Takes over standard input and output; both then point to nothing and to standard error.
    ///
    /// # Errors
    /// If a descriptor cannot be duplicated.
    pub fn open() -> Result<Self, RunnerError> {
        let take = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned();
        let input = take(std::io::stdin().as_fd()).map_err(RunnerError::io("duplicating standard input"))?;
        let output = take(std::io::stdout().as_fd()).map_err(RunnerError::io("duplicating standard output"))?;
        let nothing = File::open("/dev/null").map_err(RunnerError::io("opening /dev/null"))?;
        let as_io = |error: nix::Error| std::io::Error::from(error);
        dup2_stdin(&nothing).map_err(as_io).map_err(RunnerError::io("detaching standard input"))?;
        dup2_stdout(std::io::stderr().as_fd()).map_err(as_io).map_err(RunnerError::io("detaching standard output"))?;
        Ok(Self::over(File::from(input), Box::new(File::from(output))))
    }

    /// Makes a channel over any pair of streams.
    pub fn over(controls: impl std::io::Read + Send + 'static, records: Box<dyn Write + Send>) -> Self {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || read_controls(controls, &sender));
        Self { records: Mutex::new(records), controls: Mutex::new(receiver) }
    }

    /// Sends one record. A service that is gone is no reason to stop: the sandbox ends the job then.
    pub fn send(&self, record: &Record) {
        let Ok(mut line) = serde_json::to_vec(record) else { return };
        line.push(b'\n');
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = records.write_all(&line).and_then(|()| records.flush());
    }

    /// Tells how far the plan has come; `total` is 0 where it is not known.
    pub fn progress(&self, phase: &str, done: u64, total: u64, note: &str) {
        self.send(&Record::Progress { phase: phase.into(), done, total, note: note.into() });
    }

    /// Adds a line to the run log.
    pub fn log(&self, level: &str, message: impl Into<String>) {
        self.send(&Record::Log { level: level.into(), message: message.into() });
    }

    /// Waits for the next control, or until `timeout`. Once the service has hung up this yields
    /// [`Control::Finish`].
    pub fn control(&self, timeout: Duration) -> Option<Control> {
        let controls = self.controls.lock().unwrap_or_else(PoisonError::into_inner);
        match controls.recv_timeout(timeout) {
            Ok(control) => Some(control),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Control::Finish),
        }
    }

    /// Takes a control that has already arrived.
    pub fn try_control(&self) -> Option<Control> {
        self.control(Duration::ZERO)
    }
}

fn read_controls(from: impl std::io::Read, to: &mpsc::Sender<Control>) {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = std::io::Read::take(&mut lines, CONTROL_LIMIT as u64);
        match bounded.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.len() >= CONTROL_LIMIT => return,
            Ok(_) => {}
        }
        match serde_json::from_slice(&line) {
            Ok(control) => {
                if to.send(control).is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("whet-runner: a control was not understood: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, sync::Arc};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("one thread").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn controls_come_in_order_nonsense_is_skipped_and_the_end_means_finish() {
        let text = "{\"control\":\"continue\",\"series\":[\"a\"]}\nnonsense\n{\"control\":\"finish\"}\n";
        let channel = Channel::over(Cursor::new(text), Box::new(Shared::default()));
        let next = || channel.control(Duration::from_secs(10));
        assert_eq!(next(), Some(Control::Continue { series: vec!["a".into()] }));
        assert_eq!(next(), Some(Control::Finish));
        assert_eq!(next(), Some(Control::Finish), "a service that hung up finishes the plan");
    }

    #[test]
    fn each_record_is_one_line() {
        let written = Shared::default();
        let channel = Channel::over(Cursor::new(""), Box::new(written.clone()));
        channel.log("info", "two\nlines");
        channel.progress("start", 1, 2, "");
        let text = String::from_utf8(written.0.lock().expect("one thread").clone()).expect("JSON is UTF-8");
        let records: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0], Record::Log { level: "info".into(), message: "two\nlines".into() });
    }
}
