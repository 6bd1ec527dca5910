//! One side's worker while it is timed: the timing requests, and the account of its CPU time.

use std::{ops::AddAssign, time::Duration};

use whetstone_core::{plan::Start, target::TargetSite};

use super::calls::Material;
use crate::{
    sides::Side,
    worker::{Clocks, Limits, Worker, WorkerError},
};

/// Opcodes of the timing requests (`timing.py` answers them).
mod op {
    /// Decodes inputs and answers with their material; baseline workers only.
    pub const LOAD: u8 = 16;
    /// Takes the parts of the material that stay the same.
    pub const SKELETONS: u8 = 17;
    /// Builds the arguments of a sample's calls.
    pub const BUILD: u8 = 18;
    /// Makes the calls; this is what the clock sees.
    pub const GO: u8 = 19;
    /// Encodes the outcomes that were kept.
    pub const KEPT: u8 = 20;
    /// Makes the calls under a tracer and answers with their paths; baseline workers only.
    pub const PATHS: u8 = 21;
    /// Makes the calls against an empty target.
    pub const EMPTY: u8 = 22;
    /// Makes the calls with a clock around each; baseline workers only.
    pub const COSTS: u8 = 23;
}

const PATIENCE: Duration = Duration::from_secs(60);

/// From a worker's answer to its wait for the next request.
const SETTLING: Duration = Duration::from_millis(1);

/// What the clocks showed over one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    pub cpu_ns: u64,
    /// Without what this process waited for a processor of its own.
    pub wall_ns: u64,
    pub queue_ns: u64,
    /// Until this process learnt of the end.
    pub elapsed_ns: u64,
}

/// CPU nanoseconds of a worker by what they were spent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// From its start to its first request, and the requests that load.
    pub start: u64,
    pub build: u64,
    pub samples: u64,
    /// While nothing was asked of it.
    pub idle: u64,
    /// Over its whole life, with all descendants; known once it has stopped.
    pub life: u64,
}

impl Account {
    /// What no request explains, its end included.
    pub fn unexplained(&self) -> u64 {
        self.life.saturating_sub(self.start + self.build + self.samples)
    }
}

impl AddAssign for Account {
    fn add_assign(&mut self, other: Self) {
        self.start += other.start;
        self.build += other.build;
        self.samples += other.samples;
        self.idle += other.idle;
        self.life += other.life;
    }
}

/// A worker that makes timed samples.
pub struct TimedWorker {
    worker: Worker,
    account: Account,
    seen_cpu: u64,
}

/// The path of one call: what the baseline's own values and perturbed ones are compared by.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Path {
    /// `returns` with the result's type, or the exception's type.
    pub ends: String,
    /// A digest of the lines of the target's file that ran.
    pub lines: String,
    /// Lines and calls that ran, repeated ones too.
    pub events: u64,
}

impl Path {
    /// Whether another call ended alike, after the same lines, and ran about as much.
    pub fn is_like(&self, other: &Self) -> bool {
        let about = self.events.max(other.events) <= 2 * self.events.min(other.events) + 20;
        about && self.ends == other.ends && self.lines == other.lines
    }
}

/// What calls cost, roughly.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Costs {
    /// Calls past the time that was given have none.
    pub costs: Vec<Option<u64>>,
    /// `timing.py`'s word for how a lazy result is used up.
    pub consume: u8,
}

impl TimedWorker {
    /// Starts a worker on a side; it has loaded its target when this returns.
    pub fn start(start: &Start, side: &Side, hash_seed: u32, target: &TargetSite, limits: &Limits) -> Result<Self, WorkerError> {
        let worker = Worker::start(start, side, hash_seed, target, limits)?;
        let seen_cpu = worker.clocks().cpu_ns;
        Ok(Self { worker, account: Account { start: seen_cpu, ..Account::default() }, seen_cpu })
    }

    /// Decodes `inputs` and answers with their material, in order.
    pub fn load(&mut self, inputs: &[&[u8]]) -> Result<Vec<Material>, WorkerError> {
        let answer = self.ask(op::LOAD, &super::calls::framed(inputs), |account| &mut account.start)?;
        Material::read_all(&answer).ok_or_else(|| WorkerError::protocol("the material of the cases could not be read"))
    }

    /// Hands over what all samples share.
    pub fn take_skeletons(&mut self, skeletons: &[u8]) -> Result<(), WorkerError> {
        self.ask(op::SKELETONS, skeletons, |account| &mut account.start).map(drop)
    }

    /// Builds the arguments of one sample, outside the clock.
    pub fn build(&mut self, calls: &[u8]) -> Result<(), WorkerError> {
        self.ask(op::BUILD, calls, |account| &mut account.build).map(drop)
    }

    /// Makes the calls that were built; the outcomes of those in `kept` stay for [`Self::kept`].
    pub fn go(&mut self, kept: &[u32]) -> Result<Sample, WorkerError> {
        let payload: Vec<u8> = kept.iter().flat_map(|index| index.to_le_bytes()).collect();
        self.sample(op::GO, &payload)
    }

    /// Makes the calls that were built against an empty target: the harness's own cost.
    pub fn go_empty(&mut self) -> Result<Sample, WorkerError> {
        self.sample(op::EMPTY, &[])
    }

    /// The canonical encodings of the outcomes that the last sample kept.
    pub fn kept(&mut self) -> Result<Vec<Vec<u8>>, WorkerError> {
        let answer = self.ask(op::KEPT, &[], |account| &mut account.build)?;
        super::calls::unframed(&answer).ok_or_else(|| WorkerError::protocol("the kept outcomes could not be read"))
    }

    /// The paths of the calls that were built; calls past `seconds` have none.
    pub fn paths(&mut self, seconds: f64) -> Result<Vec<Option<Path>>, WorkerError> {
        let answer = self.ask(op::PATHS, &seconds.to_le_bytes(), |account| &mut account.build)?;
        serde_json::from_slice(&answer).map_err(|_| WorkerError::protocol("the paths could not be read"))
    }

    /// Nanoseconds of each call that was built, by the worker's own clock, and how results are to be
    /// consumed. Serves to size samples, never as evidence.
    pub fn costs(&mut self, seconds: f64) -> Result<Costs, WorkerError> {
        let answer = self.ask(op::COSTS, &seconds.to_le_bytes(), |account| &mut account.build)?;
        serde_json::from_slice(&answer).map_err(|_| WorkerError::protocol("the costs could not be read"))
    }

    /// CPU nanoseconds so far.
    pub fn cpu_ns(&self) -> u64 {
        self.seen_cpu
    }

    /// Threads that the worker has now.
    pub fn threads(&self) -> u64 {
        self.worker.threads()
    }

    /// How often the worker has waited for something so far, counted once it waits for the next request.
    pub fn waits(&self) -> Option<u64> {
        std::thread::sleep(SETTLING);
        self.worker.waits()
    }

    /// Ends the worker and closes its account.
    pub fn stop(mut self) -> Account {
        let before = self.worker.clocks().cpu_ns;
        self.account.idle += before.saturating_sub(self.seen_cpu);
        self.account.life = self.worker.stop().cpu_ns;
        self.account
    }

    fn sample(&mut self, op: u8, payload: &[u8]) -> Result<Sample, WorkerError> {
        let (before, waited) = (self.worker.clocks(), own_wait_ns());
        self.worker.request(op, payload, PATIENCE)?;
        // On a busy machine this process gets a processor only a while after the answer is there.
        let (after, waited) = (self.worker.clocks(), own_wait_ns().saturating_sub(waited));
        self.book(before, after, |account| &mut account.samples);
        let cpu_ns = after.cpu_ns.saturating_sub(before.cpu_ns);
        let elapsed_ns = after.wall_ns.saturating_sub(before.wall_ns);
        Ok(Sample {
            cpu_ns,
            // It may also have waited while the worker ran in its place, which is no time to take away.
            wall_ns: elapsed_ns.saturating_sub(waited).max(cpu_ns.min(elapsed_ns)),
            queue_ns: after.queue_ns.saturating_sub(before.queue_ns),
            elapsed_ns,
        })
    }

    fn ask(&mut self, op: u8, payload: &[u8], on: fn(&mut Account) -> &mut u64) -> Result<Vec<u8>, WorkerError> {
        let before = self.worker.clocks();
        let answer = self.worker.request(op, payload, PATIENCE)?;
        let after = self.worker.clocks();
        self.book(before, after, on);
        Ok(answer)
    }

    fn book(&mut self, before: Clocks, after: Clocks, on: fn(&mut Account) -> &mut u64) {
        self.account.idle += before.cpu_ns.saturating_sub(self.seen_cpu);
        *on(&mut self.account) += after.cpu_ns.saturating_sub(before.cpu_ns);
        self.seen_cpu = after.cpu_ns;
    }
}

/// Nanoseconds that this thread has waited in a run queue.
fn own_wait_ns() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedstat.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0)
}
