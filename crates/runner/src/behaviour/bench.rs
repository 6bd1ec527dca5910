//! What every part of a behaviour plan works with: sides, workers, and the asking of probes.

use std::{
    io,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use whetstone_core::{
    cases::Case,
    plan::{BehaviourPlan, FileEdit},
    record::Record,
};

use super::{challenge, outcome::Outcome, probe::Probe, state::State};
use crate::{
    sides::{Side, Sides},
    worker::{Limits, Worker, WorkerError, operation},
};

/// A worker is given this much beside ten times what the baseline took.
const GRACE: Duration = Duration::from_millis(250);
/// Processor time of one generated call on the baseline; a longer one is dropped.
const GENERATED: Duration = Duration::from_millis(400);
const CONTROL: Duration = Duration::from_secs(30);

/// The plan with what it is carried out on.
pub struct Bench<'a> {
    pub plan: &'a BehaviourPlan,
    pub limits: Limits,
    pub sides: Mutex<Sides>,
    pub records: &'a (dyn Fn(Record) + Sync),
    /// Seconds that all hands together spent on starting workers.
    pub starting: Mutex<f64>,
}

/// What one probe gave.
#[derive(Clone, Debug)]
pub struct Answer {
    pub outcomes: Vec<Outcome>,
    /// Wall nanoseconds of the request.
    pub cost: u64,
}

/// How long one request may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub cpu: Duration,
    pub wall: Duration,
}

impl Bench<'_> {
    /// Makes the side of an edit.
    ///
    /// # Errors
    /// If an edit's path leaves the tree, or the scratch is full.
    pub fn side(&self, edits: &[FileEdit]) -> io::Result<Side> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner).side(edits)
    }

    /// The unedited side.
    pub fn baseline(&self) -> Side {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner).baseline()
    }

    /// Starts a worker that has loaded the target.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub fn worker(&self, side: &Side, hash_seed: u32) -> Result<Worker, WorkerError> {
        let began = Instant::now();
        let started = Worker::start(&self.plan.start, side, hash_seed, &self.plan.target, &self.limits);
        *self.starting.lock().unwrap_or_else(PoisonError::into_inner) += began.elapsed().as_secs_f64();
        started
    }

    /// The seed that every case is compared under.
    pub fn first_seed(&self) -> u32 {
        self.plan.hash_seeds.first().copied().unwrap_or(0)
    }

    /// What the baseline may take for one call.
    pub fn baseline_allowance(&self, cases: &[Case], probe: &Probe) -> Allowance {
        let count = u32::try_from(probe.cases.len()).unwrap_or(u32::MAX);
        let is_recorded = probe.cases.iter().all(|&case| cases[case].header.origin == "recorded");
        let wall = self.call_timeout() * count;
        // A generated call is worth less patience than one that the workload makes.
        Allowance { cpu: if is_recorded { wall } else { wall.min(GENERATED * count) }, wall }
    }

    /// What a candidate may take where the baseline took `cost` nanoseconds.
    pub fn candidate_allowance(&self, cost: u64) -> Allowance {
        let cpu = Duration::from_nanos(cost.saturating_mul(10)) + GRACE;
        Allowance { cpu, wall: (4 * cpu).max(self.call_timeout()) }
    }

    fn call_timeout(&self) -> Duration {
        Duration::try_from_secs_f64(self.plan.call_timeout_s).unwrap_or(Duration::from_secs(5)).max(Duration::from_millis(100))
    }

    /// Asks one probe.
    ///
    /// # Errors
    /// What the worker told, or that it gave no answer that could be read.
    pub fn ask(&self, worker: &mut Worker, cases: &[Case], probe: &Probe, allowance: Allowance) -> Result<Answer, WorkerError> {
        let (operation, payload) = probe.request(cases);
        let began = Instant::now();
        let answer = worker.request_within(operation, &payload, allowance.cpu, allowance.wall)?;
        let cost = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Ok(Answer { outcomes: probe.outcomes(&answer)?, cost })
    }

    /// Asks for the encoding of a value that the runner knows.
    ///
    /// # Errors
    /// If the worker's encoding is another one.
    pub fn challenge(&self, worker: &mut Worker, nonce: u64) -> Result<(), WorkerError> {
        let answer = worker.request(operation::CHALLENGE, &nonce.to_le_bytes(), CONTROL)?;
        if answer == challenge::expected(nonce) { Ok(()) } else { Err(WorkerError::protocol("the worker encodes a known value otherwise")) }
    }

    /// What the process has become.
    ///
    /// # Errors
    /// If the worker gives no answer that can be read.
    pub fn state(&self, worker: &mut Worker) -> Result<State, WorkerError> {
        let threads = worker.threads();
        let answer = worker.request(operation::STATE, &[], CONTROL)?;
        State::parse(&answer, threads).ok_or_else(|| WorkerError::protocol("the state could not be read"))
    }

    /// Tells how far the plan has come.
    pub fn progress(&self, phase: &str, done: usize, total: usize) {
        (self.records)(Record::Progress { phase: phase.into(), done: done as u64, total: total as u64, note: String::new() });
    }
}
