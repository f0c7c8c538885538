//! Refuses requests that a page of another site makes a browser send to this machine.

use http::{HeaderMap, HeaderValue, header};

/// Why a request is foreign: it comes neither from a program of this machine nor from a page of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// `Host` is missing or names no loopback address. A name of another site may resolve to this machine (DNS
    /// rebinding).
    Host(String),
    /// `Origin` names another site's page.
    Origin(String),
}

impl std::error::Error for Foreign {}

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(host) => write!(f, "the host \"{host}\" is not this machine: call 127.0.0.1 or localhost"),
            Self::Origin(origin) => write!(f, "a page of {origin} may not do this: call without the header Origin"),
        }
    }
}

impl Foreign {
    /// Refuses requests for another host and requests of pages of another origin. Programs send no `Origin`.
    ///
    /// # Errors
    /// The reason why the request is foreign.
    pub fn check(headers: &HeaderMap) -> Result<(), Self> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let host = headers.get(header::HOST).map(text).unwrap_or_default();
        if !is_loopback(&host) {
            return Err(Self::Host(host));
        }
        match headers.get_all(header::ORIGIN).iter().map(text).find(|origin| *origin != format!("http://{host}")) {
            Some(origin) => Err(Self::Origin(origin)),
            None => Ok(()),
        }
    }
}

/// Reports whether an authority, with or without a port, names this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, origins: &[&str]) -> Result<(), Foreign> {
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        Foreign::check(&headers)
    }

    #[test]
    fn programs_of_this_machine_and_pages_of_this_server_pass() {
        for host in ["localhost", "LocalHost:7071", "127.0.0.1:7071", "127.8.9.1", "[::1]:7071", "[::1]"] {
            assert_eq!(check(host, &[]), Ok(()));
            assert_eq!(check(host, &[&format!("http://{host}")]), Ok(()));
        }
    }

    #[test]
    fn names_of_other_sites_and_their_pages_do_not() {
        for host in [
            "evil.test",
            "evil.test:7071",
            "localhost.evil.test",
            "10.0.0.1:7071",
            "127.0.0.1.evil.test",
            "",
            "0.0.0.0",
        ] {
            assert_eq!(check(host, &[]), Err(Foreign::Host(host.to_owned())));
        }
        for origin in ["http://evil.test", "null", "http://localhost:3000", "https://localhost:7071", ""] {
            assert_eq!(check("localhost:7071", &[origin]), Err(Foreign::Origin(origin.to_owned())));
        }
        let second = Err(Foreign::Origin("http://evil.test".to_owned()));
        assert_eq!(check("localhost", &["http://localhost", "http://evil.test"]), second);
        assert_eq!(Foreign::check(&HeaderMap::new()), Err(Foreign::Host(String::new())));
    }
}
