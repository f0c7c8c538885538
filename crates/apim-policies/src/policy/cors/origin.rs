//! Origins of pages.

/// The origin of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Any,
    /// Scheme and host in lower case, and port.
    One(String, String, u16),
}

impl Origin {
    /// Reads an origin as browsers send it, or as policies write it. Its path is at most `/`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text.trim()).ok()?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && !has_user;
        let port = url.port_or_known_default().filter(|_| bare)?;
        // `*` alone stands for all origins; it cannot be a part of an origin.
        let host = url.host_str().filter(|host| !host.contains('*'))?;
        Some(Self::One(url.scheme().to_owned(), host.to_owned(), port))
    }
}
