//! The endpoints of telemetry, from the settings.

use url::Url;

use crate::settings::SettingType;

/// An endpoint that takes a token. A token must not leave this machine unencrypted.
pub(super) struct Guarded(pub(super) Url);

impl SettingType for Guarded {
    const EXPECTED: &'static str =
        "the whole https URL of one signal, with neither a query nor a user name; http for this machine's own";

    fn parse(text: &str) -> Option<Self> {
        let url = bare(text)?;
        (url.scheme() == "https" || is_own(&url)).then_some(Self(url))
    }
}

/// A collector that takes no token.
pub(super) struct Open(pub(super) Url);

impl SettingType for Open {
    const EXPECTED: &'static str = "an http or https URL with neither a query nor a user name";

    fn parse(text: &str) -> Option<Self> {
        bare(text).map(Self)
    }
}

impl Open {
    /// Returns the URL of a signal below the collector's URL.
    pub(super) fn below(mut self, path: &str) -> Url {
        let before = self.0.path().trim_end_matches('/').to_owned();
        self.0.set_path(&format!("{before}/{path}"));
        self.0
    }
}

/// Reads a URL without a query, because a query may hold a key.
fn bare(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare).then_some(url)
}

fn is_own(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// `OTEL_EXPORTER_OTLP_PROTOCOL`.
pub(super) struct Protobuf;

impl SettingType for Protobuf {
    const EXPECTED: &'static str = "http/protobuf: it is what this app speaks";

    fn parse(text: &str) -> Option<Self> {
        text.eq_ignore_ascii_case("http/protobuf").then_some(Self)
    }
}

/// `OTEL_TRACES_EXPORTER` and its siblings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Export {
    Otlp,
    Nothing,
}

impl SettingType for Export {
    const EXPECTED: &'static str = "otlp or none";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "otlp" => Some(Self::Otlp),
            "none" => Some(Self::Nothing),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_crosses_plain_http_on_this_machine_alone() {
        for right in
            ["https://a.ingest.monitor.azure.com/x", "http://127.0.0.1:4318/x", "http://[::1]:1", "http://localhost"]
        {
            assert!(Guarded::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "http://a.ingest.monitor.azure.com/x",
            "http://10.0.0.1/x",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "https://a/x?sig=y",
            "https://u:p@a/x",
            "grpc://a",
        ] {
            assert!(Guarded::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_signal_has_its_path_below_the_collectors() {
        let below = |text: &str| Open::parse(text).unwrap().below("v1/traces").to_string();
        assert_eq!(below("http://collector:4318"), "http://collector:4318/v1/traces");
        assert_eq!(below("https://c/otlp/"), "https://c/otlp/v1/traces");
    }
}
