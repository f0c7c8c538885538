//! The refusals of Blob Storage: their messages and further details. [`super::error_code`] has their status and code,
//! [`super::error_answer`] their answers.

use http::StatusCode;

use super::lease::{LeaseRefusal, Leased, UseRefusal};

/// A refusal; its text is the message of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum BlobError {
    #[error(
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )]
    NoAuthenticationInformation,
    /// Holds the fault of the token.
    #[error(
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )]
    InvalidToken(String),
    #[error("Authentication information is not given in the correct format. Check the value of Authorization header.")]
    MalformedAuthorization,
    /// Holds the fault of the request.
    #[error(
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."
    )]
    AuthenticationFailed(String),
    #[error("Key based authentication is not permitted on this storage account.")]
    KeyBasedAuthenticationNotPermitted,
    #[error("Public access is not permitted on this storage account.")]
    PublicAccessNotPermitted,
    #[error("This request is not authorized to perform this operation using this permission.")]
    AuthorizationPermissionMismatch,
    #[error("This request is not authorized to perform this operation.")]
    AuthorizationFailure,
    /// Holds the caller's address.
    #[error("This request is not authorized to perform this operation using this source IP {0}.")]
    AuthorizationSourceIpMismatch(String),
    #[error("This request is not authorized to perform blob overwrites.")]
    UnauthorizedBlobOverwrite,
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
    /// A condition of a read whose caller has the blob already.
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
    #[error(
        "The sequence number increment cannot be performed because it would result in overflow of the sequence number."
    )]
    SequenceNumberIncrementTooLarge,
    #[error("The blob type is invalid for this operation.")]
    InvalidBlobType,
    #[error(
        "The specified blob is sealed and its contents can't be modified unless the blob is re-created after a delete."
    )]
    BlobIsSealed,
    #[error("This operation is not permitted on an archived blob.")]
    BlobArchived,
    #[error("This operation is not permitted because the blob is being rehydrated.")]
    BlobBeingRehydrated,
    #[error("This operation is not permitted because the blob has snapshots.")]
    SnapshotsPresent,
    #[error("This operation is not permitted on a version that is the current version.")]
    OperationNotAllowedOnRootBlob,
    #[error("The committed block count cannot exceed the maximum limit of 50,000 blocks.")]
    BlockCountExceedsLimit,
    #[error("The page range specified is invalid.")]
    InvalidPageRange,
    #[error("The access tier is not supported for this blob type.")]
    AccessTierNotSupportedForBlobType,
    /// The refusal of an action on a lease.
    #[error("{}", lease_message(*.0, *.1))]
    Lease(LeaseRefusal, Leased),
    #[error("There is currently a lease on the {0} and no lease ID was specified in the request.")]
    LeaseIdMissing(Leased),
    #[error("The lease ID specified did not match the lease ID for the {0}.")]
    LeaseIdMismatch(Leased),
    #[error("There is currently no lease on the {0}.")]
    LeaseNotPresent(Leased),
    #[error("A lease ID was specified, but the lease for the {0} has expired.")]
    LeaseLost(Leased),
    #[error("There is currently no pending copy operation.")]
    NoPendingCopyOperation,
    #[error("The source of the copy is larger than 256 MiB, the most that is copied in one request.")]
    CopyTooLarge,
    /// Holds the URL.
    #[error("The copy source is not a blob of this account; local-azure copies no other.")]
    UnsupportedCopySource(String),
    /// The answer that the source gave to the service.
    #[error("{message}")]
    CannotVerifyCopySource { status: StatusCode, message: String },
    #[error("Both user tags and source tags copy are present.")]
    BothUserTagsAndSourceTagsCopyPresent,
    #[error("The tags specified exceed the maximum permissible limit.")]
    TagsTooLarge,
    #[error("The name of one of the tag key-value pairs is empty.")]
    EmptyTagName,
    #[error("The tags specified are invalid. It contains characters that are not permitted.")]
    InvalidTags { key: String, value: String },
    #[error("The tags specified contain duplicate names.")]
    DuplicateTagNames,
    #[error("The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded.")]
    InvalidMd5,
    /// Holds both values, if the answer shows them.
    #[error("The MD5 value specified in the request did not match with the MD5 value calculated by the server.")]
    Md5Mismatch(Option<Mismatch>),
    /// Holds both values, if the answer shows them.
    #[error("The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")]
    Crc64Mismatch(Option<Mismatch>),
    #[error("Both x-ms-content-crc64 header and Content-MD5 header are present.")]
    BothCrc64AndMd5HeaderPresent,
    #[error("Both x-ms-content-crc64 header and x-ms-blob-content-md5 header are present.")]
    BothCrc64AndMsMd5HeaderPresent,
    #[error("Both x-ms-range-get-content-crc64 header and x-ms-range-get-content-md5 header are present.")]
    BothCrc64AndMd5RangeHeaderPresent,
    #[error("{0}")]
    InvalidOperation(&'static str),
    /// Holds the fault of the input.
    #[error("One of the request inputs is not valid.")]
    InvalidInput(String),
    /// Holds the request that a batch does not allow.
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
    /// Azure's front end refuses the request before the service reads it: the request has neither a length nor chunks.
    #[error("HTTP Error 411. The request must be chunked or have a content length.")]
    LengthRequired,
    #[error("The request body is too large and exceeds the maximum permissible limit.")]
    RequestBodyTooLarge { limit: u64 },
    #[error("One of the request inputs is not valid.")]
    IncompleteBody,
    #[error("Value for one of the query parameters specified in the request URI is invalid.")]
    InvalidQueryParameterValue { name: String, value: String, reason: Option<String> },
    #[error("A required query parameter was not specified for this request.")]
    MissingRequiredQueryParameter(&'static str),
    #[error("One of the query parameters specified in the request URI is not supported.")]
    UnsupportedQueryParameter(String),
    /// Holds method and path.
    #[error("The resource doesn't support specified Http Verb.")]
    UnsupportedHttpVerb(String),
    /// Holds method and path.
    #[error("The requested URI does not represent any resource on the server.")]
    InvalidUri(String),
    #[error("The specified resource name contains invalid characters.")]
    InvalidResourceName(String),
    #[error("One of the request inputs is out of range.")]
    OutOfRangeInput(String),
    #[error("The metadata specified is invalid. It has characters that are not permitted.")]
    InvalidMetadata(String),
    #[error("The key for one of the metadata key-value pairs is empty.")]
    EmptyMetadataKey,
    #[error("The size of the specified metadata exceeds the maximum size permitted.")]
    MetadataTooLarge,
    #[error("The specified blob or block content is invalid.")]
    InvalidBlobOrBlock,
    #[error("The specified block list is invalid.")]
    InvalidBlockList,
    #[error("The block list may not contain more than 50,000 blocks.")]
    BlockListTooLong,
    #[error("XML specified is not syntactically valid.")]
    InvalidXmlDocument(String),
    #[error("The value for one of the XML nodes is not in the correct format.")]
    InvalidXmlNodeValue(String),
    /// The folder of the account cannot be read or written.
    #[error("The server encountered an internal error. Please retry the request.")]
    Disk(#[from] std::io::Error),
}

/// A checksum from a client, and the checksum of the received content, in base64.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) specified: String,
    pub(super) calculated: String,
}

impl BlobError {
    /// Returns the refusal of a request because of the lease on its blob or container.
    pub(super) const fn from_lease_use(refusal: UseRefusal, leased: Leased) -> Self {
        match refusal {
            UseRefusal::Missing => Self::LeaseIdMissing(leased),
            UseRefusal::Mismatch => Self::LeaseIdMismatch(leased),
            UseRefusal::NotPresent => Self::LeaseNotPresent(leased),
            UseRefusal::Lost => Self::LeaseLost(leased),
        }
    }

    /// Returns the refusal of a copy because of its source's answer.
    pub(super) fn of_copy_source(self) -> Self {
        let (status, _) = self.status_and_code();
        Self::CannotVerifyCopySource { status, message: self.to_string() }
    }

    /// Returns the refusal of a query parameter's value.
    pub(super) fn query_value(name: &str, value: &str) -> Self {
        Self::InvalidQueryParameterValue { name: name.to_owned(), value: value.to_owned(), reason: None }
    }

    /// Returns the refusal of a header's value.
    pub(super) fn header_value(name: &str, value: &str) -> Self {
        Self::InvalidHeaderValue { name: name.to_owned(), value: value.to_owned() }
    }

    /// Returns the elements beside the message with the exact details.
    pub(super) fn details(&self) -> Vec<(&'static str, String)> {
        let header = |name: &str, value: &str| vec![("HeaderName", name.to_owned()), ("HeaderValue", value.to_owned())];
        let query = |name: &str, value: &str| {
            vec![("QueryParameterName", name.to_owned()), ("QueryParameterValue", value.to_owned())]
        };
        match self {
            Self::InvalidToken(detail) | Self::AuthenticationFailed(detail) => {
                vec![("AuthenticationErrorDetail", detail.clone())]
            }
            Self::InvalidHeaderValue { name, value } => header(name, value),
            Self::UnsupportedCopySource(url) => header("x-ms-copy-source", url),
            Self::OutOfRangeQueryParameterValue { name, value } => query(name, value),
            Self::InvalidQueryParameterValue { name, value, reason } => {
                let reason = reason.iter().map(|reason| ("Reason", reason.clone()));
                query(name, value).into_iter().chain(reason).collect()
            }
            Self::InvalidTags { key, value } => vec![("TagName", key.clone()), ("TagValue", value.clone())],
            Self::Md5Mismatch(Some(Mismatch { specified, calculated })) => {
                vec![("UserSpecifiedMd5", specified.clone()), ("ServerCalculatedMd5", calculated.clone())]
            }
            Self::Crc64Mismatch(Some(Mismatch { specified, calculated })) => {
                vec![("UserSpecifiedCrc", specified.clone()), ("ServerCalculatedCrc", calculated.clone())]
            }
            Self::InvalidInput(problem) | Self::InvalidXmlDocument(problem) => vec![("Reason", problem.clone())],
            Self::InvalidXmlNodeValue(text) => vec![("XmlNodeName", text.clone()), ("XmlNodeValue", text.clone())],
            Self::UnsupportedBatch(request) | Self::UnsupportedHttpVerb(request) | Self::InvalidUri(request) => {
                vec![("Request", request.clone())]
            }
            Self::MissingContentLengthHeader => vec![("HeaderName", "Content-Length".to_owned())],
            Self::MissingRequiredHeader(name) => vec![("HeaderName", (*name).to_owned())],
            Self::UnsupportedHeader(name) => vec![("HeaderName", name.clone())],
            Self::RequestBodyTooLarge { limit } => vec![("MaxLimit", limit.to_string())],
            Self::MissingRequiredQueryParameter(name) => vec![("QueryParameterName", (*name).to_owned())],
            Self::UnsupportedQueryParameter(name) => vec![("QueryParameterName", name.clone())],
            Self::InvalidMetadata(name) => vec![("MetadataName", name.clone())],
            Self::Disk(error) => vec![("Reason", error.to_string())],
            Self::NoAuthenticationInformation
            | Self::MalformedAuthorization
            | Self::KeyBasedAuthenticationNotPermitted
            | Self::PublicAccessNotPermitted
            | Self::AuthorizationPermissionMismatch
            | Self::AuthorizationFailure
            | Self::AuthorizationSourceIpMismatch(_)
            | Self::UnauthorizedBlobOverwrite
            | Self::ContainerNotFound
            | Self::ContainerAlreadyExists
            | Self::BlobNotFound
            | Self::BlobAlreadyExists
            | Self::ConditionNotMet
            | Self::NotModified
            | Self::UnsatisfiableCondition
            | Self::MultipleConditionHeadersNotSupported
            | Self::SourceConditionNotMet
            | Self::AppendPositionConditionNotMet
            | Self::MaxBlobSizeConditionNotMet
            | Self::SequenceNumberConditionNotMet
            | Self::SequenceNumberIncrementTooLarge
            | Self::InvalidBlobType
            | Self::BlobIsSealed
            | Self::BlobArchived
            | Self::BlobBeingRehydrated
            | Self::SnapshotsPresent
            | Self::OperationNotAllowedOnRootBlob
            | Self::BlockCountExceedsLimit
            | Self::InvalidPageRange
            | Self::AccessTierNotSupportedForBlobType
            | Self::Lease(..)
            | Self::LeaseIdMissing(_)
            | Self::LeaseIdMismatch(_)
            | Self::LeaseNotPresent(_)
            | Self::LeaseLost(_)
            | Self::NoPendingCopyOperation
            | Self::CopyTooLarge
            | Self::CannotVerifyCopySource { .. }
            | Self::BothUserTagsAndSourceTagsCopyPresent
            | Self::TagsTooLarge
            | Self::EmptyTagName
            | Self::DuplicateTagNames
            | Self::InvalidMd5
            | Self::Md5Mismatch(None)
            | Self::Crc64Mismatch(None)
            | Self::BothCrc64AndMd5HeaderPresent
            | Self::BothCrc64AndMsMd5HeaderPresent
            | Self::BothCrc64AndMd5RangeHeaderPresent
            | Self::InvalidOperation(_)
            | Self::InvalidRange(_)
            | Self::LengthRequired
            | Self::InvalidResourceName(_)
            | Self::OutOfRangeInput(_)
            | Self::IncompleteBody
            | Self::EmptyMetadataKey
            | Self::MetadataTooLarge
            | Self::InvalidBlobOrBlock
            | Self::InvalidBlockList
            | Self::BlockListTooLong => Vec::new(),
        }
    }

    /// Returns code, message and details in one line, for the journal.
    pub(super) fn reason(&self) -> String {
        let (_, code) = self.status_and_code();
        if let Self::InvalidResourceName(name) | Self::OutOfRangeInput(name) = self {
            return format!("{code}: {self} {name}");
        }
        let details = self.details().into_iter().map(|(name, value)| format!(" {name}: {value}"));
        std::iter::once(format!("{code}: {self}")).chain(details).collect()
    }
}

const fn lease_message(refusal: LeaseRefusal, leased: Leased) -> &'static str {
    match (refusal, leased) {
        (LeaseRefusal::AlreadyPresent, _) => "There is already a lease present.",
        (LeaseRefusal::BreakingCannotBeAcquired, _) => {
            "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken."
        }
        (LeaseRefusal::BreakingCannotBeChanged, _) => {
            "The lease ID matched, but the lease is currently in breaking state and cannot be changed."
        }
        (LeaseRefusal::BrokenCannotBeRenewed, _) => {
            "The lease ID matched, but the lease has been broken explicitly and cannot be renewed."
        }
        (LeaseRefusal::IdMismatch, Leased::Blob) => "The lease ID specified did not match the lease ID for the blob.",
        (LeaseRefusal::IdMismatch, Leased::Container) => {
            "The lease ID specified did not match the lease ID for the container."
        }
        (LeaseRefusal::NotPresent, Leased::Blob) => "There is currently no lease on the blob.",
        (LeaseRefusal::NotPresent, Leased::Container) => "There is currently no lease on the container.",
    }
}
