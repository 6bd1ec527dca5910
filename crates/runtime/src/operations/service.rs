//! `google.longrunning.Operations`, once a process, for every role in it.

use std::{collections::BTreeMap, time::Duration};

use tonic::{Request, Response, Status};
use whetstone_core::Role;
use whetstone_proto::google::longrunning::{
    CancelOperationRequest, DeleteOperationRequest, GetOperationRequest, ListOperationsRequest, ListOperationsResponse, Operation,
    WaitOperationRequest, operations_server,
};

use super::Operations;
use crate::failure::Failure;

const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Serves operations by their names, `operations/<role>/<id>`.
pub struct OperationsService {
    roles: BTreeMap<Role, Operations>,
}

impl OperationsService {
    /// Joins the operations of every role in this process.
    pub fn new(operations: impl IntoIterator<Item = Operations>) -> Self {
        Self { roles: operations.into_iter().map(|operations| (operations.role(), operations)).collect() }
    }

    fn find<'a>(&self, name: &'a str) -> Result<(&Operations, &'a str), Status> {
        let parts = name.strip_prefix("operations/").and_then(|rest| rest.split_once('/'));
        let found = parts.and_then(|(role, id)| Some((self.roles.get(&role.parse().ok()?)?, id)));
        found.ok_or_else(|| Status::not_found(format!("no operation `{name}` is kept here: operations/<role>/<id> is expected")))
    }

    async fn read(operations: &Operations, id: &str) -> Result<Operation, Status> {
        let row = operations.store().operation(id).await.map_err(unreadable)?;
        let row = row.ok_or_else(|| Status::not_found(format!("{} has no operation {id}", operations.role())))?;
        Ok(operations.describe(&row))
    }
}

#[tonic::async_trait]
impl operations_server::Operations for OperationsService {
    async fn list_operations(&self, request: Request<ListOperationsRequest>) -> Result<Response<ListOperationsResponse>, Status> {
        let request = request.into_inner();
        let role = request.name.strip_prefix("operations/").and_then(|role| role.parse().ok());
        let operations = role.and_then(|role: Role| self.roles.get(&role));
        let operations = operations.ok_or_else(|| Status::not_found("the name operations/<role> of a role in this process is expected"))?;
        let size = if request.page_size > 0 { request.page_size.unsigned_abs().min(1000) } else { 100 };
        let rows = operations.store().list_operations(&request.page_token, size).await.map_err(unreadable)?;
        let full = rows.len() == size as usize;
        let next_page_token = rows.last().filter(|_| full).map(|row| row.id.clone()).unwrap_or_default();
        let operations = rows.iter().map(|row| operations.describe(row)).collect();
        Ok(Response::new(ListOperationsResponse { operations, next_page_token }))
    }

    async fn get_operation(&self, request: Request<GetOperationRequest>) -> Result<Response<Operation>, Status> {
        let name = request.into_inner().name;
        let (operations, id) = self.find(&name)?;
        Ok(Response::new(Self::read(operations, id).await?))
    }

    async fn delete_operation(&self, request: Request<DeleteOperationRequest>) -> Result<Response<()>, Status> {
        let name = request.into_inner().name;
        let (operations, id) = self.find(&name)?;
        if operations.store().delete_operation(id).await.map_err(unreadable)? {
            return Ok(Response::new(()));
        }
        Err(Status::not_found(format!("{name} is running or not known: only an operation that has ended is deleted")))
    }

    async fn cancel_operation(&self, request: Request<CancelOperationRequest>) -> Result<Response<()>, Status> {
        let name = request.into_inner().name;
        let (operations, id) = self.find(&name)?;
        operations.cancel(id).await;
        Ok(Response::new(()))
    }

    async fn wait_operation(&self, request: Request<WaitOperationRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let (operations, id) = self.find(&request.name)?;
        let asked = request.timeout.and_then(|timeout| Duration::try_from(timeout).ok());
        if let Some(mut ending) = operations.ending(id) {
            let _ = tokio::time::timeout(asked.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT), ending.wait_for(|done| *done)).await;
        }
        Ok(Response::new(Self::read(operations, id).await?))
    }
}

fn unreadable(error: sqlx::Error) -> Status {
    Failure::internal(format!("the store can't be read: {error}")).into()
}
