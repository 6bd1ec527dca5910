//! Runs as stored.

use prost::Message;
use sqlx::{Row, sqlite::SqliteRow};
use whetstone_core::{RunId, event::Stage};
use whetstone_proto::{
    common::v1::RunOptions,
    reporting::v1::BuildReportResponse,
    repository::v1::{Failure, Run, RunFinished, RunKind, Snapshot, Source, StageState, StartRunRequest, event::Fact, source::From},
};
use whetstone_store::Store;

use crate::{error::RepositoryError, events::EventLog, lease::Lease};

/// The state of a run whose `--max-time` was used up before anything could be compared.
pub const OUT_OF_TIME: &str = "out_of_time";

/// What the driver needs to know of a run.
#[derive(Clone, Debug)]
pub struct StoredRun {
    pub request: StartRunRequest,
    pub options: RunOptions,
    pub organisation: String,
    pub repository: String,
    pub seed: u64,
    pub fence: u64,
    pub driven_s: f64,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// `succeeded`, `failed`, `cancelled` or `out_of_time`.
    pub state: &'static str,
    pub failure: Option<Failure>,
    pub optimizations: u32,
    pub report: BuildReportResponse,
}

impl Ending {
    /// An ending without a report.
    pub fn without_report(state: &'static str, failure: Option<Failure>) -> Self {
        Self { state, failure, optimizations: 0, report: BuildReportResponse::default() }
    }
}

/// Stores a new run with its stages, or finds the one that the request id has started.
pub async fn create(store: &Store, request: &StartRunRequest, stages: &[Stage]) -> Result<(String, bool), RepositoryError> {
    let mut transaction = store.write().await?;
    let known = "SELECT id FROM run WHERE request_id = ?";
    let known: Option<String> = sqlx::query_scalar(known).bind(&request.request_id).fetch_optional(&mut *transaction).await?;
    if let Some(id) = known {
        return Ok((id, false));
    }
    let id = RunId::fresh().to_string();
    let seed = if request.seed == 0 { drawn_seed() } else { request.seed };
    let insert = "INSERT INTO run (id, request_id, kind, state, request, organisation, options, seed, source)
        VALUES (?, ?, ?, 'queued', ?, 'local', ?, ?, ?)";
    sqlx::query(insert)
        .bind(&id)
        .bind(&request.request_id)
        .bind(request.kind)
        .bind(request.encode_to_vec())
        .bind(request.options.clone().unwrap_or_default().encode_to_vec())
        .bind(seed.cast_signed())
        .bind(source_text(request.source.as_ref()))
        .execute(&mut *transaction)
        .await?;
    for (position, stage) in stages.iter().enumerate() {
        let insert = "INSERT INTO stage (run, position, stage, state) VALUES (?, ?, ?, 'waiting')";
        sqlx::query(insert).bind(&id).bind(position as i64).bind(stage.name()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok((id, true))
}

/// A seed that fits a signed column and every language's integers.
fn drawn_seed() -> u64 {
    let digest = whetstone_core::Digest::of(whetstone_core::id::fresh().as_bytes());
    u64::from_str_radix(&digest.as_str()[..13], 16).expect("a digest is hexadecimal")
}

/// A source as people name it.
pub fn source_text(source: Option<&Source>) -> String {
    match source.and_then(|source| source.from.as_ref()) {
        Some(From::Folder(path) | From::Archive(path)) => path.clone(),
        Some(From::GitUrl(url)) => url.clone(),
        Some(From::Tree(tree)) => tree.name.clone(),
        None => String::new(),
    }
}

/// Reads what the driver needs.
pub async fn load(store: &Store, run: &str) -> Result<StoredRun, RepositoryError> {
    let query = "SELECT request, options, organisation, repository, seed, fence, driven_s FROM run WHERE id = ?";
    let row = sqlx::query(query).bind(run).fetch_optional(store.reader()).await?;
    let row = row.ok_or_else(|| RepositoryError::NoSuchRun(run.to_owned()))?;
    let (seed, fence): (i64, i64) = (row.try_get("seed")?, row.try_get("fence")?);
    Ok(StoredRun {
        request: message(&row, "request", run)?,
        options: message(&row, "options", run)?,
        organisation: row.try_get("organisation")?,
        repository: row.try_get("repository")?,
        seed: seed.cast_unsigned(),
        fence: fence.unsigned_abs(),
        driven_s: row.try_get("driven_s")?,
    })
}

fn message<T: Message + Default>(row: &SqliteRow, column: &str, run: &str) -> Result<T, RepositoryError> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    T::decode(bytes.unwrap_or_default().as_slice()).map_err(|_| RepositoryError::Unreadable(format!("run {run} ({column})")))
}

const RUN: &str = "SELECT *, (SELECT coalesce(sum(microusd), 0) FROM ledger WHERE run = run.id) AS spent FROM run";

/// Reads a run as the API shows it.
pub async fn get(store: &Store, run: &str) -> Result<Run, RepositoryError> {
    let query = sqlx::AssertSqlSafe(format!("{RUN} WHERE id = ?"));
    let row = sqlx::query(query).bind(run).fetch_optional(store.reader()).await?;
    let row = row.ok_or_else(|| RepositoryError::NoSuchRun(run.to_owned()))?;
    shown(store, &row).await
}

/// Lists runs, newest first, older than `before` where it is not empty.
pub async fn list(store: &Store, before: &str, limit: u32) -> Result<Vec<Run>, RepositoryError> {
    let query = sqlx::AssertSqlSafe(format!("{RUN} WHERE ?1 = '' OR id < ?1 ORDER BY id DESC LIMIT ?2"));
    let rows = sqlx::query(query).bind(before).bind(limit).fetch_all(store.reader()).await?;
    let mut runs = Vec::with_capacity(rows.len());
    for row in &rows {
        runs.push(shown(store, row).await?);
    }
    Ok(runs)
}

async fn shown(store: &Store, row: &SqliteRow) -> Result<Run, RepositoryError> {
    let id: String = row.try_get("id")?;
    let has = |column| Ok::<bool, sqlx::Error>(row.try_get::<Option<Vec<u8>>, _>(column)?.is_some());
    let seed: i64 = row.try_get("seed")?;
    let outputs: BuildReportResponse = message(row, "outputs", &id)?;
    Ok(Run {
        kind: row.try_get("kind")?,
        state: row.try_get("state")?,
        snapshot: if has("snapshot")? { Some(message::<Snapshot>(row, "snapshot", &id)?) } else { None },
        stages: stages(store, &id).await?,
        created_at: row.try_get("created_at")?,
        finished_at: row.try_get("finished_at")?,
        failure: if has("failure")? { Some(message::<Failure>(row, "failure", &id)?) } else { None },
        seed: seed.cast_unsigned(),
        optimizations: row.try_get("optimizations")?,
        spent_microusd: row.try_get("spent")?,
        outputs: outputs.outputs,
        source: row.try_get("source")?,
        branch: row.try_get("branch")?,
        id,
    })
}

async fn stages(store: &Store, run: &str) -> Result<Vec<StageState>, RepositoryError> {
    let query = "SELECT stage, state, seconds, summary FROM stage WHERE run = ? ORDER BY position";
    let rows = sqlx::query(query).bind(run).fetch_all(store.reader()).await?;
    let state = |row: &SqliteRow| {
        Ok(StageState {
            stage: row.try_get("stage")?,
            state: row.try_get("state")?,
            seconds: row.try_get("seconds")?,
            summary: row.try_get("summary")?,
        })
    };
    rows.iter().map(state).collect()
}

/// Stores the snapshot that a run is of.
pub async fn set_snapshot(store: &Store, run: &str, fence: u64, snapshot: &Snapshot) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    let update = "UPDATE run SET snapshot = ?, repository = ? WHERE id = ?";
    let query = sqlx::query(update).bind(snapshot.encode_to_vec()).bind(&snapshot.repository).bind(run);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Stores the options after the enrollment's have been joined.
pub async fn set_options(store: &Store, run: &str, fence: u64, options: &RunOptions) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    sqlx::query("UPDATE run SET options = ? WHERE id = ?").bind(options.encode_to_vec()).bind(run).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Ends a driver's work on a run: state, outputs and the event in one transaction, then the lease is free.
pub async fn end(store: &Store, events: &EventLog, run: &str, fence: u64, ending: Ending, driven_s: f64) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    Lease::check(&mut transaction, run, fence).await?;
    let update = "UPDATE run SET state = ?, failure = ?, optimizations = ?, outputs = ?, branch = ?, driven_s = ?, lease_until = 0,
        finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?";
    sqlx::query(update)
        .bind(ending.state)
        .bind(ending.failure.as_ref().map(Message::encode_to_vec))
        .bind(ending.optimizations)
        .bind(ending.report.encode_to_vec())
        .bind(&ending.report.branch)
        .bind(driven_s)
        .bind(run)
        .execute(&mut *transaction)
        .await?;
    let left = if ending.state == "succeeded" { "skipped" } else { "waiting" };
    let stages =
        "UPDATE stage SET state = CASE state WHEN 'running' THEN 'failed' ELSE ? END WHERE run = ? AND state IN ('running', 'waiting')";
    sqlx::query(stages).bind(left).bind(run).execute(&mut *transaction).await?;
    EventLog::append(&mut transaction, run, Fact::RunFinished(RunFinished { state: ending.state.into(), failure: ending.failure })).await?;
    transaction.commit().await?;
    events.wake(run);
    Ok(())
}

/// Puts a run that has stopped back in the queue.
pub async fn requeue(store: &Store, run: &str) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    let state: Option<String> =
        sqlx::query_scalar("SELECT state FROM run WHERE id = ?").bind(run).fetch_optional(&mut *transaction).await?;
    let state = state.ok_or_else(|| RepositoryError::NoSuchRun(run.to_owned()))?;
    match state.as_str() {
        "queued" | "running" => return Ok(()),
        "failed" | "cancelled" | "interrupted" | OUT_OF_TIME => {}
        _ => return Err(RepositoryError::NotResumable { run: run.to_owned(), state }),
    }
    // One that was stopped on purpose or at its limit gets its whole time again; one that was killed goes on counting.
    let update = "UPDATE run SET driven_s = CASE state WHEN 'interrupted' THEN driven_s ELSE 0 END,
        state = 'queued', failure = NULL, finished_at = '', lease_until = 0 WHERE id = ?";
    sqlx::query(update).bind(run).execute(&mut *transaction).await?;
    let stages = "UPDATE stage SET state = 'waiting' WHERE run = ? AND state IN ('failed', 'skipped')";
    sqlx::query(stages).bind(run).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Cancels a run that nobody drives; answers false where it is being driven or has ended.
pub async fn cancel_idle(store: &Store, events: &EventLog, run: &str) -> Result<bool, RepositoryError> {
    let mut transaction = store.write().await?;
    let update = "UPDATE run SET state = 'cancelled', finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        WHERE id = ? AND state IN ('queued', 'interrupted')";
    let cancelled = sqlx::query(update).bind(run).execute(&mut *transaction).await?.rows_affected() > 0;
    if cancelled {
        EventLog::append(&mut transaction, run, Fact::RunFinished(RunFinished { state: "cancelled".into(), failure: None })).await?;
    }
    transaction.commit().await?;
    events.wake(run);
    Ok(cancelled)
}

/// Marks every run as interrupted that was being driven when its process ended. A store file has one
/// process at a time (the data folder's lock), so at its start no lease in it can be alive.
pub async fn interrupt_abandoned(store: &Store, events: &EventLog) -> Result<Vec<String>, RepositoryError> {
    let mut transaction = store.write().await?;
    let abandoned: Vec<String> =
        sqlx::query_scalar("SELECT id FROM run WHERE state IN ('queued', 'running')").fetch_all(&mut *transaction).await?;
    for run in &abandoned {
        let update = "UPDATE run SET state = 'interrupted', lease_until = 0 WHERE id = ?";
        sqlx::query(update).bind(run).execute(&mut *transaction).await?;
        let stages = "UPDATE stage SET state = 'waiting' WHERE run = ? AND state = 'running'";
        sqlx::query(stages).bind(run).execute(&mut *transaction).await?;
        EventLog::append(&mut transaction, run, Fact::RunFinished(RunFinished { state: "interrupted".into(), failure: None })).await?;
    }
    transaction.commit().await?;
    abandoned.iter().for_each(|run| events.wake(run));
    Ok(abandoned)
}

/// Whether a state is one that a run rests in.
pub fn is_at_rest(state: &str) -> bool {
    !matches!(state, "queued" | "running")
}

/// The stages of a kind of run, in order.
pub fn stages_of(kind: RunKind) -> &'static [Stage] {
    match kind {
        RunKind::Analyze => &[Stage::Prepare, Stage::Analyze, Stage::Report],
        _ => &Stage::ALL,
    }
}
