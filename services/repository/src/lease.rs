//! Leases: who drives a run. A fencing number grows with each lease; the clock is the store's.

use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};
use whetstone_store::{Store, Transaction};

use crate::error::RepositoryError;

const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// A held lease, renewed until it is dropped.
pub struct Lease {
    pub fence: u64,
    /// Cancelled when another driver has taken the run.
    pub lost: CancellationToken,
    _heartbeat: DropGuard,
}

impl Lease {
    /// Takes the run: its fence grows by one and its state becomes `running`. Answers `None` where
    /// somebody else holds it.
    pub async fn take(store: &Store, run: &str, length: Duration) -> Result<Option<Self>, RepositoryError> {
        let mut transaction = store.write().await?;
        let take = format!(
            "UPDATE run SET fence = fence + 1, lease_until = {NOW_MS} + ?, state = 'running'
             WHERE id = ? AND lease_until < {NOW_MS} AND state = 'queued' RETURNING fence"
        );
        let fence: Option<i64> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(take)).bind(millis(length)).bind(run).fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        let Some(fence) = fence.map(i64::unsigned_abs) else { return Ok(None) };
        let (lost, ended) = (CancellationToken::new(), CancellationToken::new());
        tokio::spawn(beat(store.clone(), run.to_owned(), fence, length, lost.clone(), ended.clone()));
        Ok(Some(Self { fence, lost, _heartbeat: ended.drop_guard() }))
    }

    /// Refuses a write of a driver that has lost its run; called first in each of its transactions.
    pub async fn check(transaction: &mut Transaction, run: &str, fence: u64) -> Result<(), RepositoryError> {
        let current: Option<i64> =
            sqlx::query_scalar("SELECT fence FROM run WHERE id = ?").bind(run).fetch_optional(&mut **transaction).await?;
        if current.map(i64::unsigned_abs) == Some(fence) { Ok(()) } else { Err(RepositoryError::Fenced(run.to_owned())) }
    }
}

async fn beat(store: Store, run: String, fence: u64, length: Duration, lost: CancellationToken, ended: CancellationToken) {
    loop {
        tokio::select! {
            () = ended.cancelled() => return,
            () = tokio::time::sleep(length / 4) => {}
        }
        match renew(&store, &run, fence, length).await {
            Ok(true) => {}
            Ok(false) => return lost.cancel(),
            // The lease lasts for some missed beats; the next one may succeed.
            Err(error) => tracing::warn!(%run, %error, "a lease could not be renewed"),
        }
    }
}

async fn renew(store: &Store, run: &str, fence: u64, length: Duration) -> Result<bool, RepositoryError> {
    let mut transaction = store.write().await?;
    let renew = format!("UPDATE run SET lease_until = {NOW_MS} + ? WHERE id = ? AND fence = ?");
    let fence = i64::try_from(fence).unwrap_or(i64::MAX);
    let query = sqlx::query(sqlx::AssertSqlSafe(renew)).bind(millis(length)).bind(run).bind(fence);
    let renewed = query.execute(&mut *transaction).await?.rows_affected() > 0;
    transaction.commit().await?;
    Ok(renewed)
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
