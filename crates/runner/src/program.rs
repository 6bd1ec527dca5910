//! Program plans: plain workloads of both sides in turn (`docs/evidence.md`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use whetstone_core::plan::workload::{Captured, ProgramComparison, ProgramPlan, ProgramResult};

use crate::{
    Channel, RunnerError, SCRATCH, process,
    sides::{Side, Sides},
    start::Options,
    workload::{Ran, Run},
};

/// Differences that are listed; more than these say nothing new.
const LISTED: usize = 20;

/// Runs each command of the plan in pairs and compares what the sides leave.
///
/// # Errors
/// If a tree cannot be made or a command cannot be started.
pub fn run(plan: &ProgramPlan, options: &Options, channel: &Channel) -> Result<ProgramResult, RunnerError> {
    let mut sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("copying the tree"))?;
    let candidate = sides.side(&plan.edits).map_err(RunnerError::io("applying the edits"))?;
    let both = [sides.baseline(), candidate];
    let mut coin = SmallRng::seed_from_u64(plan.seed);
    let mut courses: Vec<Course> = plan.commands.iter().map(|command| Course::of(command)).collect();
    let total = plan.commands.len() as u64 * u64::from(plan.pairs);
    for pair in 0..plan.pairs {
        if pair >= plan.least_pairs && is_settled(&courses, plan.settled_at) {
            break;
        }
        for (number, course) in courses.iter_mut().enumerate() {
            let done = u64::from(pair) * plan.commands.len() as u64 + number as u64;
            channel.progress("program", done, total, &course.comparison.command);
            let run = Run::plain(&plan.start, &plan.commands[number], plan.timeout_s, options);
            course.note(run_pair(&run, &mut sides, &both, coin.random())?);
        }
    }
    Ok(ProgramResult { commands: courses.into_iter().map(Course::compared).collect() })
}

/// Whether nothing differed and one pair of all commands together was as much faster as settles it.
fn is_settled(courses: &[Course], settled_at: f64) -> bool {
    let pairs = courses.iter().map(|course| course.comparison.cpu_s.len()).min().unwrap_or(0);
    let sum = |pair: usize, of: fn(&(f64, f64)) -> f64| courses.iter().map(|course| of(&course.comparison.cpu_s[pair])).sum::<f64>();
    let log_ratio = |pair: usize| (sum(pair, |times| times.0) / sum(pair, |times| times.1)).ln();
    courses.iter().all(|course| differences(&course.baseline, &course.candidate).is_empty())
        && (0..pairs).any(|pair| log_ratio(pair) >= settled_at)
}

/// One command's runs so far.
struct Course {
    comparison: ProgramComparison,
    baseline: Seen,
    candidate: Seen,
}

impl Course {
    fn of(command: &str) -> Self {
        let comparison = ProgramComparison {
            command: command.to_owned(),
            differences: Vec::new(),
            cpu_s: Vec::new(),
            wall_s: Vec::new(),
            peak_memory_bytes: Vec::new(),
        };
        Self { comparison, baseline: Seen::default(), candidate: Seen::default() }
    }

    fn note(&mut self, ran: [Ran; 2]) {
        note_times(&mut self.comparison, &ran);
        let [baseline, candidate] = ran;
        self.baseline.note(baseline);
        self.candidate.note(candidate);
    }

    fn compared(mut self) -> ProgramComparison {
        self.comparison.differences = differences(&self.baseline, &self.candidate);
        self.comparison
    }
}

fn run_pair(run: &Run<'_>, sides: &mut Sides, both: &[Side; 2], baseline_first: bool) -> Result<[Ran; 2], RunnerError> {
    let [baseline, candidate] = both;
    if baseline_first {
        Ok([run.once(sides, baseline)?, run.once(sides, candidate)?])
    } else {
        let second = run.once(sides, candidate)?;
        Ok([run.once(sides, baseline)?, second])
    }
}

fn note_times(comparison: &mut ProgramComparison, [baseline, candidate]: &[Ran; 2]) {
    let cpu = |ran: &Ran| ran.finished.usage.cpu().as_secs_f64();
    let wall = |ran: &Ran| ran.finished.wall.as_secs_f64();
    let memory = |ran: &Ran| ran.finished.usage.peak_memory_bytes;
    comparison.cpu_s.push((cpu(baseline), cpu(candidate)));
    comparison.wall_s.push((wall(baseline), wall(candidate)));
    comparison.peak_memory_bytes.push((memory(baseline), memory(candidate)));
}

/// Everything that one side was seen to leave, over its runs.
#[derive(Debug, Default)]
struct Seen {
    exits: BTreeSet<i32>,
    stdout: BTreeSet<String>,
    stderr: BTreeSet<String>,
    /// Digests by path; a run that leaves a file alone counts as an empty text.
    files: BTreeMap<String, BTreeSet<String>>,
    runs: u32,
    last_stdout: Captured,
    last_stderr: Captured,
}

impl Seen {
    fn note(&mut self, ran: Ran) {
        self.exits.insert(ran.finished.exit);
        self.stdout.insert(ran.finished.stdout.sha256.clone());
        self.stderr.insert(ran.finished.stderr.sha256.clone());
        self.last_stdout = ran.finished.stdout;
        self.last_stderr = ran.finished.stderr;
        const UNTOUCHED: &str = "untouched";
        for (path, seen) in &mut self.files {
            if !ran.files.contains_key(path) {
                seen.insert(UNTOUCHED.into());
            }
        }
        for (path, digest) in ran.files {
            let is_new = self.runs > 0 && !self.files.contains_key(&path);
            let seen = self.files.entry(path).or_default();
            seen.insert(digest);
            if is_new {
                seen.insert(UNTOUCHED.into());
            }
        }
        self.runs += 1;
    }
}

/// What the candidate left that the baseline never did. Where the baseline differs from itself, only
/// what did not vary can be compared.
fn differences(baseline: &Seen, candidate: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    if !candidate.exits.is_subset(&baseline.exits) {
        found.push(format!("exit status {:?}, was {:?}", candidate.exits, baseline.exits));
    }
    let streams = [
        ("standard output", &baseline.stdout, &candidate.stdout, &baseline.last_stdout, &candidate.last_stdout),
        ("standard error", &baseline.stderr, &candidate.stderr, &baseline.last_stderr, &candidate.last_stderr),
    ];
    for (name, before, after, was, is) in streams {
        let is_steady = before.len() == 1;
        if is_steady && after != before {
            found.push(format!("{name} differs: {}", first_difference(was, is)));
        } else if !is_steady && normalised(was) != normalised(is) {
            found.push(format!("{name} differs beyond its numbers: {}", first_difference(was, is)));
        }
    }
    let untouched = BTreeSet::new();
    let paths: BTreeSet<&String> = baseline.files.keys().chain(candidate.files.keys()).collect();
    for path in paths {
        let (before, after) = (baseline.files.get(path).unwrap_or(&untouched), candidate.files.get(path).unwrap_or(&untouched));
        if before.is_empty() {
            found.push(format!("file {path} is left, which the baseline leaves alone"));
        } else if after.is_empty() {
            found.push(format!("file {path} is left alone"));
        } else if before.len() == 1 && after != before {
            found.push(format!("file {path} has another content"));
        }
    }
    found.truncate(LISTED);
    found
}

/// Text with each run of digits as one `#`, and trailing space gone: what stays of output that
/// tells times, addresses or process ids.
fn normalised(captured: &Captured) -> String {
    let mut text = String::with_capacity(captured.tail.len());
    for character in captured.tail.chars() {
        let is_number = character.is_ascii_digit() || (character == '.' && text.ends_with('#'));
        match is_number {
            true if text.ends_with('#') => {}
            true => text.push('#'),
            false => text.push(character),
        }
    }
    // Rulers that are padded to a width change with the numbers in them.
    text.lines().map(|line| line.trim_matches(|c: char| "=-_ ".contains(c))).collect::<Vec<_>>().join("\n")
}

fn first_difference(was: &Captured, is: &Captured) -> String {
    let mut pairs = was.tail.lines().zip(is.tail.lines());
    match pairs.find(|(before, after)| before != after) {
        Some((before, after)) => format!("`{}`, was `{}`", clipped(after), clipped(before)),
        None => format!("{} bytes, was {} bytes; it ends {:?}", is.bytes, was.bytes, clipped(&process::last_lines(is, 1))),
    }
}

fn clipped(line: &str) -> String {
    line.chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use whetstone_core::Digest;

    use super::*;
    use crate::{accounting::Usage, process::Finished};

    fn captured(text: &str) -> Captured {
        Captured { tail: text.into(), bytes: text.len() as u64, sha256: Digest::of(text.as_bytes()).to_string() }
    }

    fn ran(stdout: &str, exit: i32, files: &[(&str, &str)]) -> Ran {
        let finished = Finished {
            exit,
            timed_out: false,
            printed_too_much: false,
            stdout: captured(stdout),
            stderr: captured(""),
            wall: Duration::ZERO,
            usage: Usage::default(),
        };
        Ran { finished, files: files.iter().map(|(path, digest)| ((*path).into(), (*digest).into())).collect() }
    }

    fn seen(runs: Vec<Ran>) -> Seen {
        let mut seen = Seen::default();
        runs.into_iter().for_each(|ran| seen.note(ran));
        seen
    }

    #[test]
    fn equal_runs_do_not_differ() {
        let runs = || seen(vec![ran("a\n", 0, &[("out", "1")]), ran("a\n", 0, &[("out", "1")])]);
        assert_eq!(differences(&runs(), &runs()), Vec::<String>::new());
    }

    #[test]
    fn each_aspect_is_told() {
        let baseline = seen(vec![ran("a\nb\n", 0, &[("out", "1"), ("log", "1")])]);
        let candidate = seen(vec![ran("a\nc\n", 2, &[("out", "2"), ("extra", "1")])]);
        let found = differences(&baseline, &candidate);
        let expected = [
            "exit status {2}, was {0}",
            "standard output differs: `c`, was `b`",
            "file extra is left, which the baseline leaves alone",
            "file log is left alone",
            "file out has another content",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_the_baseline_varies_in_is_compared_by_what_stays() {
        let baseline =
            || seen(vec![ran("== 3 passed in 0.12s ==\n", 0, &[("t", "1")]), ran("=== 3 passed in 1.5s ===\n", 0, &[("t", "2")])]);
        let candidate = seen(vec![ran("= 3 passed in 10.33s =\n", 0, &[("t", "3")])]);
        assert_eq!(differences(&baseline(), &candidate), Vec::<String>::new());
        let failing = seen(vec![ran("= 1 failed, 2 passed in 0.33s =\n", 0, &[("t", "3")])]);
        assert_eq!(differences(&baseline(), &failing).len(), 1);
    }
}
