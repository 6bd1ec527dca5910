//! The driver: the durable state machine of a run.
//!
//! A run is driven under a lease. Everything that costs is a *step* whose answer is stored when it
//! has finished; driving again answers finished steps from the store and goes on behind them, so
//! the flow itself is plain code that need not know whether it is run for the first time. A
//! remote step's request id is `<run>/<step>`: a role that had finished it meanwhile answers from
//! its own record.

mod compare;
mod confirm;
mod drive;
mod family;
mod flow;
mod halt;
mod joined;
mod left_out;
mod prepare;
mod refs;
mod report;
mod search;
mod solver;
mod verify;
mod without_candidate;
mod workloads;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use whetstone_core::duration;
use whetstone_proto::repository::v1::{Run, StartRunRequest};
use whetstone_runtime::{Deps, Failure};
use whetstone_store::Store;

use crate::{
    Config,
    error::RepositoryError,
    events::EventLog,
    lease::Lease,
    runs::{self, Ending},
};
use drive::Drive;
use halt::Halt;
pub use prepare::PREPARED;

/// Drives every run of this process.
pub struct Driver {
    pub config: Config,
    pub store: Store,
    pub events: EventLog,
    pub deps: Deps,
    active: Mutex<HashMap<String, Active>>,
}

struct Active {
    cancel: CancellationToken,
    ended: watch::Receiver<bool>,
}

impl Driver {
    /// Makes a driver that drives nothing yet.
    pub fn new(config: Config, store: Store, events: EventLog, deps: Deps) -> Self {
        Self { config, store, events, deps, active: Mutex::default() }
    }

    /// Where temporary files lie.
    pub fn work_folder(&self) -> PathBuf {
        self.deps.data.join("work")
    }

    /// Stores a run, once for each request id, and drives it.
    pub async fn start(self: &Arc<Self>, request: &StartRunRequest) -> Result<Run, RepositoryError> {
        let (run, is_new) = runs::create(&self.store, request, runs::stages_of(request.kind())).await?;
        if is_new {
            self.spawn(&run);
        }
        runs::get(&self.store, &run).await
    }

    /// Drives a run that has stopped on from its last finished step.
    pub async fn resume(self: &Arc<Self>, run: &str) -> Result<Run, RepositoryError> {
        runs::requeue(&self.store, run).await?;
        self.spawn(run);
        runs::get(&self.store, run).await
    }

    /// Stops a run and its jobs; returns when nothing of it runs any more. It can be resumed.
    pub async fn cancel(&self, run: &str) -> Result<Run, RepositoryError> {
        let ended = {
            let active = self.active.lock().expect("no holder panics");
            active.get(run).map(|active| {
                active.cancel.cancel();
                active.ended.clone()
            })
        };
        match ended {
            Some(mut ended) => {
                let _ = ended.wait_for(|ended| *ended).await;
            }
            None => {
                runs::cancel_idle(&self.store, &self.events, run).await?;
            }
        }
        runs::get(&self.store, run).await
    }

    fn spawn(self: &Arc<Self>, run: &str) {
        let mut active = self.active.lock().expect("no holder panics");
        if active.contains_key(run) {
            return;
        }
        let cancel = CancellationToken::new();
        let (told, ended) = watch::channel(false);
        active.insert(run.to_owned(), Active { cancel: cancel.clone(), ended });
        let (driver, run) = (self.clone(), run.to_owned());
        tokio::spawn(async move {
            if let Err(error) = driver.drive(&run, cancel).await {
                tracing::error!(%run, %error, "a run's driver stopped");
            }
            driver.active.lock().expect("no holder panics").remove(&run);
            let _ = told.send(true);
        });
    }

    async fn drive(self: &Arc<Self>, run: &str, cancel: CancellationToken) -> Result<(), RepositoryError> {
        let length = duration::parse(&self.config.lease).unwrap_or(Duration::from_secs(30));
        let Some(lease) = Lease::take(&self.store, run, length).await? else { return Ok(()) };
        let stored = runs::load(&self.store, run).await?;
        let drive = Drive::new(self.clone(), run, stored, &lease, cancel);
        // A panic in the flow is this run's failure: it can be read, reported and resumed.
        let followed = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(flow::follow(&drive))).await;
        let outcome = followed.unwrap_or_else(|_| Err(Failure::internal("the driver panicked").into()));
        let ending = match outcome {
            Ok(ending) => ending,
            Err(Halt::Fenced | Halt::Shutdown) => return Ok(()),
            // What fails while the process goes down says nothing of the run.
            Err(Halt::Failed(_)) if self.deps.shutdown.is_cancelled() => return Ok(()),
            Err(Halt::Cancelled) => Ending::without_report("cancelled", None),
            Err(Halt::OutOfTime) => report::early(&drive).await,
            Err(Halt::Failed(failure)) => Ending::without_report("failed", Some((*failure).into())),
        };
        if ending.state != "succeeded" {
            drive.cancel_jobs().await;
        }
        runs::end(&self.store, &self.events, run, lease.fence, ending, drive.driven_s()).await
    }
}
