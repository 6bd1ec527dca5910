//! Who asks.

use tonic::{
    Extensions,
    metadata::MetadataMap,
    transport::server::{TcpConnectInfo, UdsConnectInfo},
};
use whetstone_store::Store;

use crate::{error::GatewayError, store};

/// A client whose right to ask has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The user who owns the data folder, over its socket.
    Owner,
    /// A holder of a token, over the network.
    Token { id: String },
}

impl Caller {
    /// The caller as the audit names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Owner => "owner".into(),
            Self::Token { id } => format!("token/{id}"),
        }
    }
}

/// Decides who asks: by the socket, whose mode lets only its owner in, or by the token.
pub(crate) async fn caller(store: &Store, extensions: &Extensions, metadata: &MetadataMap) -> Result<Caller, GatewayError> {
    let over_socket = extensions.get::<UdsConnectInfo>().is_some() && extensions.get::<TcpConnectInfo>().is_none();
    if over_socket {
        return Ok(Caller::Owner);
    }
    let presented = metadata.get("authorization").and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let token = presented.map(str::trim).filter(|token| !token.is_empty()).ok_or(GatewayError::TokenMissing)?;
    let id = store::token_holder(store, token).await?.ok_or(GatewayError::TokenWrong)?;
    Ok(Caller::Token { id })
}
