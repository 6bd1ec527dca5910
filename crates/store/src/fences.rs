//! Fences: a role keeps the highest it has seen of each run and refuses lower ones.

use crate::{Store, Transaction};

/// A request came from a driver whose lease of the run has passed to another.
#[derive(Debug, thiserror::Error)]
pub enum StaleFence {
    #[error("run {run} is driven under fence {seen} now; a request under {given} is refused")]
    Stale { run: String, given: i64, seen: i64 },
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

impl Store {
    /// Raises the run's fence to `fence` within a transaction, or refuses a lower one.
    pub async fn check_fence(transaction: &mut Transaction, run: &str, fence: u64) -> Result<(), StaleFence> {
        let given = i64::try_from(fence).unwrap_or(i64::MAX);
        let seen: Option<i64> =
            sqlx::query_scalar("SELECT fence FROM fence WHERE run = ?").bind(run).fetch_optional(&mut **transaction).await?;
        match seen {
            Some(seen) if seen > given => Err(StaleFence::Stale { run: run.to_owned(), given, seen }),
            Some(seen) if seen == given => Ok(()),
            _ => {
                let raise = "INSERT INTO fence (run, fence) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET fence = excluded.fence";
                sqlx::query(raise).bind(run).bind(given).execute(&mut **transaction).await?;
                Ok(())
            }
        }
    }
}
