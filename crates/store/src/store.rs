//! Opening a role's file and reaching it.

use std::{fs, io, path::Path, time::Duration};

use sqlx::{
    Sqlite, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use whetstone_core::Role;

use crate::migrations;

/// A write transaction: begun immediately, rolled back unless committed.
pub type Transaction = sqlx::Transaction<'static, Sqlite>;

/// Why a role's file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the folder {folder} for the store can't be made: {source}")]
    Folder { folder: String, source: io::Error },
    #[error("the store {file} can't be opened: {source}")]
    Open { file: String, source: sqlx::Error },
    #[error("the store {file} can't be brought to this version's tables: {source}")]
    Migrate { file: String, source: MigrateError },
}

/// One role's SQLite file.
#[derive(Clone, Debug)]
pub struct Store {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl Store {
    /// Opens `folder/<role>.sqlite`, makes it if it is missing, and applies the shared tables'
    /// migrations, then the role's (see [`crate::migrations!`]).
    pub async fn open(folder: &Path, role: Role, migrations: Migrator) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|source| StoreError::Folder { folder: folder.display().to_string(), source })?;
        let path = folder.join(format!("{}.sqlite", role.name()));
        let file = path.display().to_string();
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With a write-ahead log NORMAL loses no committed transaction when the process is killed.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let open = |source| StoreError::Open { file: file.clone(), source };
        let pool = |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(60));
        let writer = pool(1).connect_with(options.clone()).await.map_err(open)?;
        for migrator in [migrations::shared(), migrations] {
            migrator.run(&writer).await.map_err(|source| StoreError::Migrate { file: file.clone(), source })?;
        }
        let reader = pool(4).min_connections(0).connect_with(options.read_only(true)).await.map_err(open)?;
        Ok(Self { reader, writer })
    }

    /// Connections for reading only.
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Begins a write transaction; waits for the one before it to end.
    pub async fn write(&self) -> Result<Transaction, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes every connection, so that the log is folded into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}
