//! `whet-runner`: the small program inside a job.
//!
//! It reads a typed plan from `/job/in`, carries it out with the untrusted code held in confined
//! child processes ([`guard`]), streams records over [`channel`] and leaves its result in
//! `/job/out`. It trusts nothing that those children say, and knows neither the services nor how
//! the sandbox around it was made.

pub mod accounting;
pub mod behaviour;
pub mod bytecode;
pub mod channel;
pub mod environment;
pub mod error;
pub mod forward;
pub mod guard;
pub mod prepare;
pub mod process;
pub mod program;
pub mod rerun;
pub mod sides;
pub mod start;
pub mod timing;
pub mod worker;
pub mod workload;

use std::{
    fs,
    io::{BufReader, BufWriter},
    path::Path,
};

use serde::Serialize;
use whetstone_core::{
    cases,
    plan::{BehaviourPlan, BehaviourResult, CASES_INPUT, JOB_OUT, PLAN_FILE, Plan, RESULT_FILE, behaviour::BehaviourMode},
};

use sides::Sides;

pub use channel::Channel;
pub use error::RunnerError;

/// The job's writable folder: side trees, workers' scratch, archives in the making.
pub const SCRATCH: &str = "/whet/scratch";

/// Carries out the plan at `/job/in/plan.json` and writes its result.
///
/// # Errors
/// Whatever kept the plan from being carried out; what the untrusted code did is in the result.
pub fn run(options: &start::Options, channel: &Channel) -> Result<(), RunnerError> {
    let text = fs::read(PLAN_FILE).map_err(RunnerError::io(format!("reading {PLAN_FILE}")))?;
    let plan: Plan = serde_json::from_slice(&text).map_err(|error| RunnerError::Plan(error.to_string()))?;
    match &plan {
        Plan::Prepare(plan) => finish(&prepare::run(plan, options, channel)?),
        Plan::Workload(plan) => finish(&workload::run(plan, options, channel)?),
        Plan::Program(plan) => finish(&program::run(plan, options, channel)?),
        Plan::Rerun(plan) => finish(&rerun::run(plan, options, channel)?),
        Plan::RerunTiming(plan) => finish(&rerun::timing::run(plan, options, channel)?),
        Plan::Timing(plan) => finish(&timing::run(plan, channel)?),
        Plan::Behaviour(plan) => finish(&behave(plan, channel)?),
    }
}

fn behave(plan: &BehaviourPlan, channel: &Channel) -> Result<BehaviourResult, RunnerError> {
    let reading = || RunnerError::io(format!("reading {CASES_INPUT}"));
    let cases = if Path::new(CASES_INPUT).exists() {
        cases::read(BufReader::new(fs::File::open(CASES_INPUT).map_err(reading())?)).map_err(reading())?
    } else {
        Vec::new()
    };
    let sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("preparing the sides"))?;
    let found = behaviour::run(plan, cases, sides, worker::Limits::default(), &|record| channel.send(&record))?;
    if plan.mode == BehaviourMode::Establish {
        write_cases(behaviour::JUDGED_CASES, &found.recorded)?;
    }
    if !found.result.generated.is_empty() {
        write_cases(&found.result.generated, &found.generated)?;
    }
    Ok(found.result)
}

fn write_cases(name: &str, cases: &[cases::Case]) -> Result<(), RunnerError> {
    let path = Path::new(JOB_OUT).join(name);
    let writing = || RunnerError::io(format!("writing {}", path.display()));
    let file = fs::File::create(&path).map_err(writing())?;
    cases::write(BufWriter::new(file), cases).map_err(writing())
}

fn finish(result: &impl Serialize) -> Result<(), RunnerError> {
    let text = serde_json::to_vec(result).map_err(|error| RunnerError::Plan(error.to_string()))?;
    let path = Path::new(JOB_OUT).join(RESULT_FILE);
    fs::write(&path, text).map_err(RunnerError::io(format!("writing {}", path.display())))
}
