//! Durable long-running operations (AIP-151), one implementation for every role.
//!
//! A request id names an operation for good: asked again, it answers the same, and work that is
//! found unfinished, because its process died or it was cancelled, is done again. An error is an
//! answer too; it is tried again only under a higher fence, that is when a run was resumed.

mod publish;
mod service;

use std::{
    collections::HashMap,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
};

use futures::FutureExt;
use prost::Message;
use prost_types::Any;
use tokio::sync::watch;
use tonic::{Code, Status};
use whetstone_core::Role;
use whetstone_proto::{
    common::v1::StageContext,
    google::longrunning::{Operation, operation},
    google::rpc,
};
use whetstone_store::{OperationRow, OperationState, StaleFence, Store};

use crate::{
    failure::{self, Failure},
    stage::StageHandle,
};

pub use publish::Publisher;
pub use service::OperationsService;

/// A role's operations. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    inner: Arc<Inner>,
}

struct Inner {
    role: Role,
    publisher: Publisher,
    /// Work that runs in this process, by operation id.
    live: Mutex<HashMap<String, Live>>,
    /// Held while a row is begun and its work is entered in `live`, so that no second asker finds
    /// the one without the other.
    beginning: tokio::sync::Mutex<()>,
}

struct Live {
    handle: StageHandle,
    done: watch::Receiver<bool>,
}

impl Operations {
    /// Opens the operations that the role's store holds.
    pub async fn open(store: &Store, role: Role) -> Result<Self, sqlx::Error> {
        let publisher = Publisher::new(store.clone(), role);
        let inner = Inner { role, publisher, live: Mutex::default(), beginning: tokio::sync::Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.inner.role
    }

    /// What carries the role's events and progress to the repository role; started by serving.
    pub fn publisher(&self) -> &Publisher {
        &self.inner.publisher
    }

    fn store(&self) -> &Store {
        self.inner.publisher.store()
    }

    /// Starts a stage's work, or finds it by its request id, and answers the operation.
    ///
    /// # Errors
    /// `FENCED` where the run is driven by another now; `INVALID_CONTEXT` without run or request id.
    pub async fn start<T, F, Fut>(&self, context: &StageContext, work: F) -> Result<Operation, Status>
    where
        F: FnOnce(StageHandle) -> Fut,
        Fut: Future<Output = Result<T, Status>> + Send + 'static,
        T: prost::Name,
    {
        if context.run.is_empty() || context.request_id.is_empty() {
            return Err(Failure::refused("INVALID_CONTEXT", "a stage's context needs a run and a request id").into());
        }
        let _beginning = self.inner.beginning.lock().await;
        let is_live = |id: &str| self.inner.live.lock().expect("no holder panics").contains_key(id);
        let rerun = |row: &OperationRow| match row.state {
            OperationState::Running => !is_live(&row.id),
            OperationState::Cancelled => true,
            OperationState::Failed => context.fence > row.fence,
            OperationState::Done => false,
        };
        let begun = self.store().begin_operation(&context.request_id, &context.run, context.fence, rerun).await;
        let row = begun.map_err(refusal)?.row;
        if row.state == OperationState::Running && !is_live(&row.id) {
            let handle = StageHandle::new(context.clone(), self.inner.publisher.clone());
            let work = work(handle.clone());
            self.spawn(row.id.clone(), handle, work);
        }
        Ok(self.describe(&row))
    }

    fn spawn<T, Fut>(&self, id: String, handle: StageHandle, work: Fut)
    where
        Fut: Future<Output = Result<T, Status>> + Send + 'static,
        T: prost::Name,
    {
        let (ended, done) = watch::channel(false);
        let live = Live { handle: handle.clone(), done };
        self.inner.live.lock().expect("no holder panics").insert(id.clone(), live);
        let operations = self.clone();
        tokio::spawn(async move {
            let cancelled = handle.cancellation().cancelled();
            let (state, result) = tokio::select! {
                biased;
                () = cancelled => (OperationState::Cancelled, Vec::new()),
                // A panic in one stage's work is that stage's failure, not the process's end.
                answer = AssertUnwindSafe(work).catch_unwind() => ended_with(answer),
            };
            // The stage's events are to stand before its end in the run's log.
            operations.inner.publisher.flush().await;
            if let Err(error) = operations.store().end_operation(&id, state, &result).await {
                // The row stays `running`; the work is found unfinished and done again.
                tracing::error!(operation = %id, %error, "the end of an operation can't be stored");
            }
            operations.inner.live.lock().expect("no holder panics").remove(&id);
            let _ = ended.send(true);
        });
    }

    /// Cancels an operation's work, and returns when it has ended.
    pub async fn cancel(&self, id: &str) {
        let done = {
            let live = self.inner.live.lock().expect("no holder panics");
            live.get(id).map(|live| {
                live.handle.cancellation().cancel();
                live.done.clone()
            })
        };
        if let Some(mut done) = done {
            let _ = done.wait_for(|done| *done).await;
        }
    }

    /// A receiver that turns true when the operation's work ends; `None` where none runs here.
    fn ending(&self, id: &str) -> Option<watch::Receiver<bool>> {
        self.inner.live.lock().expect("no holder panics").get(id).map(|live| live.done.clone())
    }

    fn describe(&self, row: &OperationRow) -> Operation {
        let live = self.inner.live.lock().expect("no holder panics");
        let progress = live.get(&row.id).map(|live| any(&live.handle.last_progress()));
        let result = match row.state {
            OperationState::Running => None,
            OperationState::Done => Any::decode(row.result.as_slice()).ok().map(operation::Result::Response),
            OperationState::Failed => rpc::Status::decode(row.result.as_slice()).ok().map(operation::Result::Error),
            OperationState::Cancelled => {
                let message = format!("the {} stage of run {} was cancelled", self.inner.role, row.run);
                Some(operation::Result::Error(rpc::Status { code: Code::Cancelled.into(), message, details: Vec::new() }))
            }
        };
        let name = format!("operations/{}/{}", self.inner.role, row.id);
        Operation { name, metadata: progress, done: row.state != OperationState::Running, result }
    }
}

fn any<T: prost::Name>(message: &T) -> Any {
    Any { type_url: format!("type.googleapis.com/{}", T::full_name()), value: message.encode_to_vec() }
}

fn ended_with<T: prost::Name>(answer: Result<Result<T, Status>, Box<dyn std::any::Any + Send>>) -> (OperationState, Vec<u8>) {
    let status = match answer {
        Ok(Ok(response)) => return (OperationState::Done, any(&response).encode_to_vec()),
        Ok(Err(status)) if status.code() == Code::Cancelled => return (OperationState::Cancelled, Vec::new()),
        Ok(Err(status)) => status,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
            Failure::internal(format!("a stage's work panicked: {}", text.unwrap_or_default())).into()
        }
    };
    (OperationState::Failed, failure::status_to_proto(&status).encode_to_vec())
}

fn refusal(error: StaleFence) -> Status {
    match error {
        StaleFence::Stale { .. } => {
            let failure = Failure::internal(error.to_string());
            Failure { reason: "FENCED".into(), ..failure }.into()
        }
        StaleFence::Store(error) => Failure::internal(format!("the store can't be written: {error}")).into(),
    }
}
