//! A run's event log. Events get their number in the transaction that locks the run's row.

use prost::Message;
use sqlx::Row;
use tokio::sync::broadcast;
use whetstone_bus::Bus;
use whetstone_core::time;
use whetstone_proto::{
    common::v1::StageProgress,
    repository::v1::{Event, OutboxEvent, event::Fact},
};
use whetstone_store::{Store, Transaction};

use crate::error::RepositoryError;

/// The bus's topic on which a run's number says that there are new events.
pub const TOPIC: &str = "run.events";

/// Appends and reads events, and wakes watchers.
#[derive(Clone)]
pub struct EventLog {
    store: Store,
    bus: Bus,
    progress: broadcast::Sender<(String, StageProgress)>,
}

impl EventLog {
    /// Makes the log over the role's store.
    pub fn new(store: Store, bus: Bus) -> Self {
        Self { store, bus, progress: broadcast::channel(256).0 }
    }

    /// Adds a fact to a run's log within the transaction of the change that it tells of.
    pub async fn append(transaction: &mut Transaction, run: &str, fact: Fact) -> Result<(), RepositoryError> {
        Self::append_event(transaction, run, Event { number: 0, run: run.to_owned(), at: time::now(), fact: Some(fact) }).await
    }

    async fn append_event(transaction: &mut Transaction, run: &str, mut event: Event) -> Result<(), RepositoryError> {
        let next = "UPDATE run SET last_event = last_event + 1 WHERE id = ? RETURNING last_event";
        let number: Option<i64> = sqlx::query_scalar(next).bind(run).fetch_optional(&mut **transaction).await?;
        let number = number.ok_or_else(|| RepositoryError::NoSuchRun(run.to_owned()))?;
        (event.number, event.run) = (number.unsigned_abs(), run.to_owned());
        let insert = "INSERT INTO event (run, number, payload) VALUES (?, ?, ?)";
        sqlx::query(insert).bind(run).bind(number).bind(event.encode_to_vec()).execute(&mut **transaction).await?;
        Ok(())
    }

    /// Takes in other roles' events, each once by its role and outbox id. One of a run that is not
    /// known is confirmed and dropped: it would never be taken.
    pub async fn take_in(&self, events: Vec<OutboxEvent>) -> Result<(), RepositoryError> {
        let mut transaction = self.store.write().await?;
        let mut runs: Vec<String> = Vec::new();
        for OutboxEvent { role, outbox_id, event } in events {
            let received = "INSERT INTO received (role, outbox_id) VALUES (?, ?) ON CONFLICT DO NOTHING";
            let id = i64::try_from(outbox_id).unwrap_or(i64::MAX);
            let is_new = sqlx::query(received).bind(&role).bind(id).execute(&mut *transaction).await?.rows_affected() > 0;
            let Some(event) = event.filter(|_| is_new) else { continue };
            let run = event.run.clone();
            match Self::append_event(&mut transaction, &run, event).await {
                Err(RepositoryError::NoSuchRun(run)) => tracing::warn!(%run, %role, "an event of an unknown run was dropped"),
                appended => appended?,
            }
            runs.push(run);
        }
        transaction.commit().await?;
        runs.dedup();
        runs.iter().for_each(|run| self.wake(run));
        Ok(())
    }

    /// Wakes a run's watchers; called after a commit.
    pub fn wake(&self, run: &str) {
        self.bus.publish(TOPIC, run.as_bytes().to_vec());
    }

    /// The bus that wakes watchers.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Tells watchers of progress that is not kept.
    pub fn tell_progress(&self, run: &str, progress: StageProgress) {
        // No watcher is no error.
        let _ = self.progress.send((run.to_owned(), progress));
    }

    /// Progress of every run from now on.
    pub fn progress(&self) -> broadcast::Receiver<(String, StageProgress)> {
        self.progress.subscribe()
    }

    /// Events numbered above `after`, in order.
    pub async fn list(&self, run: &str, after: u64, limit: u32) -> Result<Vec<Event>, RepositoryError> {
        let query = "SELECT payload FROM event WHERE run = ? AND number > ? ORDER BY number LIMIT ?";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = sqlx::query(query).bind(run).bind(after).bind(limit).fetch_all(self.store.reader()).await?;
        let decode = |row: &sqlx::sqlite::SqliteRow| {
            let payload: Vec<u8> = row.try_get("payload")?;
            Event::decode(payload.as_slice()).map_err(|_| RepositoryError::Unreadable(format!("an event of run {run}")))
        };
        rows.iter().map(decode).collect()
    }
}
