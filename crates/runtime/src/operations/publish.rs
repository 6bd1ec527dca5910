//! Carries a role's events from its outbox to the repository role, and progress beside them.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use prost::Message;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::sync::CancellationToken;
use whetstone_core::Role;
use whetstone_proto::{
    common::v1::StageProgress,
    repository::v1::{AppendEventsRequest, Event, OutboxEvent, ReportProgressRequest},
};
use whetstone_store::{OutboxRow, Store};

use crate::Peers;

const BATCH: u32 = 256;
const RETRY: Duration = Duration::from_secs(2);

/// Publishes one role's outbox. Without [`Publisher::run`] events stay in the outbox and progress is lost.
#[derive(Clone)]
pub struct Publisher {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    role: Role,
    peers: OnceLock<Peers>,
    wake: Notify,
    /// One delivery at a time keeps events in order.
    delivering: Mutex<()>,
    progress: mpsc::Sender<(String, StageProgress)>,
    progress_source: Mutex<mpsc::Receiver<(String, StageProgress)>>,
}

impl Publisher {
    pub(crate) fn new(store: Store, role: Role) -> Self {
        let (progress, progress_source) = mpsc::channel(64);
        let progress_source = Mutex::new(progress_source);
        let (peers, wake, delivering) = (OnceLock::new(), Notify::new(), Mutex::default());
        Self { inner: Arc::new(Inner { store, role, peers, wake, delivering, progress, progress_source }) }
    }

    pub(crate) fn role(&self) -> Role {
        self.inner.role
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Queues progress; drops it where the queue is full.
    pub(crate) fn tell_progress(&self, run: &str, progress: StageProgress) {
        if self.inner.peers.get().is_some() {
            let _ = self.inner.progress.try_send((run.to_owned(), progress));
        }
    }

    /// Publishes until `shutdown`: at each event, and again after a while what was not confirmed.
    pub async fn run(self, peers: Peers, shutdown: CancellationToken) {
        let _ = self.inner.peers.set(peers.clone());
        let mut progress = self.inner.progress_source.lock().await;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.inner.wake.notified() => self.flush().await,
                () = tokio::time::sleep(RETRY) => self.flush().await,
                Some((run, progress)) = progress.recv() => {
                    let request = ReportProgressRequest { run, progress: Some(progress) };
                    let _ = peers.repository().report_progress(request).await;
                }
            }
        }
    }

    /// Delivers what waits, once. What is not confirmed stays for the next time.
    pub async fn flush(&self) {
        let Some(peers) = self.inner.peers.get() else { return };
        let _delivering = self.inner.delivering.lock().await;
        loop {
            let waiting = match self.inner.store.unconfirmed(BATCH).await {
                Ok(waiting) => waiting,
                Err(error) => {
                    tracing::error!(role = %self.inner.role, %error, "the outbox can't be read");
                    return;
                }
            };
            let Some(last) = waiting.last().map(|row| row.id) else { return };
            let request = AppendEventsRequest { events: waiting.iter().map(|row| self.event(row)).collect() };
            if let Err(status) = peers.repository().append_events(request).await {
                tracing::debug!(role = %self.inner.role, %status, "events are not confirmed yet");
                return;
            }
            if let Err(error) = self.inner.store.confirm_outbox(last).await {
                tracing::error!(role = %self.inner.role, %error, "confirmed events can't be marked");
                return;
            }
        }
    }

    fn event(&self, row: &OutboxRow) -> OutboxEvent {
        let event = Event::decode(row.payload.as_slice()).ok();
        OutboxEvent { role: self.inner.role.name().to_owned(), outbox_id: row.id, event }
    }
}
