//! Status and code of each refusal: <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.

use http::StatusCode;

use super::{error::BlobError, lease::LeaseRefusal};

impl BlobError {
    /// How the answer names it.
    pub(super) fn status_and_code(&self) -> (StatusCode, &'static str) {
        self.of_access().or_else(|| self.of_state()).unwrap_or_else(|| self.of_request())
    }

    /// Those about who asks, or about another place that is asked.
    fn of_access(&self) -> Option<(StatusCode, &'static str)> {
        Some(match self {
            Self::NoAuthenticationInformation => (StatusCode::UNAUTHORIZED, "NoAuthenticationInformation"),
            Self::InvalidToken(_) => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationInfo"),
            Self::MalformedAuthorization => (StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo"),
            Self::AuthenticationFailed(_) => (StatusCode::FORBIDDEN, "AuthenticationFailed"),
            Self::AuthorizationPermissionMismatch => (StatusCode::FORBIDDEN, "AuthorizationPermissionMismatch"),
            Self::CopyTooLarge => (StatusCode::CONFLICT, "CannotVerifyCopySource"),
            Self::UnsupportedCopySource(_) => (StatusCode::BAD_REQUEST, "InvalidHeaderValue"),
            Self::CannotVerifyCopySource { status, .. } => (*status, "CannotVerifyCopySource"),
            _ => return None,
        })
    }

    /// Those about what is there.
    fn of_state(&self) -> Option<(StatusCode, &'static str)> {
        Some(match self {
            Self::ContainerNotFound => (StatusCode::NOT_FOUND, "ContainerNotFound"),
            Self::ContainerAlreadyExists => (StatusCode::CONFLICT, "ContainerAlreadyExists"),
            Self::BlobNotFound => (StatusCode::NOT_FOUND, "BlobNotFound"),
            Self::BlobAlreadyExists => (StatusCode::CONFLICT, "BlobAlreadyExists"),
            Self::ConditionNotMet => (StatusCode::PRECONDITION_FAILED, "ConditionNotMet"),
            Self::NotModified => (StatusCode::NOT_MODIFIED, "ConditionNotMet"),
            Self::SourceConditionNotMet => (StatusCode::PRECONDITION_FAILED, "SourceConditionNotMet"),
            Self::AppendPositionConditionNotMet => (StatusCode::PRECONDITION_FAILED, "AppendPositionConditionNotMet"),
            Self::MaxBlobSizeConditionNotMet => (StatusCode::PRECONDITION_FAILED, "MaxBlobSizeConditionNotMet"),
            Self::SequenceNumberConditionNotMet => (StatusCode::PRECONDITION_FAILED, "SequenceNumberConditionNotMet"),
            Self::InvalidBlobType => (StatusCode::CONFLICT, "InvalidBlobType"),
            Self::BlobIsSealed => (StatusCode::CONFLICT, "BlobIsSealed"),
            Self::BlockCountExceedsLimit => (StatusCode::CONFLICT, "BlockCountExceedsLimit"),
            Self::InvalidPageRange => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidPageRange"),
            Self::Lease(refusal) => (StatusCode::CONFLICT, lease_code(*refusal)),
            Self::LeaseIdMissing(_) => (StatusCode::PRECONDITION_FAILED, "LeaseIdMissing"),
            Self::LeaseIdMismatch(kind) => {
                let code = of_kind(kind, "LeaseIdMismatchWithBlobOperation", "LeaseIdMismatchWithContainerOperation");
                (StatusCode::PRECONDITION_FAILED, code)
            }
            Self::LeaseNotPresent(kind) => {
                let code = of_kind(kind, "LeaseNotPresentWithBlobOperation", "LeaseNotPresentWithContainerOperation");
                (StatusCode::PRECONDITION_FAILED, code)
            }
            Self::NoPendingCopyOperation => (StatusCode::CONFLICT, "NoPendingCopyOperation"),
            Self::InvalidRange(_) => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
            _ => return None,
        })
    }

    /// Those about the request itself.
    fn of_request(&self) -> (StatusCode, &'static str) {
        match self {
            Self::UnsatisfiableCondition => (StatusCode::BAD_REQUEST, "UnsatisfiableCondition"),
            Self::MultipleConditionHeadersNotSupported => {
                (StatusCode::BAD_REQUEST, "MultipleConditionHeadersNotSupported")
            }
            Self::AccessTierNotSupportedForBlobType => (StatusCode::BAD_REQUEST, "AccessTierNotSupportedForBlobType"),
            Self::TagsTooLarge => (StatusCode::BAD_REQUEST, "TagsTooLarge"),
            Self::EmptyTagName => (StatusCode::BAD_REQUEST, "EmptyTagName"),
            Self::InvalidTags(_) => (StatusCode::BAD_REQUEST, "InvalidTags"),
            Self::DuplicateTagNames => (StatusCode::BAD_REQUEST, "DuplicateTagNames"),
            Self::Crc64Mismatch => (StatusCode::BAD_REQUEST, "Crc64Mismatch"),
            Self::BothCrc64AndMd5HeaderPresent => (StatusCode::BAD_REQUEST, "BothCrc64AndMd5HeaderPresent"),
            Self::InvalidOperation(_) => (StatusCode::BAD_REQUEST, "InvalidOperation"),
            Self::InvalidBatch(_) => (StatusCode::BAD_REQUEST, "InvalidInput"),
            Self::UnsupportedBatch(_) => (StatusCode::BAD_REQUEST, "InvalidInput"),
            Self::OutOfRangeQueryParameterValue { .. } => (StatusCode::BAD_REQUEST, "OutOfRangeQueryParameterValue"),
            Self::InvalidHeaderValue { .. } => (StatusCode::BAD_REQUEST, "InvalidHeaderValue"),
            Self::MissingRequiredHeader(_) => (StatusCode::BAD_REQUEST, "MissingRequiredHeader"),
            Self::UnsupportedHeader(_) => (StatusCode::BAD_REQUEST, "UnsupportedHeader"),
            Self::MissingContentLengthHeader => (StatusCode::LENGTH_REQUIRED, "MissingContentLengthHeader"),
            Self::RequestBodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestBodyTooLarge"),
            Self::IncompleteBody => (StatusCode::BAD_REQUEST, "InvalidInput"),
            Self::InvalidQueryParameterValue { .. } => (StatusCode::BAD_REQUEST, "InvalidQueryParameterValue"),
            Self::MissingRequiredQueryParameter(_) => (StatusCode::BAD_REQUEST, "MissingRequiredQueryParameter"),
            Self::UnsupportedQueryParameter(_) => (StatusCode::BAD_REQUEST, "UnsupportedQueryParameter"),
            Self::UnsupportedHttpVerb(_) => (StatusCode::METHOD_NOT_ALLOWED, "UnsupportedHttpVerb"),
            Self::InvalidUri(_) => (StatusCode::BAD_REQUEST, "InvalidUri"),
            Self::InvalidResourceName(_) => (StatusCode::BAD_REQUEST, "InvalidResourceName"),
            Self::OutOfRangeInput(_) => (StatusCode::BAD_REQUEST, "OutOfRangeInput"),
            Self::InvalidMetadata(_) => (StatusCode::BAD_REQUEST, "InvalidMetadata"),
            Self::MetadataTooLarge => (StatusCode::BAD_REQUEST, "MetadataTooLarge"),
            Self::InvalidMd5 => (StatusCode::BAD_REQUEST, "InvalidMd5"),
            Self::Md5Mismatch => (StatusCode::BAD_REQUEST, "Md5Mismatch"),
            Self::InvalidBlobOrBlock => (StatusCode::BAD_REQUEST, "InvalidBlobOrBlock"),
            Self::InvalidBlockList => (StatusCode::BAD_REQUEST, "InvalidBlockList"),
            Self::BlockListTooLong => (StatusCode::BAD_REQUEST, "BlockListTooLong"),
            Self::InvalidXmlDocument(_) => (StatusCode::BAD_REQUEST, "InvalidXmlDocument"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        }
    }
}

const fn lease_code(refusal: LeaseRefusal) -> &'static str {
    match refusal {
        LeaseRefusal::AlreadyPresent => "LeaseAlreadyPresent",
        LeaseRefusal::BreakingCannotBeAcquired => "LeaseIsBreakingAndCannotBeAcquired",
        LeaseRefusal::BreakingCannotBeChanged => "LeaseIsBreakingAndCannotBeChanged",
        LeaseRefusal::BrokenCannotBeRenewed => "LeaseIsBrokenAndCannotBeRenewed",
        LeaseRefusal::IdMismatch => "LeaseIdMismatchWithLeaseOperation",
        LeaseRefusal::NotPresent => "LeaseNotPresentWithLeaseOperation",
    }
}

/// The code for a blob, or for a container.
const fn of_kind(kind: &str, blob: &'static str, container: &'static str) -> &'static str {
    if kind.len() == "Blob".len() { blob } else { container }
}
