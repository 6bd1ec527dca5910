//! What a stage's work is handed: its cancellation, its progress, and its events.

use std::sync::{Arc, Mutex};

use prost::Message;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use whetstone_core::Digest;
use whetstone_proto::{
    common::v1::{Candidate, StageContext, StageProgress},
    repository::v1::{CandidateDecided, Event, Note, event::Fact},
};
use whetstone_store::Store;

use crate::{failure::Failure, operations::Publisher};

/// Goes with one run of a stage's work. Cheap to clone.
#[derive(Clone)]
pub struct StageHandle {
    context: Arc<StageContext>,
    cancel: CancellationToken,
    progress: Arc<Mutex<StageProgress>>,
    publisher: Publisher,
}

impl StageHandle {
    pub(crate) fn new(context: StageContext, publisher: Publisher) -> Self {
        let progress = StageProgress { stage: publisher.role().name().to_owned(), ..Default::default() };
        Self { context: Arc::new(context), cancel: CancellationToken::new(), progress: Arc::new(Mutex::new(progress)), publisher }
    }

    /// Who asked.
    pub fn context(&self) -> &StageContext {
        &self.context
    }

    /// Cancelled when the operation is. The work's future is dropped then anyway; this is for what
    /// it has spawned.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The last progress told.
    pub(crate) fn last_progress(&self) -> StageProgress {
        self.progress.lock().expect("no holder panics").clone()
    }

    /// Tells how far the stage has come; `total` is 0 where it is not known. May be lost.
    pub async fn progress(&self, phase: &str, done: u64, total: u64, note: &str) {
        self.tick(phase, done, total, note);
    }

    /// As [`Self::progress`], for callers that can't wait, such as a job's record handler.
    pub fn tick(&self, phase: &str, done: u64, total: u64, note: &str) {
        let progress = {
            let mut progress = self.progress.lock().expect("no holder panics");
            progress.phase = phase.to_owned();
            (progress.done, progress.total) = (done, total);
            progress.note = note.to_owned();
            progress.clone()
        };
        self.publisher.tell_progress(&self.context.run, progress);
    }

    /// Tells of a candidate's verdict: once for each candidate and verdict, however often the stage is run.
    pub async fn candidate_decided(&self, candidate: Candidate) -> Result<(), Status> {
        let key = format!("{}/decided/{}/{}", self.context.request_id, candidate.id, candidate.verdict);
        self.add(&key, Fact::CandidateDecided(CandidateDecided { candidate: Some(candidate) })).await
    }

    /// Adds a line to the run's log: once for each text, however often the stage is run. `level` is
    /// `info`, `warning` or `error`.
    pub async fn note(&self, level: &str, text: impl Into<String>) -> Result<(), Status> {
        let text = text.into();
        let key = format!("{}/note/{}", self.context.request_id, Digest::of(text.as_bytes()));
        self.add(&key, Fact::Note(Note { level: level.to_owned(), text })).await
    }

    async fn add(&self, key: &str, fact: Fact) -> Result<(), Status> {
        let at = whetstone_core::time::now();
        let event = Event { number: 0, run: self.context.run.clone(), at, fact: Some(fact) };
        let stored = async {
            let mut transaction = self.publisher.store().write().await?;
            Store::add_to_outbox(&mut transaction, &self.context.run, key, &event.encode_to_vec()).await?;
            transaction.commit().await
        };
        stored.await.map_err(|error| Status::from(Failure::internal(format!("an event can't be stored: {error}"))))?;
        self.publisher.wake();
        Ok(())
    }
}
