//! Tokens of clients that come over TCP.

use std::path::Path;

use anyhow::Context;
use rand::RngCore;
use whetstone_core::Digest;

use crate::store;

/// What asking for a token gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issued {
    /// A new one. Its text is known only now: the store keeps a digest.
    New(String),
    /// One was made before, and is valid.
    Before,
}

/// Makes a token if there is none, or in place of all earlier ones.
///
/// # Errors
/// If the gateway's store can't be opened or written.
pub async fn issue_token(data: &Path, replace: bool) -> Result<Issued, anyhow::Error> {
    let mut secret = [0u8; 32];
    rand::rng().fill_bytes(&mut secret);
    let token = format!("whet_{}", hex::encode(secret));
    let store = store::open(data).await.context("the gateway's store")?;
    let id = whetstone_core::id::fresh();
    let kept = store::keep_token(&store, &id, &Digest::of(token.as_bytes()), replace).await;
    store.close().await;
    Ok(if kept.context("the gateway's store")? { Issued::New(token) } else { Issued::Before })
}
