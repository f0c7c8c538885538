//! What a request asks for, read strictly: a parameter or header that changes its meaning and is not known here is refused.

use http::{HeaderMap, HeaderName, Method, Uri, request::Parts};
use url::form_urlencoded;

use super::{conditions, error::BlobError, properties::METADATA_PREFIX};
use crate::rbac;

/// Parameters and headers that mean the same everywhere, and nothing for what is done.
const COMMON_PARAMETERS: &[&str] = &["timeout"];
const COMMON_HEADERS: &[&str] =
    &["x-ms-version", "x-ms-date", "x-ms-client-request-id", "x-ms-return-client-request-id"];
const PROPERTY_HEADERS: &[&str] = &[
    "x-ms-blob-content-type",
    "x-ms-blob-content-encoding",
    "x-ms-blob-content-language",
    "x-ms-blob-content-disposition",
    "x-ms-blob-cache-control",
    "x-ms-blob-content-md5",
];

/// An operation of the Blob service that is served here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    CreateContainer,
    GetContainerProperties,
    ListBlobs,
    PutBlob,
    PutBlock,
    PutBlockList,
    GetBlob,
    GetBlobProperties,
    DeleteBlob,
}

impl Operation {
    /// The operation of a request on a container (`in_blob` false) or a blob.
    pub(super) fn of(parts: &Parts, query: &Query, in_blob: bool) -> Result<Self, BlobError> {
        let operation = match (parts.method.as_str(), query.get("restype"), query.get("comp")) {
            ("PUT", Some("container"), None) if !in_blob => Self::CreateContainer,
            ("GET" | "HEAD", Some("container"), None) if !in_blob => Self::GetContainerProperties,
            ("GET", Some("container"), Some("list")) if !in_blob => Self::ListBlobs,
            ("PUT", None, None) if in_blob => Self::PutBlob,
            ("PUT", None, Some("block")) if in_blob => Self::PutBlock,
            ("PUT", None, Some("blocklist")) if in_blob => Self::PutBlockList,
            ("GET", None, None) if in_blob => Self::GetBlob,
            ("HEAD", None, None) if in_blob => Self::GetBlobProperties,
            ("DELETE", None, None) if in_blob => Self::DeleteBlob,
            (_, restype, comp) => return Err(unsupported(&parts.method, &parts.uri, restype, comp)),
        };
        query.check(operation.parameters())?;
        operation.check_headers(&parts.headers)?;
        Ok(operation)
    }

    /// The right it needs: <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory>.
    pub(super) const fn needs(self) -> rbac::Operation {
        match self {
            Self::CreateContainer => rbac::Operation::CreateContainer,
            Self::GetContainerProperties => rbac::Operation::ReadContainer,
            Self::ListBlobs | Self::GetBlob | Self::GetBlobProperties => rbac::Operation::ReadBlob,
            Self::PutBlob | Self::PutBlock | Self::PutBlockList => rbac::Operation::WriteBlob,
            Self::DeleteBlob => rbac::Operation::DeleteBlob,
        }
    }

    const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::CreateContainer | Self::GetContainerProperties => &["restype"],
            Self::ListBlobs => &["restype", "comp", "prefix", "delimiter", "marker", "maxresults", "include"],
            Self::PutBlock => &["comp", "blockid"],
            Self::PutBlockList => &["comp"],
            Self::PutBlob | Self::GetBlob | Self::GetBlobProperties | Self::DeleteBlob => &[],
        }
    }

    fn check_headers(self, headers: &HeaderMap) -> Result<(), BlobError> {
        match headers.keys().find(|name| changes_meaning(name) && !self.understands(name.as_str())) {
            Some(name) => Err(BlobError::UnsupportedHeader(name.to_string())),
            None => Ok(()),
        }
    }

    fn understands(self, header: &str) -> bool {
        let conditional = conditions::HEADERS.contains(&header);
        let describes_blob = PROPERTY_HEADERS.contains(&header) || header.starts_with(METADATA_PREFIX);
        COMMON_HEADERS.contains(&header)
            || match self {
                Self::CreateContainer => header.starts_with(METADATA_PREFIX),
                Self::GetContainerProperties | Self::ListBlobs => false,
                Self::PutBlob => conditional || describes_blob || matches!(header, "x-ms-blob-type" | "content-md5"),
                Self::PutBlock => header == "content-md5",
                Self::PutBlockList => conditional || describes_blob,
                Self::GetBlob => conditional || matches!(header, "range" | "x-ms-range"),
                Self::GetBlobProperties => conditional,
                Self::DeleteBlob => conditional || header == "x-ms-delete-snapshots",
            }
    }
}

/// Headers that tell the service to do something else, as opposed to those of HTTP's own machinery.
fn changes_meaning(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-ms-") || name.starts_with("if-") || matches!(name, "range" | "content-md5")
}

fn unsupported(method: &Method, uri: &Uri, restype: Option<&str>, comp: Option<&str>) -> BlobError {
    let parameter = |name: &str, value: &str| BlobError::InvalidQueryParameterValue {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    match (comp, restype) {
        (Some(comp), _) => parameter("comp", comp),
        (None, Some(restype)) if restype != "container" => parameter("restype", restype),
        _ => BlobError::UnsupportedHttpVerb(format!("{method} {}", uri.path())),
    }
}

/// The parameters of a request, decoded.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(uri: &Uri) -> Self {
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The first value with this name. An empty one counts as absent, because clients send those.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    fn check(&self, known: &[&str]) -> Result<(), BlobError> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            let repeated = self.0.iter().take(index).any(|(earlier, _)| earlier == name);
            if repeated || !(known.contains(&name.as_str()) || COMMON_PARAMETERS.contains(&name.as_str())) {
                return Err(BlobError::UnsupportedQueryParameter(name.clone()));
            }
        }
        Ok(())
    }
}
