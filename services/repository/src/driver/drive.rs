//! One lease's worth of driving a run: steps, stages, limits.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use prost::{Message, Name};
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use whetstone_core::{Digest, Role, duration, event::Stage};
use whetstone_proto::{
    common::v1::{Candidate, Cost, RunOptions, StageContext, StageProgress},
    google::longrunning::{CancelOperationRequest, Operation},
    jobs::v1::CancelJobsRequest,
    repository::v1::{CandidateDecided, Note, Run, RunKind, StageFinished, StartRunRequest, event::Fact},
};
use whetstone_runtime::{Failure, Peers};

use super::{Driver, flow::Found, halt::Halt};
use crate::{
    lease::Lease,
    ledger,
    runs::{self, StoredRun},
    steps,
};

/// A run while it is driven.
pub struct Drive {
    pub driver: Arc<Driver>,
    pub run: String,
    pub request: StartRunRequest,
    pub organisation: String,
    seed: u64,
    fence: u64,
    repository: Mutex<String>,
    options: Mutex<RunOptions>,
    cancel: CancellationToken,
    lost: CancellationToken,
    begun: Instant,
    driven_before_s: f64,
    /// Steps of the current stage that were worked on now, not answered from the store.
    worked: AtomicU32,
    /// Steps of the current stage that were answered from the store.
    answered: AtomicU32,
    /// Whether `--max-time` holds now.
    limited: AtomicBool,
    /// Seconds of driving at which the current part of the run ends, where it has a part of the time.
    until: Mutex<Option<f64>>,
    /// What is known so far, for the report of a run that ends before its comparisons.
    known: Mutex<Found>,
}

/// Work on a run. On the heap: the futures of a whole flow are larger than a thread's stack takes.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Halt>> + Send + 'a>>;

/// What a step's answer adds to the transaction that stores it.
#[derive(Default)]
pub struct Beside {
    pub costs: Vec<Cost>,
    pub facts: Vec<Fact>,
}

impl Drive {
    pub fn new(driver: Arc<Driver>, run: &str, stored: StoredRun, lease: &Lease, cancel: CancellationToken) -> Self {
        Self {
            driver,
            run: run.to_owned(),
            request: stored.request,
            organisation: stored.organisation,
            seed: stored.seed,
            fence: lease.fence,
            repository: Mutex::new(stored.repository),
            options: Mutex::new(stored.options),
            cancel,
            lost: lease.lost.clone(),
            begun: Instant::now(),
            driven_before_s: stored.driven_s,
            worked: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            limited: AtomicBool::new(true),
            until: Mutex::new(None),
            known: Mutex::default(),
        }
    }

    pub fn kind(&self) -> RunKind {
        self.request.kind()
    }

    /// Keeps what a finished stage has found, in case the run ends early.
    pub fn know(&self, tell: impl FnOnce(&mut Found)) {
        tell(&mut self.known.lock().expect("no holder panics"));
    }

    /// Takes what is known so far.
    pub fn known(&self) -> Found {
        std::mem::take(&mut self.known.lock().expect("no holder panics"))
    }

    /// Whether candidates meet the gates in this run, a bundle's accepted ones too.
    pub fn judges(&self) -> bool {
        !matches!(self.kind(), RunKind::Analyze | RunKind::Compare)
    }

    pub fn peers(&self) -> &Peers {
        &self.driver.deps.peers
    }

    /// Who holds the run's artifacts.
    pub fn holder(&self) -> String {
        format!("run/{}", self.run)
    }

    pub fn options(&self) -> RunOptions {
        self.options.lock().expect("no holder panics").clone()
    }

    pub async fn set_options(&self, options: RunOptions) -> Result<(), Halt> {
        runs::set_options(&self.driver.store, &self.run, self.fence, &options).await?;
        *self.options.lock().expect("no holder panics") = options;
        Ok(())
    }

    pub fn repository(&self) -> String {
        self.repository.lock().expect("no holder panics").clone()
    }

    pub async fn set_snapshot(&self, snapshot: &whetstone_proto::repository::v1::Snapshot) -> Result<(), Halt> {
        runs::set_snapshot(&self.driver.store, &self.run, self.fence, snapshot).await?;
        self.repository.lock().expect("no holder panics").clone_from(&snapshot.repository);
        Ok(())
    }

    /// The context of a step's request. Its seed depends on the run's seed and the step alone, so
    /// that a run with the same seed draws the same.
    pub fn context(&self, step: &str) -> StageContext {
        let digest = Digest::of(format!("{}/{step}", self.seed).as_bytes());
        StageContext {
            run: self.run.clone(),
            fence: self.fence,
            request_id: format!("{}/{step}", self.run),
            seed: u64::from_str_radix(&digest.as_str()[..13], 16).expect("a digest is hexadecimal"),
            organisation: self.organisation.clone(),
            repository: self.repository(),
            options: Some(self.options()),
        }
    }

    /// Seconds spent driving this run, over every lease.
    pub fn driven_s(&self) -> f64 {
        self.driven_before_s + self.begun.elapsed().as_secs_f64()
    }

    /// Does what is to be done also when the run's time is used up.
    pub async fn unlimited<T>(&self, work: impl Future<Output = T>) -> T {
        self.limited.store(false, Ordering::SeqCst);
        let done = work.await;
        self.limited.store(true, Ordering::SeqCst);
        done
    }

    /// Gives work a part of the time that is left, so that what follows has some too. Without
    /// `--max-time` nothing changes.
    pub async fn within<T>(&self, part: f64, work: impl Future<Output = T>) -> T {
        let until = self.time_left().map(|left| self.driven_s() + left.as_secs_f64() * part);
        let before = std::mem::replace(&mut *self.until.lock().expect("no holder panics"), until);
        let done = work.await;
        *self.until.lock().expect("no holder panics") = before;
        done
    }

    /// What is left of `--max-time`, or of the current part of it; `None` where there is no limit.
    pub fn time_left(&self) -> Option<Duration> {
        if !self.limited.load(Ordering::SeqCst) {
            return None;
        }
        let limit = self.options().max_time_s;
        let until = self.until.lock().expect("no holder panics").unwrap_or(limit).min(limit);
        (limit > 0.0).then(|| Duration::from_secs_f64((until - self.driven_s()).max(0.0)))
    }

    /// Which of the run's limits is used up, for people.
    pub async fn used_up(&self) -> Result<Option<&'static str>, Halt> {
        let limit = self.options().max_cost_microusd;
        if limit > 0 && ledger::spent(&self.driver.store, &self.run).await? >= limit {
            return Ok(Some("--max-cost was used up"));
        }
        Ok(self.time_left().filter(Duration::is_zero).map(|_| "--max-time was used up"))
    }

    /// What a run that had no time for its first stages is told.
    pub fn out_of_time(&self) -> Failure {
        let limit = Duration::try_from_secs_f64(self.options().max_time_s).map(duration::show).unwrap_or_default();
        Failure::refused("OUT_OF_TIME", format!("--max-time {limit} was used up before anything could be compared")).advice(format!(
            "whet resume {} goes on from here with as much time again; or choose a shorter workload with --command.",
            self.run
        ))
    }

    /// Answers a step from the store, or does its work and stores the answer together with what
    /// `beside` makes of it.
    pub fn step<'a, T>(
        &'a self,
        name: &'a str,
        work: impl Future<Output = Result<T, Halt>> + Send + 'a,
        beside: impl FnOnce(&T) -> Beside + Send + 'a,
    ) -> Work<'a, T>
    where
        T: Message + Default + 'a,
    {
        Box::pin(async move {
            if let Some(recorded) = steps::find(&self.driver.store, &self.run, name).await? {
                self.answered.fetch_add(1, Ordering::SeqCst);
                return Ok(recorded);
            }
            self.worked.fetch_add(1, Ordering::SeqCst);
            let begun = Instant::now();
            let answer = tokio::select! {
                biased;
                () = self.lost.cancelled() => return Err(Halt::Fenced),
                () = self.driver.deps.shutdown.cancelled() => return Err(Halt::Shutdown),
                answer = work => answer?,
            };
            let Beside { costs, facts } = beside(&answer);
            let finished = steps::Finished { name, seconds: begun.elapsed().as_secs_f64(), driven_s: self.driven_s(), costs, facts };
            steps::finish(&self.driver.store, &self.run, self.fence, &answer, finished).await?;
            self.driver.events.wake(&self.run);
            Ok(answer)
        })
    }

    /// A step of this role itself: dropped when the run is cancelled or out of time, its jobs ended.
    pub fn own<'a, T>(
        &'a self,
        name: &'a str,
        work: impl Future<Output = Result<T, Halt>> + Send + 'a,
        beside: impl FnOnce(&T) -> Beside + Send + 'a,
    ) -> Work<'a, T>
    where
        T: Message + Default + 'a,
    {
        self.step(name, self.unless_stopped(work), beside)
    }

    /// A step that a role does as a long-running operation. Where the run is cancelled or out of time,
    /// the operation and the run's jobs have ended before this returns.
    pub fn remote<'a, T, Fut>(
        &'a self,
        role: Role,
        name: &'a str,
        call: impl FnOnce(StageContext) -> Fut + Send + 'a,
        costs: impl FnOnce(&T) -> Vec<Cost> + Send + 'a,
    ) -> Work<'a, T>
    where
        T: Name + Default + 'a,
        Fut: Future<Output = Result<Response<Operation>, Status>> + Send + 'a,
    {
        let work = async move {
            let start = async { Ok(call(self.context(name)).await?.into_inner()) };
            let operation = self.unless_stopped(start).await?;
            let name = operation.name.clone();
            let wait = async { Ok(self.peers().wait::<T>(role, operation).await?) };
            let answer = self.unless_stopped(wait).await;
            if matches!(answer, Err(Halt::Cancelled | Halt::OutOfTime)) {
                // Its own error would follow from the cancelled jobs; what counts is why.
                let _ = self.peers().operations(role).cancel_operation(CancelOperationRequest { name }).await;
            }
            answer
        };
        self.step(name, work, |answer| Beside { costs: costs(answer), facts: Vec::new() })
    }

    fn unless_stopped<'a, T: Send + 'a>(&'a self, work: impl Future<Output = Result<T, Halt>> + Send + 'a) -> Work<'a, T> {
        Box::pin(async move {
            let time = self.time_left();
            let halt = tokio::select! {
                biased;
                () = self.cancel.cancelled() => Halt::Cancelled,
                answer = work => return answer,
                () = sleep(time) => Halt::OutOfTime,
            };
            self.cancel_jobs().await;
            Err(halt)
        })
    }

    /// Cancels every job of the run.
    pub async fn cancel_jobs(&self) {
        let request = CancelJobsRequest { run: self.run.clone(), key: String::new() };
        if let Err(status) = self.peers().jobs().cancel_jobs(request).await {
            tracing::warn!(run = %self.run, %status, "a run's jobs could not be cancelled");
        }
    }

    /// Does a stage: its start and end are events, unless it was done before; its steps answer from
    /// the store then. `body` answers the stage's value and its line for people.
    pub fn stage<'a, T: Send + 'a>(
        &'a self,
        stage: Stage,
        body: impl Future<Output = Result<(T, String), Halt>> + Send + 'a,
    ) -> Work<'a, T> {
        Box::pin(async move {
            let (store, events) = (&self.driver.store, &self.driver.events);
            let was_done = steps::is_done(store, &self.run, stage).await?;
            if !was_done {
                steps::begin_stage(store, events, &self.run, self.fence, stage).await?;
            }
            let begun = Instant::now();
            self.worked.store(0, Ordering::SeqCst);
            self.answered.store(0, Ordering::SeqCst);
            let ended = body.await;
            // The time of a stage that breaks off counts as well.
            if matches!(&ended, Err(Halt::OutOfTime | Halt::Cancelled | Halt::Failed(_))) && !was_done {
                steps::leave_stage(store, &self.run, self.fence, stage, begun.elapsed().as_secs_f64()).await?;
            }
            let (value, summary) = ended?;
            if !was_done {
                // A stage that had nothing to do is not one that was done before.
                let recorded = self.worked.load(Ordering::SeqCst) == 0 && self.answered.load(Ordering::SeqCst) > 0;
                let finished = StageFinished { stage: stage.name().into(), seconds: begun.elapsed().as_secs_f64(), summary, recorded };
                steps::end_stage(store, events, &self.run, self.fence, finished).await?;
            }
            Ok(value)
        })
    }

    /// Decides a candidate, with its event, once.
    pub async fn decide(&self, candidate: Candidate) -> Result<Candidate, Halt> {
        let name = format!("decide/{}", candidate.id);
        let told = |candidate: &Candidate| {
            let fact = Fact::CandidateDecided(CandidateDecided { candidate: Some(candidate.clone()) });
            Beside { facts: vec![fact], ..Beside::default() }
        };
        self.step(&name, async { Ok(candidate) }, told).await
    }

    /// Adds a line to the run's log, once for each text. `level` is `info`, `warning` or `error`.
    pub async fn note(&self, level: &str, text: &str) -> Result<(), Halt> {
        let note = Note { level: level.to_owned(), text: text.to_owned() };
        let name = format!("note/{}", Digest::of(text.as_bytes()).short());
        let told = |note: &Note| Beside { facts: vec![Fact::Note(note.clone())], ..Beside::default() };
        self.step(&name, async { Ok(note) }, told).await.map(drop)
    }

    /// Tells watchers how far a stage of this role has come.
    pub fn progress(&self, stage: Stage, phase: &str, done: u64, total: u64, note: &str) {
        let (stage, phase, note) = (stage.name().to_owned(), phase.to_owned(), note.to_owned());
        self.driver.events.tell_progress(&self.run, StageProgress { stage, phase, done, total, note });
    }

    /// Which drive of the run this is: each has a higher number.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// The run as the API shows it.
    pub async fn shown(&self) -> Result<Run, Halt> {
        Ok(runs::get(&self.driver.store, &self.run).await?)
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
