//! Reports as stored: which artifacts belong to which run.

use chrono::Utc;
use sqlx::Row;
use whetstone_proto::{common::v1::Artifact, reporting::v1::GetReportResponse};
use whetstone_store::Store;

use crate::Error;

/// Stores a run's report, or a later one in its place.
pub async fn save(store: &Store, run: &str, branch: &str, commits: u32, outputs: &[Artifact]) -> Result<(), Error> {
    let mut transaction = store.write().await?;
    sqlx::query("DELETE FROM report_output WHERE run = ?").bind(run).execute(&mut *transaction).await?;
    let upsert = "INSERT INTO report (run, branch, commits, created_at) VALUES (?, ?, ?, ?) \
                  ON CONFLICT (run) DO UPDATE SET branch = excluded.branch, commits = excluded.commits";
    sqlx::query(upsert).bind(run).bind(branch).bind(commits).bind(Utc::now().to_rfc3339()).execute(&mut *transaction).await?;
    for (position, output) in outputs.iter().enumerate() {
        sqlx::query("INSERT INTO report_output (run, name, digest, size, position) VALUES (?, ?, ?, ?, ?)")
            .bind(run)
            .bind(&output.name)
            .bind(&output.digest)
            .bind(output.size as i64)
            .bind(position as i64)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// A run's report; empty if it has none yet.
pub async fn get(store: &Store, run: &str) -> Result<GetReportResponse, Error> {
    let branch = sqlx::query("SELECT branch FROM report WHERE run = ?").bind(run).fetch_optional(store.reader()).await?;
    let branch = branch.map(|row| row.try_get("branch")).transpose()?.unwrap_or_default();
    let query = "SELECT name, digest, size FROM report_output WHERE run = ? ORDER BY position";
    let rows = sqlx::query(query).bind(run).fetch_all(store.reader()).await?;
    let mut outputs = Vec::with_capacity(rows.len());
    for row in rows {
        let size: i64 = row.try_get("size")?;
        outputs.push(Artifact { digest: row.try_get("digest")?, name: row.try_get("name")?, size: size as u64, is_tree: false });
    }
    Ok(GetReportResponse { outputs, branch })
}
