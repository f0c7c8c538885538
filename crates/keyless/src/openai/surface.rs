//! The paths of a model's operations: on the v1 surface, or below its deployment with a version.
//!
//! <https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle>

use url::Url;

use crate::settings::SettingType;

/// The operation that a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    ChatCompletions,
    Responses,
    Models,
}

/// A version of the deployments surface, such as `2024-10-21`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(String);

impl ApiVersion {
    /// The version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SettingType for ApiVersion {
    const EXPECTED: &'static str = "YYYY-MM-DD or YYYY-MM-DD-preview";

    fn parse(text: &str) -> Option<Self> {
        let date = text.strip_suffix("-preview").unwrap_or(text);
        let is_date = date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok();
        is_date.then(|| Self(text.to_owned()))
    }
}

/// The addresses of requests.
#[derive(Clone, Debug)]
pub(super) struct Surface {
    /// The address without `/openai` and the parts after it. An address that ends in another `/v1` keeps that part.
    root: Url,
    /// The path between the root and the operations of v1.
    v1: &'static str,
    version: Option<ApiVersion>,
}

impl Surface {
    pub(super) fn new(address: &Url, version: Option<ApiVersion>) -> Self {
        let mut root = address.clone();
        let path = address.path().trim_end_matches('/');
        let (path, v1) = match (path.strip_suffix("/openai/v1"), path.strip_suffix("/openai")) {
            (Some(before), _) | (None, Some(before)) => (before, "/openai/v1"),
            // An API of the gateway may have any path.
            (None, None) if path.ends_with("/v1") && version.is_none() => (path, ""),
            (None, None) => (path, "/openai/v1"),
        };
        root.set_path(path);
        Self { root, v1, version }
    }

    pub(super) fn url(&self, operation: Operation, deployment: &str) -> Url {
        let mut url = self.root.clone();
        let below = match operation {
            Operation::ChatCompletions => "chat/completions",
            Operation::Responses => "responses",
            Operation::Models => "models",
        };
        let before = self.root.path().trim_end_matches('/');
        match (&self.version, operation) {
            (None, _) => url.set_path(&format!("{before}{}/{below}", self.v1)),
            (Some(version), Operation::ChatCompletions) => {
                url.set_path(&format!("{before}/openai/deployments/{deployment}/{below}"));
                url.query_pairs_mut().append_pair("api-version", version.as_str());
            }
            (Some(version), Operation::Responses | Operation::Models) => {
                url.set_path(&format!("{before}/openai/{below}"));
                url.query_pairs_mut().append_pair("api-version", version.as_str());
            }
        }
        url
    }

    /// Reports whether the surface knows `stream_options` and `max_completion_tokens`, which is the only limit that
    /// reasoning models accept.
    pub(super) fn is_recent(&self) -> bool {
        self.version.as_ref().is_none_or(|version| version.as_str() >= "2024-09-01")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: &str, version: Option<&str>, operation: Operation) -> String {
        let version = version.map(|version| ApiVersion::parse(version).unwrap());
        Surface::new(&address.parse().unwrap(), version).url(operation, "chat").to_string()
    }

    #[test]
    fn an_address_may_end_before_openai_or_after_it() {
        for address in [
            "https://a.openai.azure.com",
            "https://a.openai.azure.com/",
            "https://a.openai.azure.com/openai",
            "https://a.openai.azure.com/openai/",
            "https://a.openai.azure.com/openai/v1",
            "https://a.openai.azure.com/openai/v1/",
        ] {
            let expected = "https://a.openai.azure.com/openai/v1/chat/completions";
            assert_eq!(url(address, None, Operation::ChatCompletions), expected, "{address}");
            let expected = "https://a.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21";
            assert_eq!(url(address, Some("2024-10-21"), Operation::ChatCompletions), expected, "{address}");
        }
    }

    #[test]
    fn a_gateway_has_a_path_before_it() {
        let chat = |address| url(address, None, Operation::ChatCompletions);
        assert_eq!(
            chat("https://a.azure-api.net/team/openai/v1"),
            "https://a.azure-api.net/team/openai/v1/chat/completions"
        );
        assert_eq!(chat("https://a.azure-api.net/team"), "https://a.azure-api.net/team/openai/v1/chat/completions");
        assert_eq!(chat("https://a.azure-api.net/llm/v1"), "https://a.azure-api.net/llm/v1/chat/completions");
    }

    #[test]
    fn responses_stand_beside_the_deployments() {
        let address = "https://a.openai.azure.com/openai/v1/";
        assert_eq!(url(address, None, Operation::Responses), "https://a.openai.azure.com/openai/v1/responses");
        let versioned = url(address, Some("2025-04-01-preview"), Operation::Responses);
        assert_eq!(versioned, "https://a.openai.azure.com/openai/responses?api-version=2025-04-01-preview");
    }

    #[test]
    fn a_version_is_a_date() {
        assert!(ApiVersion::parse("2025-04-01-preview").is_some());
        for wrong in ["v1", "preview", "2024-13-01", "2024-10-21-beta", "20241021", "2024-10-21T00:00:00"] {
            assert_eq!(ApiVersion::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_old_version_knows_max_tokens_alone() {
        let knows = |version: Option<&str>| {
            let version = version.map(|version| ApiVersion::parse(version).unwrap());
            Surface::new(&"https://a".parse().unwrap(), version).is_recent()
        };
        assert!(knows(None) && knows(Some("2024-10-21")) && knows(Some("2024-09-01-preview")));
        assert!(!knows(Some("2024-06-01")) && !knows(Some("2024-02-01")));
    }
}
