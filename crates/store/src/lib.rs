//! The store: one SQLite file a role.
//!
//! Owns the connection pools, migrations and the tables that every role has (fences, operations,
//! outbox). It must not know what a role keeps: a service writes its own SQL against [`Store`].
//!
//! Writes go through one connection with `BEGIN IMMEDIATE`, so that a write never fails half way
//! for a lock that a reader-turned-writer holds. Reads take a pool of their own and, under the
//! write-ahead log, never wait for the writer.

mod fences;
mod migrations;
mod operations;
mod outbox;
mod store;

pub use fences::StaleFence;
pub use migrations::migrator;
pub use operations::{Begun, OperationRow, OperationState};
pub use outbox::OutboxRow;
pub use sqlx;
pub use store::{Store, StoreError, Transaction};
