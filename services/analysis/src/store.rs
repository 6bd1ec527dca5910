//! What the role keeps.

use std::path::Path;

use prost::Message;
use whetstone_core::Role;
use whetstone_proto::analysis::v1::AnalyzeResponse;
use whetstone_store::{Store, StoreError, sqlx};

use crate::error::AnalysisError;

/// Opens the role's file.
pub async fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, Role::Analysis, whetstone_store::migrations!("../../../migrations/analysis/sqlite", "0001_analyses")).await
}

/// Keeps a run's analysis, instead of an earlier one of the same run.
pub async fn keep(store: &Store, run: &str, request_id: &str, response: &AnalyzeResponse) -> Result<(), AnalysisError> {
    let mut transaction = store.write().await?;
    sqlx::query("DELETE FROM analyses WHERE run = ?").bind(run).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO analyses (run, request_id, response, at) VALUES (?, ?, ?, ?)")
        .bind(run)
        .bind(request_id)
        .bind(response.encode_to_vec())
        .bind(whetstone_core::time::now())
        .execute(&mut *transaction)
        .await?;
    for target in &response.targets {
        sqlx::query("INSERT INTO targets (run, id, name, file, line, share, own_share) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(run)
            .bind(&target.id)
            .bind(&target.name)
            .bind(&target.file)
            .bind(target.line)
            .bind(target.share)
            .bind(target.own_share)
            .execute(&mut *transaction)
            .await?;
    }
    for finding in &response.findings {
        sqlx::query("INSERT INTO findings (run, tool, code, file, line, message) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(run)
            .bind(&finding.tool)
            .bind(&finding.code)
            .bind(&finding.file)
            .bind(finding.line)
            .bind(&finding.message)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Reads a run's analysis.
pub async fn read(store: &Store, run: &str) -> Result<AnalyzeResponse, AnalysisError> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT response FROM analyses WHERE run = ?").bind(run).fetch_optional(store.reader()).await?;
    let stored = row.and_then(|(response,)| AnalyzeResponse::decode(response.as_slice()).ok());
    stored.ok_or_else(|| AnalysisError::NoAnalysis(run.to_owned()))
}

#[cfg(test)]
mod tests {
    use whetstone_proto::common::v1::Target;

    use super::*;

    #[tokio::test]
    async fn an_analysis_reads_back_as_kept_and_the_last_one_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path()).await.expect("opened");
        assert!(matches!(read(&store, "r").await, Err(AnalysisError::NoAnalysis(_))));
        let target = Target { id: "t1".into(), name: "m:f".into(), ..Default::default() };
        let mut response = AnalyzeResponse { targets: vec![target], functions: 1, ..Default::default() };
        keep(&store, "r", "r/analyze", &response).await.expect("kept");
        response.functions = 2;
        keep(&store, "r", "r/analyze", &response).await.expect("kept again");
        assert_eq!(read(&store, "r").await.expect("there"), response);
    }
}
