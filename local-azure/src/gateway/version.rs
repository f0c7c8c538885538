//! Finds the API version of a request (learn.microsoft.com/azure/api-management/api-management-versions).
//!
//! A version in the path is part of the API's path and is not handled here. Values are compared exactly. The header or
//! query parameter with the version is passed on to the backend like any other. Azure does not document these two
//! points.

use http::request::Parts;

use crate::seed::{self, Apim, VersionScheme};

/// The version that a request must ask for, besides the path, so that an API answers it.
pub(super) enum Version {
    /// No further version.
    Path,
    /// This version in a header; `None` for the original, which answers requests without a version.
    Header(String, Option<String>),
    /// This version in a query parameter; `None` as above.
    Query(String, Option<String>),
}

impl Version {
    pub(super) fn from_api(apim: &Apim, api: &seed::Api) -> Self {
        let named = apim.version_set(api).and_then(|set| Some((set.scheme, set.name.clone()?)));
        match named {
            Some((VersionScheme::Header, name)) => Self::Header(name, api.version.clone()),
            Some((VersionScheme::Query, name)) => Self::Query(name, api.version.clone()),
            Some((VersionScheme::Path, _)) | None => Self::Path,
        }
    }

    pub(super) fn fits(&self, request: &Parts) -> bool {
        match self {
            Self::Path => true,
            Self::Header(name, version) => {
                let mut said = request.headers.get_all(name).iter();
                let said = (said.next(), said.next());
                // With two headers, the request names no version.
                said.1.is_none() && said.0.map(http::HeaderValue::as_bytes) == version.as_deref().map(str::as_bytes)
            }
            Self::Query(name, version) => {
                let query = request.uri.query().unwrap_or_default();
                let mut said = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
                let said = (said.next(), said.next());
                said.1.is_none() && said.0.map(|(_, value)| value).as_deref() == version.as_deref()
            }
        }
    }
}
