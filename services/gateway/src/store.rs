//! The gateway's tables.

use std::path::Path;

use subtle::ConstantTimeEq;
use whetstone_core::{Digest, Role};
use whetstone_store::{Store, StoreError, migrations, sqlx};

use crate::access::Caller;

pub(crate) async fn open(data: &Path) -> Result<Store, StoreError> {
    Store::open(&data.join("store"), Role::Gateway, migrations!("../../../migrations/gateway/sqlite", "0001_gateway")).await
}

/// The id of the token whose text this is. Digests are compared in constant time, all of them.
pub(crate) async fn token_holder(store: &Store, token: &str) -> Result<Option<String>, sqlx::Error> {
    let presented = Digest::of(token.as_bytes());
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, digest FROM tokens WHERE ended_at IS NULL ORDER BY id").fetch_all(store.reader()).await?;
    let is_it = |digest: &str| bool::from(digest.as_bytes().ct_eq(presented.as_str().as_bytes()));
    Ok(rows.into_iter().fold(None, |found, (id, digest)| if is_it(&digest) { Some(id) } else { found }))
}

/// Keeps a new token's digest; `replace` ends all earlier ones. Nothing happens if one is there and
/// stays; answers whether the new one was kept.
pub(crate) async fn keep_token(store: &Store, id: &str, digest: &Digest, replace: bool) -> Result<bool, sqlx::Error> {
    let now = whetstone_core::time::now();
    let mut transaction = store.write().await?;
    if replace {
        sqlx::query("UPDATE tokens SET ended_at = ? WHERE ended_at IS NULL").bind(&now).execute(&mut *transaction).await?;
    }
    let kept = sqlx::query(
        "INSERT INTO tokens (id, digest, created_at) SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE ended_at IS NULL)",
    )
    .bind(id)
    .bind(digest.as_str())
    .bind(&now)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(kept.rows_affected() == 1)
}

/// Writes down who changed what, and how it went.
pub(crate) async fn audit(store: &Store, caller: &Caller, action: &str, subject: &str, outcome: &str) -> Result<(), sqlx::Error> {
    let mut transaction = store.write().await?;
    sqlx::query("INSERT INTO audit (at, caller, action, subject, outcome) VALUES (?, ?, ?, ?, ?)")
        .bind(whetstone_core::time::now())
        .bind(caller.name())
        .bind(action)
        .bind(subject)
        .bind(outcome)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Remembers that a client sent an artifact.
pub(crate) async fn add_upload(store: &Store, caller: &Caller, kind: &str, name: &str, digest: &str) -> Result<(), sqlx::Error> {
    let mut transaction = store.write().await?;
    sqlx::query("INSERT INTO uploads (digest, kind, name, caller, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(digest)
        .bind(kind)
        .bind(name)
        .bind(caller.name())
        .bind(whetstone_core::time::now())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Whether a client has sent this artifact as this kind.
pub(crate) async fn was_uploaded(store: &Store, kind: &str, digest: &str) -> Result<bool, sqlx::Error> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM uploads WHERE digest = ? AND kind = ?")
        .bind(digest)
        .bind(kind)
        .fetch_optional(store.reader())
        .await?;
    Ok(found.is_some())
}
