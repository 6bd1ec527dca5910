//! A way from TCP to a Unix socket inside the job: package installers know proxies by host and port
//! only, and the job's sole way out is the socket.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    thread,
};

/// Forwards every connection to a loopback port.
pub struct Forwarder {
    address: SocketAddr,
}

impl Forwarder {
    /// Starts to forward to the Unix socket at `socket`, for as long as the runner lives.
    ///
    /// # Errors
    /// If no loopback port can be had.
    pub fn start(socket: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let socket = socket.to_path_buf();
        thread::spawn(move || accept(&listener, &socket));
        Ok(Self { address })
    }

    /// The proxy as the usual variables name it.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn accept(listener: &TcpListener, socket: &Path) {
    for connection in listener.incoming().flatten() {
        let socket: PathBuf = socket.into();
        thread::spawn(move || {
            if let Err(error) = forward(&connection, &socket) {
                let _ = (&connection).write_all(format!("HTTP/1.1 502 {error}\r\n\r\n").as_bytes());
            }
        });
    }
}

fn forward(connection: &TcpStream, socket: &Path) -> io::Result<()> {
    let proxy = UnixStream::connect(socket)?;
    let (mut inward, mut to_proxy) = (connection.try_clone()?, proxy.try_clone()?);
    let up = thread::spawn(move || {
        let _ = io::copy(&mut inward, &mut to_proxy);
        let _ = to_proxy.shutdown(Shutdown::Write);
    });
    let (mut from_proxy, mut outward) = (proxy, connection.try_clone()?);
    let _ = io::copy(&mut from_proxy, &mut outward);
    let _ = outward.shutdown(Shutdown::Write);
    // The thread only copies; it cannot panic.
    let _ = up.join();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{io::Read, os::unix::net::UnixListener};

    use super::*;

    #[test]
    fn both_directions_pass_and_ends_are_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("proxy.sock");
        let listener = UnixListener::bind(&path).expect("a fresh path");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut said = String::new();
            stream.read_to_string(&mut said).expect("text");
            stream.write_all(format!("heard {said}").as_bytes()).expect("open");
        });
        let forwarder = Forwarder::start(&path).expect("a port");
        let mut client = TcpStream::connect(forwarder.address).expect("listening");
        client.write_all(b"hello").expect("open");
        client.shutdown(Shutdown::Write).expect("open");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("text");
        assert_eq!(answer, "heard hello");
        server.join().expect("the server ends");
    }
}
