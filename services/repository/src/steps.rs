//! Steps: what each finished part of a run answered.

use prost::Message;
use sqlx::Row;
use whetstone_core::event::Stage;
use whetstone_proto::{
    common::v1::Cost,
    repository::v1::{StageFinished, StageStarted, event::Fact},
};
use whetstone_store::Store;

use crate::{error::RepositoryError, events::EventLog, lease::Lease, ledger};

/// Reads a finished step's answer.
pub async fn find<T: Message + Default>(store: &Store, run: &str, name: &str) -> Result<Option<T>, RepositoryError> {
    let query = "SELECT response FROM step WHERE run = ? AND name = ?";
    let row = sqlx::query(query).bind(run).bind(name).fetch_optional(store.reader()).await?;
    let Some(row) = row else { return Ok(None) };
    let response: Vec<u8> = row.try_get("response")?;
    T::decode(response.as_slice()).map(Some).map_err(|_| RepositoryError::Unreadable(format!("step {name} of run {run}")))
}

/// A step that has finished, beside its answer.
pub struct Finished<'a> {
    pub name: &'a str,
    pub seconds: f64,
    /// Seconds spent driving the run so far.
    pub driven_s: f64,
    pub costs: Vec<Cost>,
    pub facts: Vec<Fact>,
}

/// Stores a finished step's answer, books its costs and appends its facts, in one transaction.
pub async fn finish<T: Message>(store: &Store, run: &str, fence: u64, answer: &T, finished: Finished<'_>) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    let insert = "INSERT INTO step (run, name, response, seconds) VALUES (?, ?, ?, ?)";
    let query = sqlx::query(insert).bind(run).bind(finished.name).bind(answer.encode_to_vec()).bind(finished.seconds);
    query.execute(&mut *transaction).await?;
    ledger::book_step(&mut transaction, run, finished.name, &finished.costs).await?;
    for fact in finished.facts {
        EventLog::append(&mut transaction, run, fact).await?;
    }
    let driven = "UPDATE run SET driven_s = ? WHERE id = ?";
    sqlx::query(driven).bind(finished.driven_s).bind(run).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Tells whether a stage is done.
pub async fn is_done(store: &Store, run: &str, stage: Stage) -> Result<bool, RepositoryError> {
    let query = "SELECT state FROM stage WHERE run = ? AND stage = ?";
    let state: Option<String> = sqlx::query_scalar(query).bind(run).bind(stage.name()).fetch_optional(store.reader()).await?;
    Ok(state.as_deref() == Some("done"))
}

/// Marks a stage as begun, with its event.
pub async fn begin_stage(store: &Store, events: &EventLog, run: &str, fence: u64, stage: Stage) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    let update = "UPDATE stage SET state = 'running' WHERE run = ? AND stage = ?";
    sqlx::query(update).bind(run).bind(stage.name()).execute(&mut *transaction).await?;
    EventLog::append(&mut transaction, run, Fact::StageStarted(StageStarted { stage: stage.name().into() })).await?;
    transaction.commit().await?;
    events.wake(run);
    Ok(())
}

/// Keeps how long a stage took that did not come to its end.
pub async fn leave_stage(store: &Store, run: &str, fence: u64, stage: Stage, seconds: f64) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    let update = "UPDATE stage SET seconds = seconds + ? WHERE run = ? AND stage = ?";
    sqlx::query(update).bind(seconds).bind(run).bind(stage.name()).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Marks a stage as done, with its event.
pub async fn end_stage(store: &Store, events: &EventLog, run: &str, fence: u64, finished: StageFinished) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    let update = "UPDATE stage SET state = 'done', seconds = seconds + ?, summary = ? WHERE run = ? AND stage = ?";
    let query = sqlx::query(update).bind(finished.seconds).bind(&finished.summary).bind(run).bind(&finished.stage);
    query.execute(&mut *transaction).await?;
    EventLog::append(&mut transaction, run, Fact::StageFinished(finished)).await?;
    transaction.commit().await?;
    events.wake(run);
    Ok(())
}
