//! A sandbox that runs nothing: each kind of plan is answered by a script of the test's.
//!
//! Waiting goes by Tokio's clock, so a test with a paused clock takes no time.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use serde::Serialize;
use tokio::time::{Instant, sleep};
use whetstone_core::{
    job::{JobEnd, JobOutcome, JobSpec, Resources},
    plan::{Plan, RESULT_FILE},
    port::{RunningJob, Sandbox, SandboxError, SandboxReport, sandbox::Prepared},
    record::{Control, Record},
};

/// The kinds of plans, as scripts are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlanKind {
    Prepare,
    Workload,
    Behaviour,
    Timing,
    Program,
    Rerun,
}

impl PlanKind {
    /// The kind of a plan.
    pub fn of(plan: &Plan) -> Self {
        match plan {
            Plan::Prepare(_) => Self::Prepare,
            Plan::Workload(_) => Self::Workload,
            Plan::Behaviour(_) => Self::Behaviour,
            Plan::Timing(_) | Plan::RerunTiming(_) => Self::Timing,
            Plan::Program(_) => Self::Program,
            Plan::Rerun(_) => Self::Rerun,
        }
    }
}

type Serve = Box<dyn FnMut(&str) -> Record + Send>;

enum Step {
    Say(Record),
    Wait(Duration),
    Leave {
        name: String,
        content: Vec<u8>,
    },
    /// Answers each series of a `Continue` until told to finish.
    Serve(Serve),
}

/// What one job does.
pub struct Script {
    steps: Vec<Step>,
    end: JobEnd,
    message: String,
    resources: Resources,
}

impl Default for Script {
    fn default() -> Self {
        Self { steps: Vec::new(), end: JobEnd::Succeeded, message: String::new(), resources: Resources::default() }
    }
}

impl Script {
    /// A job that does nothing and succeeds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says a record.
    pub fn say(mut self, record: Record) -> Self {
        self.steps.push(Step::Say(record));
        self
    }

    /// Takes time.
    pub fn wait(mut self, time: Duration) -> Self {
        self.steps.push(Step::Wait(time));
        self
    }

    /// Leaves a file in `/job/out`.
    pub fn leave(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Leave { name: name.into(), content: content.into() });
        self
    }

    /// Leaves the plan's result.
    ///
    /// # Panics
    /// If it is not representable as JSON.
    pub fn result(self, result: &impl Serialize) -> Self {
        self.leave(RESULT_FILE, serde_json::to_vec(result).expect("results are plain data"))
    }

    /// Says `answer(series)` for each series of each `Continue`, until told to finish.
    pub fn serve(mut self, answer: impl FnMut(&str) -> Record + Send + 'static) -> Self {
        self.steps.push(Step::Serve(Box::new(answer)));
        self
    }

    /// Ends otherwise than by success.
    pub fn end(mut self, end: JobEnd, message: &str) -> Self {
        (self.end, self.message) = (end, message.into());
        self
    }

    /// Tells what was used.
    pub fn used(mut self, resources: Resources) -> Self {
        self.resources = resources;
        self
    }

    async fn play(self, output: &Path, channels: &mut RunningJob) -> Result<JobOutcome, SandboxError> {
        for step in self.steps {
            match step {
                // A watcher that went away stops nobody.
                Step::Say(record) => drop(channels.records.send(record).await),
                Step::Wait(time) => sleep(time).await,
                Step::Leave { name, content } => {
                    let path = output.join(name);
                    fs::create_dir_all(path.parent().unwrap_or(output))?;
                    fs::write(path, content)?;
                }
                Step::Serve(mut answer) => {
                    while let Some(Control::Continue { series }) = channels.controls.recv().await {
                        for series in series {
                            drop(channels.records.send(answer(&series)).await);
                        }
                    }
                }
            }
        }
        let exit = match self.end {
            JobEnd::Succeeded => Some(0),
            JobEnd::Failed => Some(1),
            _ => None,
        };
        Ok(JobOutcome { end: self.end, exit, message: self.message, resources: self.resources })
    }
}

type Write = Arc<dyn Fn(&JobSpec) -> Script + Send + Sync>;

/// Plays scripts, and notes what was asked of it.
#[derive(Clone, Default)]
pub struct ScriptedSandbox {
    scripts: HashMap<PlanKind, Write>,
    ran: Arc<Mutex<Vec<JobSpec>>>,
}

impl ScriptedSandbox {
    /// A sandbox that has no script yet; a plan without one cannot be run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers plans of a kind with what `script` writes for them.
    pub fn on(mut self, kind: PlanKind, script: impl Fn(&JobSpec) -> Script + Send + Sync + 'static) -> Self {
        self.scripts.insert(kind, Arc::new(script));
        self
    }

    /// The jobs that were run, in order.
    pub fn ran(&self) -> Vec<JobSpec> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Sandbox for ScriptedSandbox {
    async fn run(&self, spec: &JobSpec, prepared: Prepared, mut channels: RunningJob) -> Result<JobOutcome, SandboxError> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(spec.clone());
        let kind = PlanKind::of(&spec.plan);
        let script = self.scripts.get(&kind).ok_or_else(|| SandboxError::Unavailable {
            reason: format!("the test has no script for {kind:?} plans"),
            advice: "Give it one with `on`.".into(),
        })?;
        let script = script(spec);
        let since = Instant::now();
        let (wall, cancel) = (spec.limits.wall, channels.cancel.clone());
        let outcome = |end, message: &str| {
            let resources = Resources { wall_s: since.elapsed().as_secs_f64(), ..Resources::default() };
            Ok(JobOutcome { end, exit: None, message: message.into(), resources })
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => outcome(JobEnd::Cancelled, "the job was cancelled"),
            played = script.play(&prepared.output, &mut channels) => played,
            () = sleep(wall) => outcome(JobEnd::TimedOut, "the job took too long"),
        }
    }

    async fn describe(&self) -> SandboxReport {
        SandboxReport { name: "scripted".into(), usable: true, guarantees: Vec::new(), advice: String::new() }
    }
}
