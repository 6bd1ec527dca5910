//! Built environments, kept across runs by everything that decides them.

use prost::Message;
use sqlx::Row;
use whetstone_core::Digest;
use whetstone_proto::common::v1::Prepared;
use whetstone_runtime::Artifacts;
use whetstone_store::Store;

use crate::error::RepositoryError;

/// Names what is kept. An environment belongs to one repository; tools and solvers belong to none.
pub fn key(repository: &str, digest: &Digest) -> String {
    format!("{repository}/{digest}")
}

/// Finds an environment whose artifacts are still there. They are held for `holder` then.
pub async fn find(store: &Store, artifacts: &Artifacts, key: &str, holder: &str) -> Result<Option<Prepared>, RepositoryError> {
    let row = sqlx::query("SELECT prepared FROM environment WHERE key = ?").bind(key).fetch_optional(store.reader()).await?;
    let Some(row) = row else { return Ok(None) };
    let prepared: Vec<u8> = row.try_get("prepared")?;
    let Ok(prepared) = Prepared::decode(prepared.as_slice()) else { return Ok(None) };
    // A blob that is gone can not be held: the environment is built again then.
    Ok(artifacts.hold(holder, digests(&prepared)).await.is_ok().then_some(prepared))
}

/// Keeps an environment; its artifacts are held in its own name.
pub async fn keep(store: &Store, artifacts: &Artifacts, key: &str, prepared: &Prepared) -> Result<(), tonic::Status> {
    artifacts.hold(&format!("environment/{key}"), digests(prepared)).await?;
    let stored = async {
        let mut transaction = store.write().await?;
        let insert = "INSERT INTO environment (key, prepared) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET prepared = excluded.prepared";
        sqlx::query(insert).bind(key).bind(prepared.encode_to_vec()).execute(&mut *transaction).await?;
        transaction.commit().await
    };
    stored.await.map_err(|error: sqlx::Error| whetstone_runtime::Reported::status(&RepositoryError::from(error)))
}

fn digests(prepared: &Prepared) -> Vec<String> {
    let artifacts = [&prepared.environment, &prepared.overlay, &prepared.tools, &prepared.solver];
    artifacts.into_iter().flatten().map(|artifact| artifact.digest.clone()).collect()
}
