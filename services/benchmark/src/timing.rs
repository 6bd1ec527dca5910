//! Running timing jobs: blocks are kept as they come, and the job is steered by what they show.

use futures::future;
use tokio::sync::mpsc;
use whetstone_core::{
    cases::{self, CaseHeader},
    job::{JobEnd, JobKind},
    plan::{Plan, TimingResult},
    record::{Block, Pair, Record},
};
use whetstone_measure::block;
use whetstone_proto::common::v1::{Artifact, Cost, Prepared, StageContext};
use whetstone_runtime::{JobBuilder, JobControl, Peers};
use whetstone_store::Store;

use crate::{error::BenchmarkError, rerun, store::Place};

/// A block's effect by one of the clocks.
pub fn effect_of(block: &Block, clock: &str) -> f64 {
    block::effect(&times(block, clock))
}

/// `(baseline, candidate)` nanoseconds of a block's pairs by one of the clocks.
pub fn times(block: &Block, clock: &str) -> Vec<(f64, f64)> {
    // The run queue's figure can overshoot, but never is a process on a processor for less than its CPU time.
    let less_queue = |wall: u64, queue: u64, cpu: u64| wall.saturating_sub(queue).max(cpu) as f64;
    let read = |pair: &Pair| match clock {
        "cpu" => (pair.baseline_cpu_ns as f64, pair.candidate_cpu_ns as f64),
        "wall_less_queue" => (
            less_queue(pair.baseline_wall_ns, pair.baseline_queue_ns, pair.baseline_cpu_ns),
            less_queue(pair.candidate_wall_ns, pair.candidate_queue_ns, pair.candidate_cpu_ns),
        ),
        _ => (pair.baseline_wall_ns as f64, pair.candidate_wall_ns as f64),
    };
    block.pairs.iter().map(read).collect()
}

/// What steers a job: told of everything, asked what is to be measured next.
pub trait Steering {
    /// Takes one more block.
    fn take(&mut self, block: Block);
    /// A series failed.
    fn fail(&mut self, series: &str, reason: &str);
    /// The series that want a block; none ends the job.
    fn next(&self) -> Vec<String>;
}

/// A timing job that is to be run.
pub struct Job<'a> {
    pub context: &'a StageContext,
    pub prepared: &'a Prepared,
    pub cases: &'a Artifact,
    pub purpose: &'a str,
    pub place: &'a Place,
}

/// How a timing job ended.
pub enum Ended {
    Done(Box<TimingResult>),
    /// The runner could not carry the plan out; the reason is for people.
    Refused(String),
}

impl Job<'_> {
    /// Runs a plan; each block and failure is kept before `steering` hears of it.
    ///
    /// # Errors
    /// If the job could not be run, was cancelled or lost, or the store failed.
    pub async fn run(
        self,
        plan: Plan,
        peers: &Peers,
        store: &Store,
        steering: &mut impl Steering,
        mut told: impl FnMut(&Block),
    ) -> Result<(Ended, Cost), BenchmarkError> {
        let (records, mut arrived) = mpsc::unbounded_channel::<(Record, JobControl)>();
        let builder = JobBuilder::new(self.context, self.prepared, JobKind::Timing, self.purpose);
        let limits = rerun::limits(&plan);
        let builder = builder.plan(plan).cases(self.cases).limits(limits).timing();
        let running = builder.run(peers, move |record, control| {
            // The receiver goes only when the whole comparison does.
            let _ = records.send((record, control.clone()));
        });
        let place = self.place;
        let steer = async {
            // Blocks that one control brings: the next is sent once all have come.
            let (mut awaited, mut is_ready): (Vec<String>, bool) = (Vec::new(), false);
            while let Some((record, control)) = arrived.recv().await {
                match record {
                    Record::Block(block) => {
                        place.keep_block(store, &block).await?;
                        awaited.retain(|series| *series != block.series);
                        told(&block);
                        steering.take(block);
                    }
                    Record::Decided { candidate, reason, .. } => {
                        place.keep_failure(store, &candidate, &reason).await?;
                        awaited.retain(|series| *series != candidate);
                        steering.fail(&candidate, &reason);
                    }
                    Record::Progress { phase, .. } if phase == "ready" => is_ready = true,
                    Record::Progress { phase, .. } if phase == "exhausted" => {
                        control.finish();
                        continue;
                    }
                    Record::Progress { .. } | Record::Log { .. } => continue,
                }
                if is_ready && awaited.is_empty() {
                    awaited = steering.next();
                    if awaited.is_empty() { control.finish() } else { control.continue_series(awaited.clone()) }
                }
            }
            Ok::<_, BenchmarkError>(())
        };
        let (finished, steered) = future::join(running, steer).await;
        let finished = finished?;
        steered?;
        let cost = finished.cost(place.stage);
        if finished.outcome.end == JobEnd::Failed {
            return Ok((Ended::Refused(finished.outcome.message.trim().to_owned()), cost));
        }
        let result: TimingResult = finished.result(&peers.artifacts()).await?;
        Ok((Ended::Done(Box::new(result)), cost))
    }
}

/// The headers of a file of cases.
pub async fn headers(peers: &Peers, target: &str, cases: &Artifact) -> Result<Vec<CaseHeader>, BenchmarkError> {
    if cases.digest.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = peers.artifacts().get_bytes(cases).await?;
    let read = cases::read(bytes.as_ref()).map_err(|source| BenchmarkError::Cases { target: target.to_owned(), source })?;
    Ok(read.into_iter().map(|case| case.header).collect())
}
