//! `IPAddress`.

use std::{fmt, net::IpAddr};

/// An address, with the scope of an IPv6 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) ip: IpAddr,
    pub(crate) scope: u32,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ip.fmt(f)?;
        if self.scope > 0 { write!(f, "%{}", self.scope) } else { Ok(()) }
    }
}
