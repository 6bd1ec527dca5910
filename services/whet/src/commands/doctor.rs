//! `whet doctor`: what works here, and what to install for the rest.

use std::{path::Path, process::Command};

use serde::Serialize;
use whetstone_core::words;
use whetstone_proto::gateway::v1::DescribeSystemRequest;
use whetstone_runtime::Failure;

use super::{Context, measure, print_json, print_text};
use crate::{exit::Exit, text};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    what: String,
    state: State,
    /// What was found.
    found: String,
    /// What to do; empty if nothing.
    advice: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    /// Works, with less than could be.
    Weak,
    /// Runs are refused until this is mended.
    Missing,
}

impl Check {
    fn new(what: &str, state: State, found: impl Into<String>, advice: &str) -> Self {
        let advice = if state == State::Good { String::new() } else { advice.to_owned() };
        Self { what: what.to_owned(), state, found: found.into(), advice }
    }
}

/// Looks at everything and prints it.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let data = context.settings.data_folder()?;
    let mut checks = sandbox(context).await;
    // Elsewhere, what this machine has does not matter.
    if context.global.server.is_none() {
        checks.extend([toolchains(), git(), clock(), cores()]);
        checks.extend(load());
        checks.push(disk(&data));
    }
    let works = checks.iter().all(|check| check.state != State::Missing);
    if context.prints_json() {
        print_json(&checks)?;
    } else {
        print_text(&shown(&checks))?;
    }
    Ok(if works { Exit::Done } else { Exit::Environment })
}

fn shown(checks: &[Check]) -> String {
    let mut lines = Vec::new();
    for check in checks {
        let mark = match check.state {
            State::Good => "✓",
            State::Weak => "~",
            State::Missing => "✗",
        };
        lines.push(format!("{mark} {:<22} {}", check.what, check.found));
        lines.extend(check.advice.lines().map(|line| format!("  {:<22} {line}", "")));
    }
    let worst = checks.iter().filter(|check| check.state == State::Missing).count();
    lines.push(if worst == 0 {
        "whet can work here".into()
    } else {
        format!("whet can't work here before {} mended", words::count(worst as u64, "thing") + if worst == 1 { " is" } else { " are" })
    });
    text::harmless(&(lines.join("\n") + "\n"))
}

/// What the sandbox that would run jobs isolates, each guarantee on its own line.
async fn sandbox(context: &Context) -> Vec<Check> {
    let described = async {
        let mut session = context.session().await?;
        let described = session.gateway.describe_system(DescribeSystemRequest {}).await;
        session.close().await;
        Ok::<_, Failure>(described?.into_inner().sandbox.unwrap_or_default())
    };
    let sandbox = match described.await {
        Ok(sandbox) => sandbox,
        Err(failure) => return vec![Check::new("sandbox", State::Missing, failure.message, &failure.advice)],
    };
    let state = if sandbox.usable { State::Good } else { State::Missing };
    let install = "Install bubblewrap: apt install bubblewrap, dnf install bubblewrap or pacman -S bubblewrap";
    let advice = if sandbox.advice.is_empty() { install } else { &sandbox.advice };
    let mut checks = vec![Check::new("sandbox", state, &sandbox.name, advice)];
    checks.extend(sandbox.guarantees.iter().map(|guarantee| {
        let state = if guarantee.holds { State::Good } else { State::Weak };
        Check::new(&format!("  {}", guarantee.name), state, &guarantee.how, "")
    }));
    checks
}

fn toolchains() -> Check {
    let found = whetstone_languages::python::detect::installed_toolchains();
    let versions: Vec<String> = found.iter().map(|toolchain| toolchain.version.clone()).collect();
    let state = if versions.is_empty() { State::Missing } else { State::Good };
    let found = if versions.is_empty() { "no Python from 3.9 on".to_owned() } else { format!("Python {}", versions.join(", ")) };
    Check::new("toolchains", state, found, "Install Python with its venv module: apt install python3-venv, or uv python install 3.12")
}

fn git() -> Check {
    let output = Command::new("git").arg("--version").output().ok().filter(|output| output.status.success());
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let state = if version.is_some() { State::Good } else { State::Weak };
    let found = version.unwrap_or_else(|| "not installed: no git URLs, refs and branches".into());
    Check::new("git", state, found, "Install git: apt install git")
}

fn clock() -> Check {
    let quiet = measure::quiet();
    let coarse = quiet.step_ns > 100_000;
    let noisy = quiet.cpu_spread > 0.1;
    let found = format!(
        "CPU clock steps of {} ns; the same work varies by {} of CPU and {} of wall time",
        quiet.step_ns,
        text::share(quiet.cpu_spread),
        text::share(quiet.wall_spread)
    );
    let advice = if coarse {
        "The CPU clock is coarse: comparisons fall back to wall time and take more blocks."
    } else {
        "The machine is busy or its frequency changes: comparisons stay right, and take more blocks."
    };
    Check::new("clock and noise", if coarse || noisy { State::Weak } else { State::Good }, found, advice)
}

fn cores() -> Check {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let state = if cores >= 2 { State::Good } else { State::Weak };
    Check::new("cores", state, words::count(cores as u64, "core"), "Timing is quietest with two cores or more.")
}

/// What else runs, as the mean of the last minute.
fn load() -> Option<Check> {
    let load = std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Some(load_on(load, cores))
}

fn load_on(load: f64, cores: usize) -> Check {
    let state = if load < cores as f64 { State::Good } else { State::Weak };
    let found = format!("{load:.1} in the last minute, on {}", words::count(cores as u64, "core"));
    Check::new("load", state, found, "Other programs keep the cores busy: comparisons stay right, and take more blocks.")
}

fn disk(data: &Path) -> Check {
    const LITTLE: u64 = 2 << 30;
    let there = data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let free = nix::sys::statvfs::statvfs(there).map(|disk| disk.blocks_available() * disk.fragment_size());
    let state = match free {
        Ok(free) if free >= LITTLE => State::Good,
        _ => State::Weak,
    };
    let found = free.map_or_else(|error| error.to_string(), |free| format!("{:.1} GB free", free as f64 / 1e9));
    Check::new(
        "disk",
        state,
        format!("{found} in {}", data.display()),
        "Environments and snapshots need some GB; choose another folder with --data-dir.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_told_as_its_load_and_not_as_a_lack_of_cores() {
        assert_eq!((load_on(0.4, 2).state, load_on(2.4, 2).state), (State::Good, State::Weak));
        assert_eq!(load_on(2.4, 2).found, "2.4 in the last minute, on 2 cores");
    }

    #[test]
    fn what_is_missing_is_told_with_what_to_do() {
        let good = Check::new("git", State::Good, "git version 2", "never shown");
        let missing = Check::new("sandbox", State::Missing, "none", "Install bubblewrap");
        let text = shown(&[good, missing]);
        assert!(text.contains("✗ sandbox") && text.contains("Install bubblewrap") && !text.contains("never shown"), "{text}");
        assert!(text.ends_with("whet can't work here before 1 thing is mended\n"), "{text}");
    }
}
