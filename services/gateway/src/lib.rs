//! The gateway role: the public API, everything that the command line does.
//!
//! Owns principals' tokens, the audit of changes, and which artifacts clients have sent. It decides
//! who may ask what, checks what is asked, and passes it to the roles that do it. It must not know
//! how a run is driven.
//!
//! A client on the data folder's Unix socket is the same user and may name paths of this machine. A
//! client over TCP proves itself by a token, and may name neither paths nor private addresses.

mod access;
mod address;
mod config;
mod error;
mod grpc;
mod request;
mod store;
mod token;
mod upload;
mod watch;

use anyhow::Context;
use whetstone_core::Role;
use whetstone_proto::gateway::v1::gateway_service_server::GatewayServiceServer;
use whetstone_runtime::{Deps, RoleService, peers::MESSAGE_LIMIT};

pub use config::Config;
pub use token::{Issued, issue_token};

/// Builds the role.
///
/// # Errors
/// If its store can't be opened.
pub async fn build(config: Config, deps: Deps) -> Result<RoleService, anyhow::Error> {
    let store = store::open(&deps.data).await.context("the gateway's store")?;
    let uploads = deps.data.join("uploads");
    tokio::fs::create_dir_all(&uploads).await.with_context(|| format!("the folder {}", uploads.display()))?;
    let service = grpc::Gateway { config, peers: deps.peers, store, uploads };
    let server = GatewayServiceServer::new(service).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT);
    Ok(RoleService { role: Role::Gateway, routes: tonic::service::Routes::new(server), operations: None })
}
