//! The role's tables: jobs, what they left, artifacts and who holds them.

use prost::Message;
use sqlx::SqlitePool;
use whetstone_core::job::JobEnd;
use whetstone_proto::{common::v1 as common, jobs::v1 as proto};
use whetstone_runtime::jobs::convert;
use whetstone_store::Transaction;

use crate::error::JobsError;

pub const QUEUED: &str = "queued";
pub const RUNNING: &str = "running";

/// Key, id, run, kind, state, exit, message, resources, seconds in the queue.
type JobRow = (String, String, String, String, String, i32, String, Vec<u8>, f64);

const JOB: &str = "SELECT key, id, run, kind, state, exit, message, resources, queued_s FROM job";

/// Reads the job with a key.
pub async fn find(reader: &SqlitePool, key: &str) -> Result<Option<proto::Job>, JobsError> {
    let row: Option<JobRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{JOB} WHERE key = ?"))).bind(key).fetch_optional(reader).await?;
    match row {
        Some(row) => Ok(Some(with_outputs(reader, row).await?)),
        None => Ok(None),
    }
}

/// Reads the jobs of a run, oldest first; of all runs where it is empty.
pub async fn list(reader: &SqlitePool, run: &str) -> Result<Vec<proto::Job>, JobsError> {
    let query = format!("{JOB} WHERE ?1 = '' OR run = ?1 ORDER BY queued_at, id");
    let rows: Vec<JobRow> = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(run).fetch_all(reader).await?;
    let mut jobs = Vec::new();
    for row in rows {
        jobs.push(with_outputs(reader, row).await?);
    }
    Ok(jobs)
}

async fn with_outputs(reader: &SqlitePool, row: JobRow) -> Result<proto::Job, JobsError> {
    let (key, id, run, kind, state, exit, message, resources, queued_s) = row;
    let query = "SELECT name, digest, size FROM job_output WHERE key = ? ORDER BY name";
    let outputs: Vec<(String, String, i64)> = sqlx::query_as(query).bind(&key).fetch_all(reader).await?;
    let artifact = |(name, digest, size): (String, String, i64)| common::Artifact {
        is_tree: is_tree(&name),
        name,
        digest,
        size: u64::try_from(size).unwrap_or(0),
    };
    let resources = common::JobResources::decode(resources.as_slice()).ok();
    Ok(proto::Job {
        id,
        key,
        kind,
        run,
        state,
        exit,
        message,
        resources,
        outputs: outputs.into_iter().map(artifact).collect(),
        queued_s,
        recorded: false,
    })
}

/// Whether a file of `/job/out` is a tree.
pub fn is_tree(name: &str) -> bool {
    name.ends_with(".tar")
}

/// Whether a job's recorded state is an answer to whoever asks for it again. A lost job is tried
/// again; a cancelled one when its run is resumed. One that failed is an answer to the driver that
/// asked for it; when the run is resumed, what made it fail may have been mended.
pub fn is_answer(state: &str, spec: &[u8], fence: u64) -> bool {
    let asked_by_same_driver = || proto::JobSpec::decode(spec).is_ok_and(|spec| spec.fence >= fence);
    match convert::end(state) {
        None | Some(JobEnd::Lost | JobEnd::Cancelled) => false,
        Some(JobEnd::Succeeded) => true,
        Some(JobEnd::Failed | JobEnd::TimedOut | JobEnd::OutOfMemory | JobEnd::OutputTooLarge) => asked_by_same_driver(),
    }
}

/// Writes a job as queued; one with its key that gave no answer is replaced.
pub async fn enqueue(transaction: &mut Transaction, id: &str, spec: &proto::JobSpec) -> Result<(), JobsError> {
    sqlx::query("DELETE FROM job WHERE key = ?").bind(&spec.key).execute(&mut **transaction).await?;
    let query = "INSERT INTO job (key, id, run, organisation, repository, kind, spec, state, queued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let row = sqlx::query(query).bind(&spec.key).bind(id).bind(&spec.run).bind(&spec.organisation).bind(&spec.repository).bind(&spec.kind);
    row.bind(spec.encode_to_vec()).bind(QUEUED).bind(whetstone_core::time::now()).execute(&mut **transaction).await?;
    Ok(())
}

/// Notes that a job has begun.
pub async fn begin(transaction: &mut Transaction, key: &str, queued_s: f64) -> Result<(), JobsError> {
    let query = "UPDATE job SET state = ?, queued_s = ? WHERE key = ?";
    sqlx::query(query).bind(RUNNING).bind(queued_s).bind(key).execute(&mut **transaction).await?;
    Ok(())
}

/// Writes how a job ended and what it left, held by its run.
pub async fn finish(transaction: &mut Transaction, job: &proto::Job) -> Result<(), JobsError> {
    let resources = job.resources.as_ref().map(Message::encode_to_vec).unwrap_or_default();
    let query = "UPDATE job SET state = ?, exit = ?, message = ?, resources = ?, ended_at = ? WHERE key = ?";
    let row = sqlx::query(query).bind(&job.state).bind(job.exit).bind(&job.message).bind(resources).bind(whetstone_core::time::now());
    row.bind(&job.key).execute(&mut **transaction).await?;
    let holder = format!("run/{}", job.run);
    for output in &job.outputs {
        add_artifact(transaction, &output.digest, output.size, &holder).await?;
        let query = "INSERT OR REPLACE INTO job_output (key, name, digest, size) VALUES (?, ?, ?, ?)";
        let row = sqlx::query(query).bind(&job.key).bind(&output.name).bind(&output.digest).bind(bytes(output.size));
        row.execute(&mut **transaction).await?;
    }
    Ok(())
}

/// Marks the jobs of a process that is gone as lost; tells how many.
pub async fn lose_unfinished(transaction: &mut Transaction) -> Result<u64, JobsError> {
    let query = "UPDATE job SET state = 'lost', message = 'the process that ran it was stopped', ended_at = ? WHERE state IN (?, ?)";
    let row = sqlx::query(query).bind(whetstone_core::time::now()).bind(QUEUED).bind(RUNNING);
    Ok(row.execute(&mut **transaction).await?.rows_affected())
}

/// Registers an artifact, and its holder where there is one.
pub async fn add_artifact(transaction: &mut Transaction, digest: &str, size: u64, holder: &str) -> Result<(), JobsError> {
    let query = "INSERT OR IGNORE INTO artifact (digest, size, stored_at) VALUES (?, ?, ?)";
    sqlx::query(query).bind(digest).bind(bytes(size)).bind(whetstone_core::time::now()).execute(&mut **transaction).await?;
    if holder.is_empty() { Ok(()) } else { hold(transaction, holder, digest).await }
}

/// Registers a holder of an artifact.
pub async fn hold(transaction: &mut Transaction, holder: &str, digest: &str) -> Result<(), JobsError> {
    let query = "INSERT OR IGNORE INTO holder (holder, digest) SELECT ?, digest FROM artifact WHERE digest = ?";
    let known: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM artifact WHERE digest = ?").bind(digest).fetch_optional(&mut **transaction).await?;
    known.ok_or_else(|| JobsError::NoArtifact(digest.to_owned()))?;
    sqlx::query(query).bind(holder).bind(digest).execute(&mut **transaction).await?;
    Ok(())
}

/// Releases everything that a holder holds.
pub async fn release(transaction: &mut Transaction, holder: &str) -> Result<(), JobsError> {
    sqlx::query("DELETE FROM holder WHERE holder = ?").bind(holder).execute(&mut **transaction).await?;
    Ok(())
}

/// Forgets the artifacts that nobody holds, with the jobs that left them, and names them.
pub async fn forget_unheld(transaction: &mut Transaction, keep: &[String]) -> Result<Vec<String>, JobsError> {
    let query = "SELECT digest FROM artifact WHERE digest NOT IN (SELECT digest FROM holder)";
    let unheld: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut **transaction).await?;
    let unheld: Vec<String> = unheld.into_iter().filter(|digest| !keep.contains(digest)).collect();
    for digest in &unheld {
        let jobs = "DELETE FROM job WHERE key IN (SELECT key FROM job_output WHERE digest = ?)";
        sqlx::query(jobs).bind(digest).execute(&mut **transaction).await?;
        sqlx::query("DELETE FROM artifact WHERE digest = ?").bind(digest).execute(&mut **transaction).await?;
    }
    Ok(unheld)
}

/// SQLite's integers are signed.
fn bytes(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
