//! What is known of targets' cases, as stored.

use prost::Message;
use sqlx::Row;
use whetstone_proto::common::v1::TargetCases;
use whetstone_store::Store;

use crate::Error;

/// Stores what a run found out of its targets.
pub async fn save(store: &Store, run: &str, targets: &[TargetCases]) -> Result<(), Error> {
    let mut transaction = store.write().await?;
    for target in targets {
        sqlx::query("INSERT INTO target_cases (run, target, message) VALUES (?, ?, ?) ON CONFLICT (run, target) DO UPDATE SET message = excluded.message")
            .bind(run)
            .bind(&target.target)
            .bind(target.encode_to_vec())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Lists a run's targets, or the one that is named.
pub async fn list(store: &Store, run: &str, target: &str) -> Result<Vec<TargetCases>, Error> {
    let query = "SELECT message FROM target_cases WHERE run = ? AND (? = '' OR target = ?) ORDER BY rowid";
    let rows = sqlx::query(query).bind(run).bind(target).bind(target).fetch_all(store.reader()).await?;
    let decode = |row: &sqlx::sqlite::SqliteRow| {
        let bytes: Vec<u8> = row.try_get("message")?;
        TargetCases::decode(bytes.as_slice()).map_err(|error| Error::Internal(format!("stored cases can't be read: {error}")))
    };
    rows.iter().map(decode).collect()
}

#[cfg(test)]
mod tests {
    use whetstone_core::Role;

    use super::*;

    #[tokio::test]
    async fn a_run_answers_with_what_was_stored_last() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let migrations = whetstone_store::migrations!("../../../migrations/testgen/sqlite", "0001_cases");
        let store = Store::open(folder.path(), Role::Testgen, migrations).await.expect("a new store");
        let of = |target: &str, count| TargetCases { target: target.into(), recorded_count: count, ..Default::default() };
        save(&store, "r", &[of("m:f", 1), of("m:g", 2)]).await.expect("stored");
        save(&store, "r", &[of("m:f", 3)]).await.expect("stored again");
        assert_eq!(list(&store, "r", "m:f").await.expect("listed"), [of("m:f", 3)]);
        assert_eq!(list(&store, "r", "").await.expect("listed").len(), 2);
        assert!(list(&store, "other", "").await.expect("listed").is_empty());
    }
}
