//! A job while it lives in this process: what it has said, to whoever watches, and how to reach it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use whetstone_core::record::Control;
use whetstone_proto::jobs::v1::{self as proto, run_job_response::Update};

use crate::error::JobsError;

/// One live job.
pub struct Live {
    pub spec: proto::JobSpec,
    pub cancel: CancellationToken,
    controls: mpsc::Sender<Control>,
    said: Mutex<Said>,
    /// Counts what was said, so that watchers know of more.
    version: watch::Sender<u64>,
    watchers: AtomicUsize,
}

#[derive(Default)]
struct Said {
    updates: Vec<Update>,
    end: Option<Result<proto::Job, JobsError>>,
}

/// What a watcher gets next.
pub enum Next {
    Update(Update),
    Ended(Result<proto::Job, JobsError>),
}

/// One stream that follows a job from its beginning.
pub struct Watcher {
    live: Arc<Live>,
    at: usize,
    version: watch::Receiver<u64>,
}

impl Live {
    /// Makes a job that has said nothing, and the end at which its controls come out.
    pub fn new(spec: proto::JobSpec) -> (Arc<Self>, mpsc::Receiver<Control>) {
        let (controls, received) = mpsc::channel(256);
        let live = Self {
            spec,
            cancel: CancellationToken::new(),
            controls,
            said: Mutex::default(),
            version: watch::Sender::new(0),
            watchers: AtomicUsize::new(0),
        };
        (Arc::new(live), received)
    }

    /// Tells the watchers something. A progress replaces the one before it: late watchers need the
    /// last only.
    pub fn say(&self, update: Update) {
        let mut said = self.lock();
        let is_progress = |update: Option<&Update>| matches!(update, Some(Update::Progress(_)));
        let nobody_watches = self.watchers.load(Ordering::SeqCst) == 0;
        if nobody_watches && is_progress(Some(&update)) && is_progress(said.updates.last()) {
            said.updates.pop();
        }
        said.updates.push(update);
        drop(said);
        self.version.send_modify(|version| *version += 1);
    }

    /// Ends the job; the first end stays.
    pub fn end(&self, end: Result<proto::Job, JobsError>) {
        self.lock().end.get_or_insert(end);
        self.version.send_modify(|version| *version += 1);
    }

    /// Sends a control to the runner.
    ///
    /// # Errors
    /// If the runner takes none any more.
    pub async fn control(&self, control: Control) -> Result<(), JobsError> {
        self.controls.send(control).await.map_err(|_| JobsError::NoJob(self.spec.key.clone()))
    }

    /// Follows the job from its beginning.
    pub fn watch(self: &Arc<Self>) -> Watcher {
        self.watchers.fetch_add(1, Ordering::SeqCst);
        Watcher { live: Arc::clone(self), at: 0, version: self.version.subscribe() }
    }

    /// Waits until the job is gone.
    pub async fn gone(&self) {
        let mut version = self.version.subscribe();
        // The sender lives in `self`.
        let _ = version.wait_for(|_| self.lock().end.is_some()).await;
    }

    /// Waits until nobody has watched the job for `patience`.
    pub async fn abandoned(&self, patience: std::time::Duration) {
        loop {
            tokio::time::sleep(patience).await;
            if self.watchers.load(Ordering::SeqCst) == 0 {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// Waits for what comes next; after the end nothing does.
    pub async fn next(&mut self) -> Next {
        loop {
            self.version.borrow_and_update();
            {
                let said = self.live.lock();
                if let Some(update) = said.updates.get(self.at) {
                    self.at += 1;
                    return Next::Update(update.clone());
                }
                if let Some(end) = &said.end {
                    return Next::Ended(end.clone());
                }
            }
            // The sender lives in the job that this watcher holds.
            let _ = self.version.changed().await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.live.watchers.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64) -> Update {
        Update::Progress(proto::Progress { phase: "p".into(), done, total: 9, note: String::new() })
    }

    async fn done(watcher: &mut Watcher) -> Option<u64> {
        match watcher.next().await {
            Next::Update(Update::Progress(progress)) => Some(progress.done),
            _ => None,
        }
    }

    #[tokio::test]
    async fn each_watcher_sees_everything_from_its_beginning_to_the_end() {
        let (live, _controls) = Live::new(proto::JobSpec::default());
        let mut early = live.watch();
        live.say(progress(1));
        assert_eq!(done(&mut early).await, Some(1));
        live.say(progress(2));
        let mut late = live.watch();
        live.end(Ok(proto::Job::default()));
        live.end(Err(JobsError::Internal("later".into())));
        assert_eq!((done(&mut early).await, done(&mut late).await, done(&mut late).await), (Some(2), Some(1), Some(2)));
        assert!(matches!(early.next().await, Next::Ended(Ok(_))));
        assert!(matches!(late.next().await, Next::Ended(Ok(_))));
    }

    #[tokio::test]
    async fn only_the_last_progress_is_kept_for_those_who_come_later() {
        let (live, _controls) = Live::new(proto::JobSpec::default());
        (1..=1000).for_each(|number| live.say(progress(number)));
        assert_eq!(live.lock().updates.len(), 1);
        assert_eq!(done(&mut live.watch()).await, Some(1000));
    }
}
