//! The query of a request: the API version, and for lists the next page.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{api_versions::API_VERSIONS, refusal::VaultRefusal};

/// The most items of a page, and the default if a request gives no number:
/// <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets#uri-parameters>.
const LARGEST_PAGE: usize = 25;

/// A parsed query.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) api_version: String,
    pub(super) page: PageQuery,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageQuery {
    /// The most items on the page, 1 to 25.
    pub(super) limit: usize,
    /// The last key of the previous page.
    pub(super) after: Option<String>,
}

impl Query {
    /// Reads a query. Only lists have parameters besides the version.
    pub(super) fn read(query: Option<&str>, of_list: bool) -> Result<Self, VaultRefusal> {
        let mut api_version = None;
        let mut page = PageQuery { limit: LARGEST_PAGE, after: None };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "api-version" => api_version = Some(value.into_owned()),
                "maxresults" if of_list => page.limit = page_size(&value).ok_or(VaultRefusal::InvalidPageSize)?,
                "$skiptoken" if of_list => {
                    page.after = Some(read_skip_token(&value).ok_or(VaultRefusal::InvalidSkipToken)?)
                }
                _ => return Err(VaultRefusal::UnknownParameter(name.into_owned())),
            }
        }
        match api_version {
            None => Err(VaultRefusal::NoApiVersion),
            Some(version) if !API_VERSIONS.contains(&version.as_str()) => Err(VaultRefusal::UnknownApiVersion(version)),
            Some(api_version) => Ok(Self { api_version, page }),
        }
    }

    /// Returns the query for the page after `last`.
    pub(super) fn after(&self, last: &str) -> String {
        format!("api-version={}&$skiptoken={}&maxresults={}", self.api_version, write_skip_token(last), self.page.limit)
    }
}

fn page_size(value: &str) -> Option<usize> {
    value.parse().ok().filter(|size| (1..=LARGEST_PAGE).contains(size))
}

/// Writes a skip token. Azure's is such an object too, but clients must treat it as opaque.
fn write_skip_token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "NextMarker": STANDARD.encode(last), "TargetLocation": 0 }).to_string())
}

fn read_skip_token(token: &str) -> Option<String> {
    let token: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    String::from_utf8(STANDARD.decode(token.get("NextMarker")?.as_str()?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::api_versions::LATEST_API_VERSION;

    #[test]
    fn a_query_for_the_next_page_leads_there() {
        let first = Query::read(Some("api%2Dversion=7.4&maxresults=3"), true).unwrap();
        assert_eq!(first.page, PageQuery { limit: 3, after: None });
        let next = Query::read(Some(&first.after("name-9")), true).unwrap();
        assert_eq!(next.page, PageQuery { limit: 3, after: Some("name-9".to_owned()) });
        assert_eq!(next.api_version, "7.4");
    }

    #[test]
    fn a_page_has_25_items_unless_fewer_are_asked_for() {
        assert_eq!(Query::read(Some("api-version=7.4"), true).unwrap().page.limit, 25);
        for size in ["0", "26", "-1", "many", ""] {
            let refusal = Query::read(Some(&format!("api-version=7.4&maxresults={size}")), true).unwrap_err();
            assert!(matches!(refusal, VaultRefusal::InvalidPageSize), "{size}");
        }
    }

    #[test]
    fn a_skip_token_that_was_not_given_out_is_refused() {
        for token in ["", "x", "bm8", "e30", "eyJOZXh0TWFya2VyIjoxfQ"] {
            let refusal = Query::read(Some(&format!("api-version=7.4&$skiptoken={token}")), true).unwrap_err();
            assert!(matches!(refusal, VaultRefusal::InvalidSkipToken), "{token}");
        }
    }

    #[test]
    fn only_lists_have_pages() {
        for name in ["maxresults", "$skiptoken"] {
            let refusal = Query::read(Some(&format!("api-version=7.4&{name}=1")), false).unwrap_err();
            assert!(matches!(refusal, VaultRefusal::UnknownParameter(unknown) if unknown == name));
        }
    }

    #[test]
    fn versions_that_clients_use_are_known_and_others_are_not() {
        for version in API_VERSIONS {
            assert_eq!(Query::read(Some(&format!("api-version={version}")), false).unwrap().api_version, *version);
        }
        assert!(API_VERSIONS.contains(&LATEST_API_VERSION));
        for version in ["8", "7.7", "2025-07-02", "2025-13-01", "7.4-preview", ""] {
            let refusal = Query::read(Some(&format!("api-version={version}")), false).unwrap_err();
            assert!(matches!(refusal, VaultRefusal::UnknownApiVersion(unknown) if unknown == version));
        }
    }
}
