//! Errors as people read them: what happened, the first evidence, what to do.

use std::fmt;

use whetstone_codehost::{Class, CodehostError};
use whetstone_runtime::{Failure, FailureClass, config::ConfigError};

use crate::text;

/// Where `docs/troubleshooting.md` says more about a reason.
pub const TROUBLESHOOTING: [(&str, &str); 24] = [
    ("TESTS_FAIL", "failing-tests"),
    ("NO_TESTS", "no-tests-and-no-command"),
    ("NO_WORKLOAD", "no-tests-and-no-command"),
    ("WORKLOAD_FAILS", "a-workload-that-fails"),
    ("WORKLOAD_FAILED", "a-workload-that-fails"),
    ("WORKLOAD_HANGS", "a-workload-that-hangs"),
    ("NO_PYTHON", "no-python-in-the-source"),
    ("SOURCE_EMPTY", "no-python-in-the-source"),
    ("NO_INTERPRETER", "no-interpreter-that-fits"),
    ("NO_TOOLCHAIN", "no-interpreter-that-fits"),
    ("ENVIRONMENT_NOT_BUILT", "an-environment-that-cant-be-built"),
    ("CONFIGURATION_UNREADABLE", "configuration-files-that-cant-be-read"),
    ("NO_SPACE", "a-full-disk"),
    ("DISK_FULL", "a-full-disk"),
    ("NO_SANDBOX", "no-sandbox"),
    ("TOO_MANY_FILES", "a-source-that-is-too-large"),
    ("SOURCE_TOO_LARGE", "a-source-that-is-too-large"),
    ("CLONE_FAILED", "a-clone-that-fails"),
    ("GIT_TIMED_OUT", "a-clone-that-fails"),
    ("UNKNOWN_TARGET", "a-target-that-is-not-found"),
    ("AMBIGUOUS_TARGET", "a-target-that-is-not-found"),
    ("OUT_OF_TIME", "a-run-that-takes-too-long"),
    ("DATA_FOLDER", "a-data-folder-that-cant-be-used"),
    ("HOLDER_SILENT", "a-data-folder-that-cant-be-used"),
];

/// Prints a failure to standard error.
pub fn print(failure: &Failure, verbose: bool) {
    eprint!("{}", shown(failure, verbose));
}

/// A failure in its printed form.
pub fn shown(failure: &Failure, verbose: bool) -> String {
    // A role that is not there answers with a code alone.
    let message = if failure.message.is_empty() { &failure.reason } else { &failure.message };
    let mut told = message.lines();
    let mut lines = vec![format!("whet: {}", told.next().unwrap_or_default())];
    lines.extend(told.map(|line| format!("  {line}")));
    for part in [&failure.detail, &failure.advice] {
        lines.extend(part.lines().map(|line| format!("  {line}")));
    }
    if let Some((_, anchor)) = TROUBLESHOOTING.iter().find(|(reason, _)| *reason == failure.reason) {
        lines.push(format!("  See docs/troubleshooting.md#{anchor}"));
    }
    if failure.class == FailureClass::Internal && failure.advice.is_empty() {
        lines.push("  This is a fault of whet. Run it again with -v, and report what it prints.".into());
    }
    if verbose {
        lines.push(format!("  reason {}", failure.reason));
        lines.extend(failure.metadata.iter().map(|(key, value)| format!("  {key} {value}")));
    }
    text::harmless(&(lines.join("\n") + "\n"))
}

/// What the code host refuses, as a failure.
pub fn of_source(error: &CodehostError) -> Failure {
    let class = match error.class() {
        Class::RefusedInput => FailureClass::RefusedInput,
        Class::Environment => FailureClass::Environment,
        Class::Internal => FailureClass::Internal,
    };
    Failure::new(class, error.reason(), error.to_string()).advice(error.advice())
}

/// A configuration that can't be used, all its problems together.
pub fn of_config(error: &ConfigError) -> Failure {
    Failure::refused("CONFIGURATION", "the configuration can't be used")
        .detail(error.problems.join("\n"))
        .advice("`whet config show` prints every key; docs/configuration.md explains them.")
}

/// A file of the user's that can't be read or written.
pub fn of_file(path: &std::path::Path, doing: &str, error: &std::io::Error) -> Failure {
    let full = matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
    let message = format!("{} can't be {doing}: {error}", path.display());
    if full {
        Failure::environment("NO_SPACE", message).advice("Free some space, or choose another place.")
    } else {
        Failure::refused("FILE", message)
    }
}

/// A failure while starting what this machine needs.
pub fn of_start(error: impl fmt::Display) -> Failure {
    Failure::environment("START", error.to_string())
        .advice("Check the space and the permissions of the data folder, or choose another with --data-dir. `whet doctor` tells more.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_happened_the_evidence_and_what_to_do() {
        let failure = Failure::refused("TESTS_FAIL", "the tests fail before anything was changed: 3 failed, 211 passed")
            .detail("first: tests/test_tax.py::test_rounding  AssertionError: 1.05 != 1.04")
            .advice("A change can only be checked against tests that pass. Leave these out:\n  whet optimize . --command \"pytest -k x\"");
        let expected = "\
whet: the tests fail before anything was changed: 3 failed, 211 passed
  first: tests/test_tax.py::test_rounding  AssertionError: 1.05 != 1.04
  A change can only be checked against tests that pass. Leave these out:
    whet optimize . --command \"pytest -k x\"
  See docs/troubleshooting.md#failing-tests
";
        assert_eq!(shown(&failure, false), expected);
    }
}
