//! The connection to whoever serves: a system elsewhere, another whet on this data folder, or this
//! process itself.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::{io::AsyncReadExt, net::UnixStream};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, ClientTlsConfig, Endpoint},
};
use whetstone_proto::{
    common::v1::Artifact,
    gateway::v1::{ListRunsRequest, UploadSourceRequest, gateway_service_client::GatewayServiceClient},
};
use whetstone_runtime::{
    Failure,
    folder::{DataFolder, FolderError, socket_path},
    peers,
};

use crate::{cli::Global, host::Host, problem, settings::Settings};

/// How long the holder of a data folder may take until its socket answers.
const HOLDER_START: Duration = Duration::from_secs(30);
const CHUNK: usize = 1 << 20;

/// A client of the gateway.
pub type Gateway = GatewayServiceClient<InterceptedService<Channel, Bearer>>;

/// Adds the token to every call to a system elsewhere.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// A connection, and this process's own roles where it is the one that serves.
pub struct Session {
    pub gateway: Gateway,
    settings: Settings,
    data: PathBuf,
    server: Option<String>,
    host: Option<Host>,
}

impl Session {
    /// Connects as the command line says.
    ///
    /// # Errors
    /// If the server can't be reached, or the data folder can't be used.
    pub async fn open(global: &Global, settings: &Settings) -> Result<Self, Failure> {
        let data = settings.data_folder()?;
        let (gateway, host) = match &global.server {
            Some(server) => (reached(remote(server)?, server).await?, None),
            None => local(settings, &data).await?,
        };
        Ok(Self { gateway, settings: settings.clone(), data, server: global.server.clone(), host })
    }

    /// Whether paths of this machine mean the same there.
    pub fn is_local(&self) -> bool {
        self.server.as_deref().is_none_or(|server| server.starts_with("unix:"))
    }

    /// Whether this process serves.
    pub fn is_host(&self) -> bool {
        self.host.is_some()
    }

    /// The data folder, where reports are put.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Connects again after the one who served has gone: to another one, or by serving now.
    /// Answers whether this process serves now.
    pub async fn reconnect(&mut self) -> Result<bool, Failure> {
        if self.server.is_none() && self.host.is_none() {
            (self.gateway, self.host) = local(&self.settings, &self.data).await?;
        }
        Ok(self.is_host())
    }

    /// Sends a file.
    pub async fn upload(&mut self, kind: &str, name: &str, path: &Path) -> Result<Artifact, Failure> {
        let mut file = tokio::fs::File::open(path).await.map_err(|error| problem::of_file(path, "read", &error))?;
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let first = UploadSourceRequest { kind: kind.to_owned(), name: name.replace('/', "_"), chunk: Vec::new() };
        let reading = tokio::spawn(async move {
            let mut message = first;
            loop {
                if sender.send(message).await.is_err() {
                    return Ok(());
                }
                let mut chunk = vec![0; CHUNK];
                let read = file.read(&mut chunk).await?;
                if read == 0 {
                    return Ok::<(), std::io::Error>(());
                }
                chunk.truncate(read);
                message = UploadSourceRequest { chunk, ..Default::default() };
            }
        });
        let answer = self.gateway.upload_source(tokio_stream::wrappers::ReceiverStream::new(receiver)).await;
        reading.await.expect("reading a file does not panic").map_err(|error| problem::of_file(path, "read", &error))?;
        answer?.into_inner().artifact.ok_or_else(|| Failure::internal("an upload was answered without its digest"))
    }

    /// Ends the connection, and the roles where they are this process's own.
    pub async fn close(self) {
        drop(self.gateway);
        if let Some(host) = self.host {
            host.stop().await;
        }
    }
}

/// Takes the data folder's lock and serves, or becomes the client of who holds it.
async fn local(settings: &Settings, data: &Path) -> Result<(Gateway, Option<Host>), Failure> {
    let deadline = Instant::now() + HOLDER_START;
    loop {
        match DataFolder::hold(data) {
            Ok(folder) => {
                let socket = folder.socket();
                let host = Host::start(settings, folder, None).await?;
                return Ok((over_socket(&socket)?, Some(host)));
            }
            Err(FolderError::Held(folder)) => {
                let socket = socket_path(&folder);
                if UnixStream::connect(&socket).await.is_ok() {
                    return Ok((over_socket(&socket)?, None));
                }
                if Instant::now() > deadline {
                    let message = format!("another whet holds the data folder {} and does not answer", folder.display());
                    return Err(Failure::environment("HOLDER_SILENT", message)
                        .advice("Wait for it, end it, or choose another folder with --data-dir."));
                }
            }
            Err(error) => return Err(Failure::environment("DATA_FOLDER", error.to_string())),
        }
        // The holder is starting, or has just ended.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn over_socket(socket: &Path) -> Result<Gateway, Failure> {
    let channel =
        peers::channel(&format!("unix:{}", socket.display())).ok_or_else(|| Failure::internal("a socket's path is no address"))?;
    Ok(client(channel, Bearer(None)))
}

/// Asks for something small, so that a server that can't be reached is told as such and by its address.
async fn reached(mut gateway: Gateway, server: &str) -> Result<Gateway, Failure> {
    let Err(status) = gateway.list_runs(ListRunsRequest { page_size: 1, page_token: String::new() }).await else { return Ok(gateway) };
    // What the server itself answers, such as that the token is missing, is told by the call that is meant.
    if std::error::Error::source(&status).is_none_or(|source| !source.is::<tonic::transport::Error>()) {
        return Ok(gateway);
    }
    let reason = std::iter::successors(std::error::Error::source(&status), |error| error.source()).last().map(ToString::to_string);
    Err(Failure::environment("SERVER_UNREACHABLE", format!("the server `{server}` can't be reached: {}", reason.unwrap_or_default()))
        .advice("Check the address and that `whet serve` runs there; https:// is for a server behind TLS."))
}

fn remote(server: &str) -> Result<Gateway, Failure> {
    let unusable = || {
        Failure::refused("SERVER_ADDRESS", format!("`{server}` is not the address of a server"))
            .advice("http://host:port, https://host:port or unix:/path/to/whet.sock is expected.")
    };
    let address = if server.contains("://") || server.starts_with("unix:") { server.to_owned() } else { format!("http://{server}") };
    let channel = if address.starts_with("https://") {
        let endpoint = Endpoint::from_shared(address).map_err(|_| unusable())?.connect_timeout(Duration::from_secs(10));
        endpoint.tls_config(ClientTlsConfig::new().with_enabled_roots()).map_err(|_| unusable())?.connect_lazy()
    } else {
        peers::channel(&address).ok_or_else(unusable)?
    };
    let token = std::env::var("WHETSTONE_TOKEN").ok().filter(|token| !token.is_empty());
    let bearer = token.map(|token| {
        format!("Bearer {}", token.trim())
            .parse()
            .map_err(|_| Failure::refused("TOKEN", "WHETSTONE_TOKEN holds characters that no token has"))
    });
    Ok(client(channel, Bearer(bearer.transpose()?)))
}

fn client(channel: Channel, bearer: Bearer) -> Gateway {
    let client = GatewayServiceClient::with_interceptor(channel, bearer);
    client.max_decoding_message_size(peers::MESSAGE_LIMIT).max_encoding_message_size(peers::MESSAGE_LIMIT)
}
