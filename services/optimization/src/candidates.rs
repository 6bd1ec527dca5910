//! Candidates as stored: each with the round that made it and its latest verdict.

use prost::Message;
use sqlx::Row;
use whetstone_proto::common::v1::Candidate;
use whetstone_store::Store;

use crate::Error;

/// Stores candidates of one round, or their later verdicts.
pub async fn save(store: &Store, run: &str, round: u32, candidates: &[Candidate]) -> Result<(), Error> {
    let mut transaction = store.write().await?;
    let insert = "INSERT INTO candidate (run, id, target, round, verdict, gate, message) VALUES (?, ?, ?, ?, ?, ?, ?) \
                  ON CONFLICT (run, id) DO UPDATE SET verdict = excluded.verdict, gate = excluded.gate, message = excluded.message";
    for candidate in candidates {
        sqlx::query(insert)
            .bind(run)
            .bind(&candidate.id)
            .bind(&candidate.target)
            .bind(round)
            .bind(candidate.verdict)
            .bind(candidate.gate)
            .bind(candidate.encode_to_vec())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Candidates of a run in the order in which they were made; of one target where it is named.
pub async fn list(store: &Store, run: &str, target: &str) -> Result<Vec<Candidate>, Error> {
    let query = "SELECT message FROM candidate WHERE run = ? AND (? = '' OR target = ?) ORDER BY rowid";
    let rows = sqlx::query(query).bind(run).bind(target).bind(target).fetch_all(store.reader()).await?;
    rows.iter().map(decode).collect()
}

fn decode(row: &sqlx::sqlite::SqliteRow) -> Result<Candidate, Error> {
    let bytes: Vec<u8> = row.try_get("message")?;
    Candidate::decode(bytes.as_slice()).map_err(|error| Error::Internal(format!("a stored candidate can't be read: {error}")))
}
