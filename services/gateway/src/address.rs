//! Git URLs from the network: public hosts over https or ssh, so that nobody reaches through the
//! server into networks that only it can see.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::GatewayError;

/// Checks a git URL that a client over TCP names.
pub(crate) async fn check(url: &str, allow_private: bool) -> Result<(), GatewayError> {
    let refused = |problem: &str| GatewayError::GitUrl { url: url.to_owned(), problem: problem.to_owned() };
    let (host, port) = host_and_port(url).map_err(refused)?;
    if allow_private {
        return Ok(());
    }
    let addresses = tokio::net::lookup_host((host.as_str(), port)).await.map_err(|error| refused(&format!("{host}: {error}")))?;
    let addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
    if addresses.is_empty() || !addresses.iter().all(is_public) {
        return Err(refused("its host has a private address"));
    }
    Ok(())
}

/// The host and port of an `https://` or `ssh://` URL.
fn host_and_port(url: &str) -> Result<(String, u16), &'static str> {
    let rest = match (url.strip_prefix("https://"), url.strip_prefix("ssh://")) {
        (Some(rest), _) => (rest, 443),
        (_, Some(rest)) => (rest, 22),
        _ => return Err("https:// or ssh:// is expected"),
    };
    let (rest, default_port) = rest;
    if url.len() > 2048 || url.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err("it holds blanks or is too long");
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    // A host that begins with a dash would be an option of ssh.
    if host.is_empty() || host.starts_with('-') {
        return Err("it names no host");
    }
    let port = port.map_or(Ok(default_port), |port| port.parse().map_err(|_| "its port is no number"))?;
    Ok((host.to_owned(), port))
}

fn is_public(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(*address),
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(|| is_public_v6(*address), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0 || a >= 240 || (a == 192 && b == 0 && c == 0) || (a == 198 && (b == 18 || b == 19));
    let local = address.is_private() || address.is_loopback() || address.is_link_local();
    let not_one_host = address.is_multicast() || address.is_documentation();
    ![local, not_one_host, shared, special].contains(&true)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3; of it, 2002::/16 and 2001::/23 carry other addresses within.
    let [first, second, ..] = address.segments();
    (0x2000..0x4000).contains(&first) && first != 0x2002 && !(first == 0x2001 && second < 0x0200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_as_git_does() {
        assert_eq!(host_and_port("https://me:x@example.org:8443/a/b.git"), Ok(("example.org".into(), 8443)));
        assert_eq!(host_and_port("ssh://git@[2001:db8::1]/a"), Ok(("2001:db8::1".into(), 22)));
        assert_eq!(host_and_port("https://good.org\\@evil.org/x"), Ok(("good.org".into(), 443)));
        for url in ["http://a/b", "file:///etc", "ext::sh", "git@host:a/b", "ssh://-oProxyCommand=x/a", "https:///x", "https://a b/c"] {
            assert!(host_and_port(url).is_err(), "{url}");
        }
    }

    #[test]
    fn tells_public_addresses_from_all_others() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "255.255.255.255",
        ];
        assert!(private.iter().all(|address| !is_public(&address.parse().expect("an address"))));
        assert!(["1.1.1.1", "140.82.121.4", "2606:4700::1111"].iter().all(|address| is_public(&address.parse().expect("an address"))));
    }

    #[tokio::test]
    async fn a_private_git_host_is_refused_unless_allowed() {
        assert!(check("https://127.0.0.1/x.git", false).await.is_err());
        assert!(check("https://127.0.0.1/x.git", true).await.is_ok());
        assert!(check("file:///x", true).await.is_err());
    }
}
