//! How roles reach each other: one gRPC channel a role, from an address map.

use std::{collections::BTreeMap, io, path::PathBuf, time::Duration};

use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint, Uri},
};
use whetstone_core::Role;
use whetstone_proto::{
    analysis::v1::analysis_service_client::AnalysisServiceClient,
    benchmark::v1::benchmark_service_client::BenchmarkServiceClient,
    gateway::v1::gateway_service_client::GatewayServiceClient,
    google::longrunning::{Operation, WaitOperationRequest, operation, operations_client::OperationsClient},
    jobs::v1::jobs_service_client::JobsServiceClient,
    optimization::v1::optimization_service_client::OptimizationServiceClient,
    reporting::v1::reporting_service_client::ReportingServiceClient,
    repository::v1::repository_service_client::RepositoryServiceClient,
    testgen::v1::testgen_service_client::TestgenServiceClient,
};

use crate::{Artifacts, failure};

/// The largest message that clients and servers take.
pub const MESSAGE_LIMIT: usize = 64 << 20;

/// Where each role listens: `unix:/path` or `http://host:port`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Addresses(pub BTreeMap<Role, String>);

impl Addresses {
    /// Maps every role to one address, as in one process.
    pub fn all(address: &str) -> Self {
        Self(Role::ALL.into_iter().map(|role| (role, address.to_owned())).collect())
    }
}

/// An address that no channel can be made of.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("no address is configured for the role {0}: set addresses.{0} to unix:/path or http://host:port")]
    Missing(Role),
    #[error("`{address}` is not an address for the role {role}: unix:/path or http://host:port is expected")]
    Invalid { role: Role, address: String },
}

/// Clients of every role. Channels connect when first used, and again when a connection is lost.
#[derive(Clone, Debug)]
pub struct Peers {
    channels: BTreeMap<Role, Channel>,
}

/// Makes a channel to an address; it connects lazily. Must be called within a Tokio runtime.
pub fn channel(address: &str) -> Option<Channel> {
    let Some(path) = address.strip_prefix("unix:") else {
        return Some(tuned(Endpoint::from_shared(address.to_owned()).ok()?).connect_lazy());
    };
    let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
    if !path.is_absolute() {
        return None;
    }
    let connector = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { Ok::<_, io::Error>(TokioIo::new(UnixStream::connect(path).await?)) }
    });
    Some(tuned(Endpoint::from_static("http://whetstone.local")).connect_with_connector_lazy(connector))
}

fn tuned(endpoint: Endpoint) -> Endpoint {
    // Streams of one channel share a window: a slow reader of a large artifact must not hold up the others.
    endpoint
        .connect_timeout(Duration::from_secs(10))
        .http2_max_header_list_size(64 << 10)
        .initial_connection_window_size(64 << 20)
        .initial_stream_window_size(4 << 20)
}

macro_rules! clients {
    ($($name:ident: $client:ident = $role:ident),+ $(,)?) => {$(
        #[doc = concat!("A client of the ", stringify!($name), " role.")]
        pub fn $name(&self) -> $client<Channel> {
            $client::new(self.channel(Role::$role)).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT)
        }
    )+};
}

impl Peers {
    /// Makes a channel for every role; none connects yet. Must be called within a Tokio runtime.
    pub fn new(addresses: &Addresses) -> Result<Self, AddressError> {
        let mut channels = BTreeMap::new();
        for role in Role::ALL {
            let address = addresses.0.get(&role).ok_or(AddressError::Missing(role))?;
            let invalid = || AddressError::Invalid { role, address: address.clone() };
            channels.insert(role, channel(address).ok_or_else(invalid)?);
        }
        Ok(Self { channels })
    }

    fn channel(&self, role: Role) -> Channel {
        self.channels.get(&role).cloned().expect("every role has a channel since `new`")
    }

    clients! {
        gateway: GatewayServiceClient = Gateway,
        repository: RepositoryServiceClient = Repository,
        analysis: AnalysisServiceClient = Analysis,
        testgen: TestgenServiceClient = Testgen,
        optimization: OptimizationServiceClient = Optimization,
        benchmark: BenchmarkServiceClient = Benchmark,
        reporting: ReportingServiceClient = Reporting,
        jobs: JobsServiceClient = Jobs,
    }

    /// The artifact store of the jobs role.
    pub fn artifacts(&self) -> Artifacts {
        Artifacts::new(self.jobs())
    }

    /// A client of a role's long-running operations.
    pub fn operations(&self, role: Role) -> OperationsClient<Channel> {
        OperationsClient::new(self.channel(role)).max_decoding_message_size(MESSAGE_LIMIT)
    }

    /// Waits for an operation's end and decodes its response.
    ///
    /// # Errors
    /// The operation's own error as it was raised, or the transport's.
    pub async fn wait<T: prost::Name + Default>(&self, role: Role, op: Operation) -> Result<T, Status> {
        let mut operation = op;
        while !operation.done {
            let timeout = Some(prost_types::Duration { seconds: 30, nanos: 0 });
            let request = WaitOperationRequest { name: operation.name.clone(), timeout };
            operation = self.operations(role).wait_operation(request).await?.into_inner();
        }
        match operation.result {
            Some(operation::Result::Response(any)) => {
                let expected = T::full_name();
                if any.type_url.rsplit('/').next() != Some(expected.as_str()) {
                    return Err(Status::internal(format!("{role} answered {} where {expected} was expected", any.type_url)));
                }
                T::decode(any.value.as_slice())
                    .map_err(|error| Status::internal(format!("{role} answered an unreadable {expected}: {error}")))
            }
            Some(operation::Result::Error(error)) => Err(failure::status_from_proto(&error)),
            None => Err(Status::new(Code::Internal, format!("{role} ended {} without a result", operation.name))),
        }
    }
}
