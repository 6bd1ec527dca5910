//! The rows of durable operations. The runtime crate gives them life.

use sqlx::{Row, sqlite::SqliteRow};

use crate::{StaleFence, Store};

/// How far an operation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationState {
    Running,
    Done,
    Failed,
    Cancelled,
}

impl OperationState {
    fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(name: &str) -> Self {
        [Self::Done, Self::Failed, Self::Cancelled].into_iter().find(|state| state.name() == name).unwrap_or(Self::Running)
    }
}

/// One stored operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    pub id: String,
    pub request_id: String,
    pub run: String,
    /// The fence under which it was last started.
    pub fence: u64,
    pub state: OperationState,
    /// An encoded response or error; empty while running and where cancelled.
    pub result: Vec<u8>,
}

/// What was found when an operation was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub row: OperationRow,
    /// The row as it was before; `None` where the request id was new.
    pub before: Option<OperationRow>,
}

fn row_of(row: &SqliteRow) -> Result<OperationRow, sqlx::Error> {
    let fence: i64 = row.try_get("fence")?;
    let result: Option<Vec<u8>> = row.try_get("result")?;
    Ok(OperationRow {
        id: row.try_get("id")?,
        request_id: row.try_get("request_id")?,
        run: row.try_get("run")?,
        fence: fence.unsigned_abs(),
        state: OperationState::of(row.try_get("state")?),
        result: result.unwrap_or_default(),
    })
}

const COLUMNS: &str = "SELECT id, request_id, run, fence, state, result FROM operation";

impl Store {
    /// Finds or makes the row of `request_id`, after the fence has been checked; both in one
    /// transaction. `rerun` tells from a row found whether its work is to be done again; its state
    /// is `running` then.
    pub async fn begin_operation(
        &self,
        request_id: &str,
        run: &str,
        fence: u64,
        rerun: impl FnOnce(&OperationRow) -> bool,
    ) -> Result<Begun, StaleFence> {
        let mut transaction = self.write().await?;
        Self::check_fence(&mut transaction, run, fence).await?;
        let found = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE request_id = ?")))
            .bind(request_id)
            .fetch_optional(&mut *transaction)
            .await?;
        let before = found.as_ref().map(row_of).transpose()?;
        let row = match &before {
            Some(row) if !rerun(row) => row.clone(),
            _ => {
                let id = before.as_ref().map_or_else(whetstone_core::id::fresh, |row| row.id.clone());
                let begin = "INSERT INTO operation (request_id, id, run, fence, state) VALUES (?, ?, ?, ?, 'running')
                    ON CONFLICT (request_id) DO UPDATE SET state = 'running', fence = excluded.fence, result = NULL, ended_at = NULL";
                let stored_fence = i64::try_from(fence).unwrap_or(i64::MAX);
                sqlx::query(begin).bind(request_id).bind(&id).bind(run).bind(stored_fence).execute(&mut *transaction).await?;
                let (request_id, run) = (request_id.to_owned(), run.to_owned());
                OperationRow { id, request_id, run, fence, state: OperationState::Running, result: Vec::new() }
            }
        };
        transaction.commit().await?;
        Ok(Begun { row, before })
    }

    /// Writes how an operation ended.
    pub async fn end_operation(&self, id: &str, state: OperationState, result: &[u8]) -> Result<(), sqlx::Error> {
        let mut transaction = self.write().await?;
        let end = "UPDATE operation SET state = ?, result = ?, ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?";
        sqlx::query(end).bind(state.name()).bind(result).bind(id).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// Reads an operation by its id.
    pub async fn operation(&self, id: &str) -> Result<Option<OperationRow>, sqlx::Error> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
        sqlx::query(query).bind(id).fetch_optional(self.reader()).await?.as_ref().map(row_of).transpose()
    }

    /// Lists operations by id above `after`, oldest first.
    pub async fn list_operations(&self, after: &str, limit: u32) -> Result<Vec<OperationRow>, sqlx::Error> {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id > ? ORDER BY id LIMIT ?"));
        sqlx::query(query).bind(after).bind(limit).fetch_all(self.reader()).await?.iter().map(row_of).collect()
    }

    /// Forgets an operation that has ended; tells whether there was one.
    pub async fn delete_operation(&self, id: &str) -> Result<bool, sqlx::Error> {
        let mut transaction = self.write().await?;
        let delete = "DELETE FROM operation WHERE id = ? AND state <> 'running'";
        let deleted = sqlx::query(delete).bind(id).execute(&mut *transaction).await?.rows_affected() > 0;
        transaction.commit().await?;
        Ok(deleted)
    }
}
