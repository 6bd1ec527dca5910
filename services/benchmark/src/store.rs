//! What the role keeps.

use std::path::Path;

use prost::Message;
use whetstone_core::{Role, plan::timing::Explored, record::Block};
use whetstone_proto::benchmark::v1::{Comparison, TargetBaseline};
use whetstone_store::{Store, StoreError, sqlx};

/// Opens the role's file.
pub async fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, Role::Benchmark, whetstone_store::migrations!("../../../migrations/benchmark/sqlite", "0001_blocks")).await
}

/// What blocks are kept under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub run: String,
    /// `screen`, `compare` or `baseline`.
    pub stage: &'static str,
    /// The candidate, or the stage's request id.
    pub subject: String,
}

/// Blocks and failures of one place, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub blocks: Vec<Block>,
    pub failures: Vec<(String, String)>,
}

impl Place {
    /// Keeps a block under the next number of its series.
    pub async fn keep_block(&self, store: &Store, block: &Block) -> Result<(), sqlx::Error> {
        let text = serde_json::to_string(block).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let mut transaction = store.write().await?;
        sqlx::query(
            "INSERT INTO blocks (run, stage, subject, series, number, block) SELECT ?1, ?2, ?3, ?4, COUNT(*), ?5 FROM blocks \
             WHERE run = ?1 AND stage = ?2 AND subject = ?3 AND series = ?4",
        )
        .bind(&self.run)
        .bind(self.stage)
        .bind(&self.subject)
        .bind(&block.series)
        .bind(text)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Keeps that a series failed; the first reason stays.
    pub async fn keep_failure(&self, store: &Store, series: &str, reason: &str) -> Result<(), sqlx::Error> {
        let mut transaction = store.write().await?;
        sqlx::query("INSERT INTO failures (run, stage, subject, series, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(&self.run)
            .bind(self.stage)
            .bind(&self.subject)
            .bind(series)
            .bind(reason)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Reads everything kept.
    pub async fn read(&self, store: &Store) -> Result<Kept, sqlx::Error> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT block FROM blocks WHERE run = ? AND stage = ? AND subject = ? ORDER BY series, number")
                .bind(&self.run)
                .bind(self.stage)
                .bind(&self.subject)
                .fetch_all(store.reader())
                .await?;
        let read = |(text,): (String,)| serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()));
        let blocks = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        let failures = sqlx::query_as("SELECT series, reason FROM failures WHERE run = ? AND stage = ? AND subject = ? ORDER BY series")
            .bind(&self.run)
            .bind(self.stage)
            .bind(&self.subject)
            .fetch_all(store.reader())
            .await?;
        Ok(Kept { blocks, failures })
    }
}

/// Keeps a comparison instead of an earlier one of the same candidate.
pub async fn keep_comparison(store: &Store, run: &str, comparison: &Comparison) -> Result<(), sqlx::Error> {
    let mut transaction = store.write().await?;
    sqlx::query("INSERT OR REPLACE INTO comparisons (run, candidate, comparison, at) VALUES (?, ?, ?, ?)")
        .bind(run)
        .bind(&comparison.candidate)
        .bind(comparison.encode_to_vec())
        .bind(whetstone_core::time::now())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Keeps a target's baseline instead of an earlier one.
pub async fn keep_baseline(store: &Store, run: &str, baseline: &TargetBaseline) -> Result<(), sqlx::Error> {
    let mut transaction = store.write().await?;
    sqlx::query("INSERT OR REPLACE INTO baselines (run, target, baseline, at) VALUES (?, ?, ?, ?)")
        .bind(run)
        .bind(&baseline.target)
        .bind(baseline.encode_to_vec())
        .bind(whetstone_core::time::now())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Reads a run's comparisons and baselines, oldest first.
pub async fn list(store: &Store, run: &str) -> Result<(Vec<Comparison>, Vec<TargetBaseline>), sqlx::Error> {
    let comparisons = "SELECT comparison FROM comparisons WHERE run = ? ORDER BY at, candidate";
    let baselines = "SELECT baseline FROM baselines WHERE run = ? ORDER BY at, target";
    Ok((messages(store, comparisons, run).await?, messages(store, baselines, run).await?))
}

/// What is known of a target's cases from its baseline; without a baseline it is found out again.
pub async fn explored(store: &Store, run: &str, target: &str) -> Result<Option<Explored>, sqlx::Error> {
    let query = "SELECT baseline FROM baselines WHERE run = ? AND target = ?";
    let row: Option<(Vec<u8>,)> = sqlx::query_as(query).bind(run).bind(target).fetch_optional(store.reader()).await?;
    let Some((bytes,)) = row else { return Ok(None) };
    let baseline = TargetBaseline::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(serde_json::from_slice(&baseline.explored).ok())
}

async fn messages<T: Message + Default>(store: &Store, query: &'static str, run: &str) -> Result<Vec<T>, sqlx::Error> {
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(query).bind(run).fetch_all(store.reader()).await?;
    rows.iter().map(|(bytes,)| T::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(series: &str, index: u32) -> Block {
        Block {
            series: series.into(),
            index,
            baseline_first: true,
            pairs: Vec::new(),
            startup_ns: [1, 2],
            life_ns: [3, 4],
            clock: "cpu".into(),
            disturbed_s: 0.0,
        }
    }

    #[tokio::test]
    async fn blocks_read_back_in_order_though_a_second_job_counts_from_zero_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path()).await.expect("opened");
        let place = Place { run: "r".into(), stage: "compare", subject: "c".into() };
        for (series, index) in [("a", 0), ("a", 1), ("b", 0), ("a", 0)] {
            place.keep_block(&store, &block(series, index)).await.expect("kept");
        }
        place.keep_failure(&store, "b", "first").await.expect("kept");
        place.keep_failure(&store, "b", "second").await.expect("ignored");
        let kept = place.read(&store).await.expect("readable");
        assert_eq!(kept.blocks, [block("a", 0), block("a", 1), block("a", 0), block("b", 0)]);
        assert_eq!(kept.failures, [("b".to_owned(), "first".to_owned())]);
        let other = Place { subject: "d".into(), ..place };
        assert_eq!(other.read(&store).await.expect("readable"), Kept::default());
    }

    #[tokio::test]
    async fn the_last_comparison_of_a_candidate_is_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path()).await.expect("opened");
        for decision in ["inconclusive", "accept"] {
            let comparison = Comparison { candidate: "c".into(), decision: decision.into(), ..Default::default() };
            keep_comparison(&store, "r", &comparison).await.expect("kept");
        }
        keep_baseline(&store, "r", &TargetBaseline { target: "t".into(), ..Default::default() }).await.expect("kept");
        let (comparisons, baselines) = list(&store, "r").await.expect("readable");
        assert_eq!(comparisons.iter().map(|c| c.decision.as_str()).collect::<Vec<_>>(), ["accept"]);
        assert_eq!(baselines.len(), 1);
        assert!(list(&store, "other").await.expect("readable").0.is_empty());
    }
}
