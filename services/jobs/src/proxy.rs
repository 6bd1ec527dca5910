//! The registries proxy: the one way out of a prepare job, over a Unix socket of its own.
//!
//! It tunnels (`CONNECT`, RFC 9110 section 9.3.6) to configured hosts and to no address of this
//! machine or its networks, asked for after the name is resolved: a name that points inward is
//! refused like an address.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpStream, UnixListener, UnixStream, lookup_host},
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use whetstone_runtime::config::{Problems, Validate};

/// Bytes of a request's head.
const HEAD: u64 = 16 << 10;
const CONNECT: Duration = Duration::from_secs(20);

/// Which hosts prepare jobs reach, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistriesConfig {
    /// Host names; one that starts with a dot allows every name below it.
    pub hosts: Vec<String>,
    /// Hosts among them that may lie in a private network, such as a private index.
    pub private_hosts: Vec<String>,
    pub ports: Vec<u16>,
    /// `http://[user:password@]host:port` of a proxy that connections go through.
    pub upstream_proxy: whetstone_runtime::config::Secret,
}

impl Default for RegistriesConfig {
    fn default() -> Self {
        let hosts = ["pypi.org", "files.pythonhosted.org"].map(str::to_owned).to_vec();
        Self { hosts, private_hosts: Vec::new(), ports: vec![443], upstream_proxy: Default::default() }
    }
}

impl Validate for RegistriesConfig {
    fn validate(&self, problems: &mut Problems) {
        for host in self.hosts.iter().chain(&self.private_hosts) {
            if host.is_empty() || host.contains(['/', ':', ' ']) {
                problems.add("hosts", format!("`{host}` is not a host name"));
            }
        }
        if !self.upstream_proxy.is_empty() && Upstream::parse(self.upstream_proxy.reveal()).is_none() {
            problems.add("upstream_proxy", "http://[user:password@]host:port is expected");
        }
    }
}

impl RegistriesConfig {
    fn allows(&self, host: &str, port: u16) -> bool {
        self.ports.contains(&port) && self.hosts.iter().chain(&self.private_hosts).any(|allowed| matches(allowed, host))
    }

    fn may_be_private(&self, host: &str) -> bool {
        self.private_hosts.iter().any(|allowed| matches(allowed, host))
    }
}

fn matches(allowed: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let allowed = allowed.to_ascii_lowercase();
    if allowed.starts_with('.') { host.ends_with(&allowed) } else { host == allowed }
}

/// A proxy for one job; it and its connections end when this is dropped.
pub struct Proxy {
    socket: PathBuf,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// Listens at `socket`.
    ///
    /// # Errors
    /// If the socket cannot be made.
    pub fn start(socket: &Path, config: RegistriesConfig) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        // The job's user is not ours; its folder, which only we enter, keeps everybody else out.
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o666))?;
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let config = config.clone();
                connections.spawn(async move { serve(stream, &config).await });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { socket: socket.to_owned(), serving })
    }

    /// The socket's path on this machine.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Why a tunnel is refused; the text reaches the installer's error message.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("405 only CONNECT is served")]
    Method,
    #[error("400 the request is not understood")]
    Malformed,
    #[error("403 {0} is not among the hosts that jobs may reach (registries.hosts)")]
    Host(String),
    #[error("403 {0} lies in a private network (registries.private_hosts)")]
    Private(String),
    #[error("502 {0} cannot be reached: {1}")]
    Unreachable(String, io::Error),
}

async fn serve(stream: UnixStream, config: &RegistriesConfig) {
    let mut stream = BufReader::new(stream);
    let tunnel = match read_head(&mut stream).await {
        Ok((host, port)) => open(&host, port, config).await,
        Err(refused) => Err(refused),
    };
    match tunnel {
        Ok(mut remote) => {
            if stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                // Either end may break off at any time.
                let _ = copy_bidirectional(&mut stream, &mut remote).await;
            }
        }
        Err(refused) => {
            tracing::warn!(%refused, "a job's connection was refused");
            let _ = stream.write_all(format!("HTTP/1.1 {refused}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await;
        }
    }
}

/// Reads a request up to its empty line, and tells the host and port that it asks for.
async fn read_head(stream: &mut BufReader<UnixStream>) -> Result<(String, u16), Refused> {
    let mut head = String::new();
    loop {
        let before = head.len();
        let mut bounded = (&mut *stream).take(HEAD - before as u64);
        let read = timeout(CONNECT, bounded.read_line(&mut head)).await.map_err(|_| Refused::Malformed)?;
        if read.map_err(|_| Refused::Malformed)? == 0 || head.len() as u64 >= HEAD {
            return Err(Refused::Malformed);
        }
        if head[before..].trim().is_empty() {
            break;
        }
    }
    let mut words = head.split_ascii_whitespace();
    if words.next() != Some("CONNECT") {
        return Err(Refused::Method);
    }
    let (host, port) = words.next().and_then(|target| target.rsplit_once(':')).ok_or(Refused::Malformed)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), port.parse().map_err(|_| Refused::Malformed)?))
}

async fn open(host: &str, port: u16, config: &RegistriesConfig) -> Result<TcpStream, Refused> {
    if !config.allows(host, port) {
        return Err(Refused::Host(format!("{host}:{port}")));
    }
    let upstream = Upstream::parse(config.upstream_proxy.reveal());
    let found = timeout(CONNECT, lookup_host((host, port))).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let addresses: Vec<SocketAddr> = match (found, &upstream) {
        (Ok(addresses), _) => addresses.collect(),
        // Behind a proxy, names need not resolve here.
        (Err(_), Some(_)) => Vec::new(),
        (Err(error), None) => return Err(Refused::Unreachable(host.to_owned(), error)),
    };
    if !config.may_be_private(host) && addresses.iter().any(|address| !is_public(address.ip())) {
        return Err(Refused::Private(host.to_owned()));
    }
    let connected = match upstream {
        Some(upstream) => timeout(CONNECT, upstream.connect(host, port)).await,
        // The addresses that were looked at, not the name: it could resolve otherwise next time.
        None => timeout(CONNECT, TcpStream::connect(addresses.as_slice())).await,
    };
    let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    connected.map_err(|error| Refused::Unreachable(host.to_owned(), error))
}

/// Whether an address is one of the open internet: not of this machine, its networks, the provider's
/// metadata, or of no one host (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => {
                let is_local = address.is_unique_local() || address.is_unicast_link_local();
                !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || is_local)
            }
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_nowhere = address.is_unspecified() || first == 0 || address.is_multicast() || address.is_broadcast() || first >= 240;
    !(address.is_private() || address.is_loopback() || address.is_link_local() || is_shared || is_nowhere)
}

/// The IPv4 address that a mapped, translated (64:ff9b::/96) or 6to4 address stands for.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match parts {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => address.to_ipv4_mapped(),
    }
}

/// A proxy that connections go through.
#[derive(Debug, PartialEq, Eq)]
struct Upstream {
    address: String,
    /// `user:password`, percent-decoded by nobody: such characters are rare in both.
    credentials: Option<String>,
}

impl Upstream {
    fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?.trim_end_matches('/');
        let (credentials, address) = match rest.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials.to_owned()), address),
            None => (None, rest),
        };
        let (host, port) = address.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self { address: address.to_owned(), credentials })
    }

    async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let authorization = self
            .credentials
            .as_ref()
            .map_or(String::new(), |credentials| format!("Proxy-Authorization: Basic {}\r\n", base64(credentials.as_bytes())));
        let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        // By single bytes: what follows the empty line belongs to the tunnel.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() as u64 >= HEAD {
                return Err(io::Error::other("the upstream proxy's answer has no end"));
            }
            head.push(stream.read_u8().await?);
        }
        let status = String::from_utf8_lossy(&head).split_ascii_whitespace().nth(1).map(str::to_owned);
        match status.as_deref() {
            Some("200") => Ok(stream),
            status => Err(io::Error::other(format!("the upstream proxy answered {}", status.unwrap_or("nothing")))),
        }
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            text.push(if place <= group.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Sends a request to a proxy with `config` and gives everything that comes back.
    async fn asked(config: RegistriesConfig, request: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let proxy = Proxy::start(&folder.path().join("proxy.sock"), config).expect("a fresh path");
        let mut client = UnixStream::connect(proxy.socket()).await.expect("listening");
        client.write_all(request.as_bytes()).await.expect("open");
        client.shutdown().await.expect("open");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("text");
        answer
    }

    async fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let (mut reader, mut writer) = stream.split();
            tokio::io::copy(&mut reader, &mut writer).await.expect("open");
        });
        port
    }

    #[tokio::test]
    async fn an_allowed_host_is_tunnelled_to() {
        let port = echo().await;
        let config = RegistriesConfig { private_hosts: vec!["localhost".into()], ports: vec![port], ..Default::default() };
        let answer = asked(config, &format!("CONNECT localhost:{port} HTTP/1.1\r\nHost: x\r\n\r\nhello")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
    }

    #[tokio::test]
    async fn other_hosts_ports_methods_and_inward_names_are_refused() {
        let config = || RegistriesConfig { hosts: vec!["localhost".into(), ".example".into(), "127.0.0.1".into()], ..Default::default() };
        for (request, status) in [
            ("CONNECT elsewhere.test:443 HTTP/1.1\r\n\r\n", "403 elsewhere.test:443 is not among"),
            ("CONNECT localhost:22 HTTP/1.1\r\n\r\n", "403 localhost:22 is not among"),
            ("CONNECT badexample:443 HTTP/1.1\r\n\r\n", "403 badexample:443 is not among"),
            ("CONNECT localhost:443 HTTP/1.1\r\n\r\n", "403 localhost lies in a private network"),
            ("CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n", "403 127.0.0.1 lies in a private network"),
            ("GET http://localhost/ HTTP/1.1\r\n\r\n", "405"),
            ("CONNECT localhost HTTP/1.1\r\n\r\n", "400"),
        ] {
            let answer = asked(config(), request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        }
    }

    #[tokio::test]
    async fn an_upstream_proxy_is_asked_with_its_credentials() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let upstream = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let mut stream = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                stream.read_line(&mut head).await.expect("text");
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nfrom afar").await.expect("open");
            head
        });
        let config = RegistriesConfig {
            hosts: vec!["index.invalid".into()],
            upstream_proxy: whetstone_runtime::config::Secret::new(format!("http://me:secret@{address}")),
            ..Default::default()
        };
        let answer = asked(config, "CONNECT index.invalid:443 HTTP/1.1\r\n\r\n").await;
        assert!(answer.ends_with("from afar"), "{answer}");
        let head = upstream.await.expect("asked");
        assert!(head.starts_with("CONNECT index.invalid:443 ") && head.contains("Basic bWU6c2VjcmV0\r\n"), "{head}");
    }

    #[test]
    fn addresses_inside_are_told_from_those_outside() {
        let inside = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"];
        let inside_v6 = ["::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "::", "ff02::1"];
        for text in inside.iter().chain(&inside_v6) {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in ["1.1.1.1", "203.0.113.80", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
    }
}
