//! `System.Uri`: absolute URIs as .NET reads, escapes and writes them. .NET accepts much more than RFC 3986, and
//! corrects it.

use std::fmt;

mod host;
mod text;

use host::host;
pub(crate) use text::unescape;
use text::{compress, escape, shown};

/// The longest text that .NET takes, in characters.
const LONGEST_URI: usize = 65_519;

/// An absolute URI.
#[derive(Clone, Debug)]
pub struct SystemUri {
    original: String,
    scheme: String,
    /// Whether `//` follows the scheme.
    rooted: bool,
    user_info: String,
    host: String,
    port: Option<u16>,
    path: Forms,
    query: Forms,
    fragment: Forms,
}

/// A part of a URI: as it goes on the wire, and as `ToString()` writes it.
#[derive(Clone, Debug, Default)]
struct Forms {
    escaped: String,
    shown: String,
}

/// Why a text is not an absolute URI: the message of .NET's `UriFormatException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// The text is empty.
    #[error("Invalid URI: The URI is empty.")]
    Empty,
    /// The text is longer than 65,519 characters.
    #[error("Invalid URI: The Uri string is too long.")]
    TooLong,
    /// The text is a relative URI.
    #[error("Invalid URI: The format of the URI could not be determined.")]
    Format,
    /// The scheme has characters that no scheme has.
    #[error("Invalid URI: The URI scheme is not valid.")]
    Scheme,
    /// The scheme needs a host.
    #[error("Invalid URI: The hostname could not be parsed.")]
    Host,
    /// The scheme needs `//`.
    #[error("Invalid URI: The Authority/Host could not be parsed.")]
    Authority,
    /// The port is not a number up to 65535.
    #[error("Invalid URI: Invalid port specified.")]
    Port,
}

/// Returns the default port of a scheme, if the scheme has one.
fn default_port(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        "gopher" => 70,
        "nntp" => 119,
        "telnet" => 23,
        "ldap" => 389,
        "net.tcp" => 808,
        "mailto" => 25,
        _ => return None,
    })
}

/// Reports whether URIs of the scheme must have a host.
fn needs_host(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp" | "gopher" | "nntp" | "telnet" | "net.tcp" | "net.pipe")
}

impl SystemUri {
    /// Reads an absolute URI.
    ///
    /// # Errors
    /// When .NET refuses the text. The error has .NET's message.
    pub fn parse(original: &str) -> Result<Self, UriError> {
        if original.chars().nth(LONGEST_URI).is_some() {
            return Err(UriError::TooLong);
        }
        let text = original.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            return Err(UriError::Empty);
        }
        let (scheme, rest) = scheme(text)?;
        let mut uri = Self {
            original: original.to_owned(),
            rooted: false,
            user_info: String::new(),
            host: String::new(),
            port: default_port(&scheme),
            path: Forms::default(),
            query: Forms::default(),
            fragment: Forms::default(),
            scheme,
        };
        let slashes = rest.chars().take_while(|c| matches!(c, '/' | '\\')).count();
        let rest = match (slashes, uri.scheme.as_str()) {
            (0, "mailto") => return uri.mail(rest),
            (_, "file") => uri.file(rest, slashes)?,
            (0 | 1, scheme) if needs_host(scheme) => return Err(UriError::Authority),
            (2.., _) => uri.authority(&rest[2..])?,
            _ => rest,
        };
        uri.tail(rest);
        Ok(uri)
    }

    /// Returns this URI with a relative reference in place of its path. An absolute reference replaces the whole URI.
    ///
    /// # Errors
    /// When the absolute reference is refused, or when this URI has no path to begin from.
    pub fn join(&self, reference: &str) -> Result<Self, UriError> {
        let reference = reference.trim_matches([' ', '\t', '\r', '\n']);
        if !reference.starts_with(['/', '\\'])
            && let Ok((_, _)) = scheme(reference)
        {
            return Self::parse(reference);
        }
        if !self.rooted {
            return Err(UriError::Format);
        }
        let base = format!("{}://{}", self.scheme, self.full_authority());
        let second = reference.chars().nth(1);
        let merged = match reference.chars().next() {
            None => format!("{base}{}{}", self.path.escaped, self.query.escaped),
            Some('#') => format!("{base}{}{}{reference}", self.path.escaped, self.query.escaped),
            Some('?') => format!("{base}{}{reference}", self.path.escaped),
            Some('/' | '\\') if matches!(second, Some('/' | '\\')) => format!("{}:{reference}", self.scheme),
            Some('/' | '\\') => format!("{base}{reference}"),
            Some(_) => {
                let folder = self.path.escaped.rfind('/').map_or("/", |slash| &self.path.escaped[..=slash]);
                format!("{base}{folder}{reference}")
            }
        };
        Self::parse(&merged)
    }

    /// Reads `mailto:user@host`.
    fn mail(mut self, rest: &str) -> Result<Self, UriError> {
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        if let Some((user, host)) = rest[..end].split_once('@') {
            (self.user_info, self.host) = (user.to_owned(), host.to_lowercase());
        } else if end > 0 {
            return Err(UriError::Host);
        }
        self.tail(&rest[end..]);
        Ok(self)
    }

    /// Reads the host of `file:///path`, `file://host/path` or `/path`, if there is one.
    fn file<'t>(&mut self, rest: &'t str, slashes: usize) -> Result<&'t str, UriError> {
        self.rooted = true;
        let after = &rest[slashes..];
        if slashes != 2 || after.is_empty() {
            return Ok(if slashes == 0 { rest } else { &rest[slashes - 1..] });
        }
        let end = after.find(['/', '\\', '?', '#']).unwrap_or(after.len());
        self.host = host(&after[..end])?;
        Ok(&after[end..])
    }

    /// Reads the part between `//` and the path. Returns the text after it.
    fn authority<'t>(&mut self, text: &'t str) -> Result<&'t str, UriError> {
        self.rooted = true;
        let end = text.find(['/', '\\', '?', '#']).unwrap_or(text.len());
        let (authority, rest) = text.split_at(end);
        let (user_info, address) = authority.split_once('@').unwrap_or(("", authority));
        self.user_info = escape(user_info);
        let (name, port) = match address.strip_prefix('[').and_then(|rest| rest.find(']')) {
            Some(close) => (&address[..close + 2], &address[close + 2..]),
            None => address.split_at(address.find(':').unwrap_or(address.len())),
        };
        self.host = if name.is_empty() { String::new() } else { host(name)? };
        if self.host.is_empty() && (needs_host(&self.scheme) || !user_info.is_empty() || !port.is_empty()) {
            return Err(UriError::Host);
        }
        match port.strip_prefix(':') {
            None if port.is_empty() => {}
            None => return Err(UriError::Host),
            Some("") => {}
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                self.port = Some(digits.parse().map_err(|_| UriError::Port)?);
            }
            Some(_) => return Err(UriError::Port),
        }
        Ok(rest)
    }

    /// Reads path, query and fragment.
    fn tail(&mut self, text: &str) {
        let (text, fragment) = text.find('#').map_or((text, ""), |at| text.split_at(at));
        let (path, query) = text.find('?').map_or((text, ""), |at| text.split_at(at));
        let path = path.replace('\\', "/");
        let rooted = if path.is_empty() && self.rooted && !self.host.is_empty() || self.rooted && self.scheme == "file"
        {
            if path.starts_with('/') { path } else { format!("/{path}") }
        } else {
            path
        };
        self.path = Forms { escaped: compress(&escape(&rooted)), shown: compress(&shown(&rooted)) };
        self.query = Forms { escaped: escape(query), shown: shown(query) };
        self.fragment = Forms { escaped: escape(fragment), shown: shown(fragment) };
    }

    /// Returns the text that the URI was read from.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Returns the scheme in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns the part before `@`, escaped.
    #[must_use]
    pub fn user_info(&self) -> &str {
        &self.user_info
    }

    /// Returns the host in lower case; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port; `None` if neither the text nor the scheme has one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Reports whether the port is the default port of the scheme.
    #[must_use]
    pub fn is_default_port(&self) -> bool {
        self.port == default_port(&self.scheme)
    }

    /// Returns the host, with the port if it is not the scheme's own.
    #[must_use]
    pub fn authority_text(&self) -> String {
        match self.port {
            Some(port) if !self.is_default_port() => format!("{}:{port}", self.host),
            _ => self.host.clone(),
        }
    }

    fn full_authority(&self) -> String {
        let at = if self.user_info.is_empty() { "" } else { "@" };
        format!("{}{at}{}", self.user_info, self.authority_text())
    }

    /// Returns the path, escaped, without dot segments.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path.escaped
    }

    /// Returns the query with its `?`, escaped.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query.escaped
    }

    /// Returns the fragment with its `#`, escaped.
    #[must_use]
    pub fn fragment(&self) -> &str {
        &self.fragment.escaped
    }

    /// Returns path and query, as the first line of a request has them.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        format!("{}{}", self.path.escaped, self.query.escaped)
    }

    /// Returns the whole URI, escaped.
    #[must_use]
    pub fn absolute_uri(&self) -> String {
        let (path, query, fragment) = (&self.path.escaped, &self.query.escaped, &self.fragment.escaped);
        format!("{}{path}{query}{fragment}", self.origin(self.full_authority()))
    }

    /// Returns scheme and authority, if there are any.
    pub(crate) fn origin(&self, authority: impl fmt::Display) -> String {
        format!("{}:{}{authority}", self.scheme, if self.rooted { "//" } else { "" })
    }

    /// Returns the folders of the path, each with its slash, and the part after the last slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.escaped.split_inclusive('/').map(str::to_owned).collect()
    }

    pub(crate) fn has_authority(&self) -> bool {
        self.rooted
    }

    pub(crate) fn with_user(&self) -> String {
        self.full_authority()
    }
}

/// `ToString()`: characters that need no escape are not escaped.
impl fmt::Display for SystemUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin(self.full_authority()))?;
        f.write_str(&self.path.shown)?;
        f.write_str(&self.query.shown)?;
        f.write_str(&self.fragment.shown)
    }
}

/// Compares as .NET does: user and fragment do not count.
impl PartialEq for SystemUri {
    fn eq(&self, other: &Self) -> bool {
        let key = |uri: &Self| (uri.origin(uri.authority_text()), uri.path_and_query());
        key(self) == key(other)
    }
}

/// Returns the scheme in lower case, and the text after its colon.
fn scheme(text: &str) -> Result<(String, &str), UriError> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'/') && bytes.get(1) != Some(&b'/') {
        return Ok(("file".to_owned(), text));
    }
    if text.starts_with("//") || text.starts_with("\\\\") {
        return Ok(("file".to_owned(), text));
    }
    let end = text.find([':', '/', '\\', '?', '#']).filter(|end| bytes[*end] == b':').ok_or(UriError::Format)?;
    let name = &text[..end];
    let drive = end == 1 && matches!(bytes.get(2), Some(b'/' | b'\\'));
    if drive && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(("file".to_owned(), text));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if end < 2 {
        return Err(UriError::Format);
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(plain) {
        return Err(UriError::Scheme);
    }
    Ok((name.to_ascii_lowercase(), &text[end + 1..]))
}

#[cfg(test)]
mod tests;
