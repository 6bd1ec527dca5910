//! Workload plans: one command in a fresh side tree, plainly or with one instrument.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Command,
    time::Duration,
};

use serde::Serialize;
use whetstone_core::{
    plan::{
        HARNESS, JOB_OUT, Start,
        workload::{Instrument, TestResult, UNFINISHED, WorkloadPlan, WorkloadResult},
    },
    target::TargetSite,
};

use crate::{
    Channel, RunnerError, SCRATCH, environment,
    guard::{self, Confinement},
    process::{self, Bounds, Finished},
    sides::{self, Before, Side, Sides},
    start::Options,
};

/// Bytes that a command may print where the sandbox sets no bound.
const PRINTED_BYTES: u64 = 256 << 20;

/// Most of the test reporter's file that is read.
const REPORT_BYTES: u64 = 64 << 20;

/// Folder below the harness that holds nothing but the test reporter, a pytest plugin.
const REPORTER_FOLDER: &str = "reporter";
const REPORTER_MODULE: &str = "whet_reporter";
const REPORT_FILE: &str = "tests.jsonl";

/// Runs a workload.
///
/// # Errors
/// If the tree cannot be made or the command cannot be started.
pub fn run(plan: &WorkloadPlan, options: &Options, channel: &Channel) -> Result<WorkloadResult, RunnerError> {
    let mut sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("copying the tree"))?;
    let side = sides.side(&plan.edits).map_err(RunnerError::io("applying the edits"))?;
    channel.progress("workload", 0, 1, &plan.command);
    let outputs = Path::new(JOB_OUT).join("harness");
    let is_observed = plan.instrument != Instrument::None || plan.report_tests;
    if is_observed {
        fs::create_dir_all(&outputs).map_err(RunnerError::io("making /job/out/harness"))?;
    }
    let mut run = Run::plain(&plan.start, &plan.command, plan.timeout_s, options);
    run.hash_seed = Some(plan.hash_seed);
    run.observed = is_observed.then_some(plan);
    let ran = run.once(&mut sides, &side)?;
    let tests = if plan.report_tests { read_report(&outputs.join(REPORT_FILE)) } else { Vec::new() };
    channel.progress("workload", 1, 1, &plan.command);
    Ok(WorkloadResult {
        exit: ran.finished.exit,
        timed_out: ran.finished.timed_out,
        resources: ran.finished.usage.resources(ran.finished.wall),
        stdout: ran.finished.stdout,
        stderr: ran.finished.stderr,
        tests,
        files: ran.files,
    })
}

/// One command as a workload, and its bounds.
pub struct Run<'a> {
    start: &'a Start,
    command: &'a str,
    bounds: Bounds,
    pub hash_seed: Option<u32>,
    /// The plan whose instrument or test reporter is added.
    pub observed: Option<&'a WorkloadPlan>,
}

/// What a run of a workload left.
pub struct Ran {
    pub finished: Finished,
    /// Digests of the files that it made or changed in its tree.
    pub files: std::collections::BTreeMap<String, String>,
}

impl<'a> Run<'a> {
    /// Describes a run without harness, recorder or special environment.
    pub fn plain(start: &'a Start, command: &'a str, timeout_s: f64, options: &Options) -> Self {
        let timeout = Duration::try_from_secs_f64(timeout_s).unwrap_or(Duration::from_secs(86_400));
        let bounds = Bounds { timeout, printed_bytes: options.printed_bytes.unwrap_or(PRINTED_BYTES), alone: true, slowed: false };
        Self { start, command, bounds, hash_seed: None, observed: None }
    }

    /// The same, stopped again and again while it runs.
    pub fn slowed(&self) -> Self {
        Self { bounds: Bounds { slowed: true, ..self.bounds }, ..*self }
    }

    /// Runs once in a fresh writable copy of `side`, which is removed afterwards.
    ///
    /// # Errors
    /// If the copy or the start fails, or the command prints more than it may.
    pub fn once(&self, sides: &mut Sides, side: &Side) -> Result<Ran, RunnerError> {
        let copy = sides.writable_copy(side).map_err(RunnerError::io("copying the tree"))?;
        let scratch = sides.scratch().map_err(RunnerError::io("making a scratch folder"))?;
        let before = Before::of(&copy.root).map_err(RunnerError::io("reading the tree"))?;
        let mut confinement = Confinement::new(&copy.root, &scratch).with_interpreter(&self.start.interpreter).with_writable_tree();
        if self.observed.is_some() {
            confinement = confinement.with_outputs();
        }
        let mut command = self.shell(&confinement);
        guard::confine(&mut command, &confinement).map_err(RunnerError::io("confining the workload"))?;
        let finished = process::run(&mut command, self.bounds).map_err(RunnerError::io("starting the workload"))?;
        if finished.printed_too_much {
            return Err(RunnerError::PrintedTooMuch { command: self.command.into(), limit: self.bounds.printed_bytes });
        }
        let files = before.changes(&copy.root).map_err(RunnerError::io("reading the tree"))?;
        sides::remove(&copy.root);
        sides::remove(&scratch);
        Ok(Ran { finished, files })
    }

    fn shell(&self, confinement: &Confinement) -> Command {
        let tree = confinement.tree();
        let reporter = format!("{HARNESS}/{REPORTER_FOLDER}");
        let mut module_path = Vec::new();
        let mut extra = Vec::new();
        if let Some(plan) = self.observed {
            if plan.instrument != Instrument::None {
                module_path.push(HARNESS);
                extra.push(("WHET_INSTRUMENT", instrument_variable(plan, &tree)));
            }
            if plan.report_tests {
                module_path.push(&reporter);
                extra.push(("PYTEST_PLUGINS", REPORTER_MODULE.to_owned()));
                extra.push(("WHET_REPORT", format!("{JOB_OUT}/harness/{REPORT_FILE}")));
            }
        }
        let mut command = Command::new("/bin/sh");
        command.args(["-c", self.command]).env_clear();
        command.envs(environment::of(self.start, &tree, self.hash_seed, &module_path)).envs(extra);
        command
    }
}

/// What instruments are told, in the variable `WHET_INSTRUMENT`.
#[derive(Serialize)]
struct InstrumentVariable<'a> {
    instrument: &'a Instrument,
    targets: &'a [TargetSite],
    tree: &'a Path,
    out: String,
}

fn instrument_variable(plan: &WorkloadPlan, tree: &Path) -> String {
    let variable = InstrumentVariable { instrument: &plan.instrument, targets: &plan.targets, tree, out: format!("{JOB_OUT}/harness") };
    serde_json::to_string(&variable).expect("strings and numbers are valid JSON")
}

/// Reads what the test reporter wrote. The file comes from untrusted code: lines that are no test
/// result are passed over. A test is told at its beginning and at its end.
fn read_report(path: &Path) -> Vec<TestResult> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file.take(REPORT_BYTES)).lines();
    let mut told: Vec<TestResult> = lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()).collect();
    let has_ended = |test: &TestResult| test.outcome != UNFINISHED;
    let ended: BTreeSet<String> = told.iter().filter(|test| has_ended(test)).map(|test| test.id.clone()).collect();
    told.retain(|test| has_ended(test) || !ended.contains(&test.id));
    told
}
