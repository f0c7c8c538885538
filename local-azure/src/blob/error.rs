//! Why Blob Storage says no: status, code and message as in
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use quick_xml::escape::escape;
use uuid::Uuid;

use super::lease::{LeaseRefusal, UseRefusal};

/// A refusal; its text is the message of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum BlobError {
    #[error(
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )]
    NoAuthenticationInformation,
    /// Holds what is wrong with the token.
    #[error(
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )]
    InvalidToken(String),
    #[error("Authentication information is not given in the correct format. Check the value of Authorization header.")]
    MalformedAuthorization,
    /// Holds what is wrong with the request.
    #[error(
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."
    )]
    AuthenticationFailed(&'static str),
    #[error("This request is not authorized to perform this operation using this permission.")]
    AuthorizationPermissionMismatch,
    #[error("The specified container does not exist.")]
    ContainerNotFound,
    #[error("The specified container already exists.")]
    ContainerAlreadyExists,
    #[error("The specified blob does not exist.")]
    BlobNotFound,
    #[error("The specified blob already exists.")]
    BlobAlreadyExists,
    #[error("The condition specified using HTTP conditional header(s) is not met.")]
    ConditionNotMet,
    /// A condition of a read that says the caller has the blob already.
    #[error("The condition specified using HTTP conditional header(s) is not met.")]
    NotModified,
    #[error("The request includes an unsatisfiable condition for this operation.")]
    UnsatisfiableCondition,
    #[error("Multiple condition headers are not supported.")]
    MultipleConditionHeadersNotSupported,
    #[error("The source condition specified using HTTP conditional header(s) is not met.")]
    SourceConditionNotMet,
    #[error("The append position condition specified was not met.")]
    AppendPositionConditionNotMet,
    #[error("The max blob size condition specified was not met.")]
    MaxBlobSizeConditionNotMet,
    #[error("The sequence number condition specified was not met.")]
    SequenceNumberConditionNotMet,
    #[error("The blob type is invalid for this operation.")]
    InvalidBlobType,
    #[error(
        "The specified blob is sealed and its contents can't be modified unless the blob is re-created after a delete."
    )]
    BlobIsSealed,
    #[error("The committed block count cannot exceed the maximum limit of 50,000 blocks.")]
    BlockCountExceedsLimit,
    #[error("The page range specified is invalid.")]
    InvalidPageRange,
    #[error("The access tier is not supported for this blob type.")]
    AccessTierNotSupportedForBlobType,
    /// An action on a lease.
    #[error("{}", lease_message(*.0))]
    Lease(LeaseRefusal),
    /// Holds whether a blob or a container has the lease.
    #[error("There is currently a lease on the {} and no lease ID was specified in the request.", .0.to_lowercase())]
    LeaseIdMissing(&'static str),
    #[error("The lease ID specified did not match the lease ID for the {}.", .0.to_lowercase())]
    LeaseIdMismatch(&'static str),
    #[error("There is currently no lease on the {}.", .0.to_lowercase())]
    LeaseNotPresent(&'static str),
    #[error("There is currently no pending copy operation.")]
    NoPendingCopyOperation,
    #[error("The source of the copy is larger than 256 MiB, the most that is copied in one request.")]
    CopyTooLarge,
    /// Holds the URL.
    #[error(
        "The copy source is not a blob of this account, addressed without a signature; local-azure copies no other."
    )]
    UnsupportedCopySource(String),
    /// The answer that the source gave to the service.
    #[error("{message}")]
    CannotVerifyCopySource { status: StatusCode, message: String },
    #[error("The tags specified exceed the maximum permissible limit.")]
    TagsTooLarge,
    #[error("The name of one of the tag key-value pairs is empty.")]
    EmptyTagName,
    /// Holds the key.
    #[error("The tags specified are invalid. It contains characters that are not permitted.")]
    InvalidTags(String),
    #[error("The tags specified contain duplicate names.")]
    DuplicateTagNames,
    #[error("The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")]
    Crc64Mismatch,
    #[error("Both x-ms-content-crc64 header and Content-MD5 header are present.")]
    BothCrc64AndMd5HeaderPresent,
    #[error("{0}")]
    InvalidOperation(&'static str),
    /// Holds what is wrong with it.
    #[error("One of the request inputs is not valid.")]
    InvalidBatch(&'static str),
    /// Holds the request that may not stand in the batch.
    #[error("One of the batch's requests is not supported in a batch.")]
    UnsupportedBatch(String),
    #[error("One of the query parameters specified in the request URI is outside the permissible range.")]
    OutOfRangeQueryParameterValue { name: &'static str, value: String },
    /// Holds the blob's length.
    #[error("The range specified is invalid for the current size of the resource.")]
    InvalidRange(u64),
    #[error("The value for one of the HTTP headers is not in the correct format.")]
    InvalidHeaderValue { name: String, value: String },
    #[error("An HTTP header that's mandatory for this request is not specified.")]
    MissingRequiredHeader(&'static str),
    #[error("One of the HTTP headers specified in the request is not supported.")]
    UnsupportedHeader(String),
    #[error("Content-Length HTTP header is missing.")]
    MissingContentLengthHeader,
    #[error("The request body is too large and exceeds the maximum permissible limit.")]
    RequestBodyTooLarge { limit: u64 },
    #[error("One of the request inputs is not valid.")]
    IncompleteBody,
    #[error("Value for one of the query parameters specified in the request URI is invalid.")]
    InvalidQueryParameterValue { name: String, value: String },
    #[error("A required query parameter was not specified for this request.")]
    MissingRequiredQueryParameter(&'static str),
    #[error("One of the query parameters specified in the request URI is not supported.")]
    UnsupportedQueryParameter(String),
    /// Holds the method and path.
    #[error("The resource doesn't support the specified HTTP verb.")]
    UnsupportedHttpVerb(String),
    #[error("The requested URI does not represent any resource on the server.")]
    InvalidUri(String),
    // Azure spells it so.
    #[error("The specifed resource name contains invalid characters.")]
    InvalidResourceName(String),
    #[error("The specified resource name length is not within the permissible limits.")]
    OutOfRangeInput(String),
    #[error("The metadata specified is invalid. It has characters that are not permitted.")]
    InvalidMetadata(String),
    #[error("The size of the specified metadata exceeds the maximum size permitted.")]
    MetadataTooLarge,
    #[error("The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded.")]
    InvalidMd5,
    #[error("The MD5 value specified in the request did not match with the MD5 value calculated by the server.")]
    Md5Mismatch,
    #[error("The specified blob or block content is invalid.")]
    InvalidBlobOrBlock,
    #[error("The specified block list is invalid.")]
    InvalidBlockList,
    #[error("The block list may not contain more than 50,000 blocks.")]
    BlockListTooLong,
    #[error("XML specified is not syntactically valid.")]
    InvalidXmlDocument(String),
    /// The folder of the account cannot be read or written.
    #[error("The server encountered an internal error. Please retry the request.")]
    Disk(#[from] std::io::Error),
}

impl BlobError {
    /// The refusal of a request because of the lease of what it is about, a `Blob` or a `Container`.
    pub(super) const fn of_lease_use(refusal: UseRefusal, kind: &'static str) -> Self {
        match refusal {
            UseRefusal::Missing => Self::LeaseIdMissing(kind),
            UseRefusal::Mismatch => Self::LeaseIdMismatch(kind),
            UseRefusal::NotPresent => Self::LeaseNotPresent(kind),
        }
    }

    /// The refusal of a copy because of what its source answered.
    pub(super) fn of_copy_source(self) -> Self {
        let (status, _) = self.status_and_code();
        Self::CannotVerifyCopySource { status, message: self.to_string() }
    }

    /// Elements beside the message that say what exactly is meant.
    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::InvalidToken(detail) => vec![("AuthenticationErrorDetail", detail.clone())],
            Self::AuthenticationFailed(detail) => vec![("AuthenticationErrorDetail", (*detail).to_owned())],
            Self::InvalidHeaderValue { name, value } => {
                vec![("HeaderName", name.clone()), ("HeaderValue", value.clone())]
            }
            Self::OutOfRangeQueryParameterValue { name, value } => {
                vec![("QueryParameterName", (*name).to_owned()), ("QueryParameterValue", value.clone())]
            }
            Self::UnsupportedCopySource(url) => {
                vec![("HeaderName", "x-ms-copy-source".to_owned()), ("HeaderValue", url.clone())]
            }
            Self::InvalidTags(key) => vec![("TagName", key.clone())],
            Self::InvalidBatch(problem) => vec![("Reason", (*problem).to_owned())],
            Self::UnsupportedBatch(request) => vec![("Request", request.clone())],
            Self::MissingRequiredHeader(name) => vec![("HeaderName", (*name).to_owned())],
            Self::UnsupportedHeader(name) => vec![("HeaderName", name.clone())],
            Self::RequestBodyTooLarge { limit } => vec![("MaxLimit", limit.to_string())],
            Self::InvalidQueryParameterValue { name, value } => {
                vec![("QueryParameterName", name.clone()), ("QueryParameterValue", value.clone())]
            }
            Self::MissingRequiredQueryParameter(name) => vec![("QueryParameterName", (*name).to_owned())],
            Self::UnsupportedQueryParameter(name) => vec![("QueryParameterName", name.clone())],
            Self::UnsupportedHttpVerb(asked) | Self::InvalidUri(asked) => vec![("Request", asked.clone())],
            Self::InvalidResourceName(name) | Self::OutOfRangeInput(name) => vec![("ResourceName", name.clone())],
            Self::InvalidMetadata(name) => vec![("MetadataName", name.clone())],
            Self::InvalidXmlDocument(problem) => vec![("Reason", problem.clone())],
            Self::Disk(error) => vec![("Reason", error.to_string())],
            _ => Vec::new(),
        }
    }

    /// Code, message and details in one line, for the journal.
    pub(super) fn reason(&self) -> String {
        let (_, code) = self.status_and_code();
        let details = self.details().into_iter().map(|(name, value)| format!(" {name}: {value}"));
        std::iter::once(format!("{code}: {self}")).chain(details).collect()
    }

    /// The answer. The code stands in a header as well, the only place where an answer to HEAD can have it.
    pub(super) fn into_response(self, request_id: Uuid, tenant: Uuid) -> Response {
        let (status, code) = self.status_and_code();
        let mut response = if status == StatusCode::NOT_MODIFIED {
            status.into_response()
        } else {
            let body = self.body(code, request_id, Timestamp::now());
            (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
        };
        let headers = response.headers_mut();
        headers.insert("x-ms-error-code", HeaderValue::from_static(code));
        match self {
            // Parameters without quotes: that is how Azure sends this challenge.
            Self::NoAuthenticationInformation | Self::InvalidToken(_) => {
                let challenge = format!(
                    "Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize resource_id=https://storage.azure.com"
                );
                headers.extend(HeaderValue::from_str(&challenge).ok().map(|value| (header::WWW_AUTHENTICATE, value)));
            }
            Self::InvalidRange(length) => {
                let range = HeaderValue::from_str(&format!("bytes */{length}"));
                headers.extend(range.ok().map(|value| (header::CONTENT_RANGE, value)));
            }
            _ => {}
        }
        response
    }

    fn body(&self, code: &str, request_id: Uuid, now: Timestamp) -> String {
        let mut body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{self}\nRequestId:{request_id}\nTime:{now:.7}</Message>"
        );
        for (name, value) in self.details() {
            body.push_str(&format!("<{name}>{}</{name}>", escape(&value)));
        }
        body.push_str("</Error>");
        body
    }
}

const fn lease_message(refusal: LeaseRefusal) -> &'static str {
    match refusal {
        LeaseRefusal::AlreadyPresent => "There is already a lease present.",
        LeaseRefusal::BreakingCannotBeAcquired => {
            "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken."
        }
        LeaseRefusal::BreakingCannotBeChanged => {
            "The lease ID matched, but the lease is currently in breaking state and cannot be changed."
        }
        LeaseRefusal::BrokenCannotBeRenewed => {
            "The lease ID matched, but the lease has been broken explicitly and cannot be renewed."
        }
        LeaseRefusal::IdMismatch => "The lease ID specified did not match the lease ID for the resource.",
        LeaseRefusal::NotPresent => "There is currently no lease on the resource.",
    }
}
