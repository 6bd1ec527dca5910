//! The outbox: events that are committed with the change they tell of.

use sqlx::Row;

use crate::{Store, Transaction};

/// An event that waits for its consumer's confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: u64,
    pub run: String,
    /// The encoded event.
    pub payload: Vec<u8>,
}

impl Store {
    /// Adds an event within the transaction of the change it tells of. A key seen before adds nothing.
    pub async fn add_to_outbox(transaction: &mut Transaction, run: &str, key: &str, payload: &[u8]) -> Result<(), sqlx::Error> {
        let add = "INSERT INTO outbox (run, key, payload) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING";
        sqlx::query(add).bind(run).bind(key).bind(payload).execute(&mut **transaction).await?;
        Ok(())
    }

    /// Reads what is not confirmed yet, oldest first.
    pub async fn unconfirmed(&self, limit: u32) -> Result<Vec<OutboxRow>, sqlx::Error> {
        let query = "SELECT id, run, payload FROM outbox WHERE sent = 0 ORDER BY id LIMIT ?";
        let rows = sqlx::query(query).bind(limit).fetch_all(self.reader()).await?;
        let row_of = |row: &sqlx::sqlite::SqliteRow| {
            let id: i64 = row.try_get("id")?;
            Ok(OutboxRow { id: id.unsigned_abs(), run: row.try_get("run")?, payload: row.try_get("payload")? })
        };
        rows.iter().map(row_of).collect()
    }

    /// Marks events up to `id` as confirmed by their consumer. The row stays as a marker, so that a
    /// stage that is run again does not say it again; its payload goes.
    pub async fn confirm_outbox(&self, id: u64) -> Result<(), sqlx::Error> {
        let mut transaction = self.write().await?;
        let confirm = "UPDATE outbox SET sent = 1, payload = x'' WHERE id <= ? AND sent = 0";
        sqlx::query(confirm).bind(i64::try_from(id).unwrap_or(i64::MAX)).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}
