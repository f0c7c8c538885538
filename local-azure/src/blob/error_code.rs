//! Status and code of each refusal: <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.

use http::StatusCode;

use super::{
    error::BlobError,
    lease::{LeaseRefusal, Leased},
};

impl BlobError {
    /// Returns the status and the code of the answer.
    pub(super) const fn status_and_code(&self) -> (StatusCode, &'static str) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const CONFLICT: StatusCode = StatusCode::CONFLICT;
        const FAILED: StatusCode = StatusCode::PRECONDITION_FAILED;
        match self {
            Self::NoAuthenticationInformation => (StatusCode::UNAUTHORIZED, "NoAuthenticationInformation"),
            Self::InvalidToken(_) => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationInfo"),
            Self::MalformedAuthorization => (BAD, "InvalidAuthenticationInfo"),
            Self::AuthenticationFailed(_) => (StatusCode::FORBIDDEN, "AuthenticationFailed"),
            Self::KeyBasedAuthenticationNotPermitted => (StatusCode::FORBIDDEN, "KeyBasedAuthenticationNotPermitted"),
            Self::PublicAccessNotPermitted => (CONFLICT, "PublicAccessNotPermitted"),
            Self::AuthorizationPermissionMismatch => (StatusCode::FORBIDDEN, "AuthorizationPermissionMismatch"),
            Self::AuthorizationFailure => (StatusCode::FORBIDDEN, "AuthorizationFailure"),
            Self::AuthorizationSourceIpMismatch(_) => (StatusCode::FORBIDDEN, "AuthorizationSourceIPMismatch"),
            Self::UnauthorizedBlobOverwrite => (StatusCode::FORBIDDEN, "UnauthorizedBlobOverwrite"),
            Self::ContainerNotFound => (StatusCode::NOT_FOUND, "ContainerNotFound"),
            Self::ContainerAlreadyExists => (CONFLICT, "ContainerAlreadyExists"),
            Self::BlobNotFound => (StatusCode::NOT_FOUND, "BlobNotFound"),
            Self::BlobAlreadyExists => (CONFLICT, "BlobAlreadyExists"),
            Self::ConditionNotMet => (FAILED, "ConditionNotMet"),
            Self::NotModified => (StatusCode::NOT_MODIFIED, "ConditionNotMet"),
            Self::UnsatisfiableCondition => (BAD, "UnsatisfiableCondition"),
            Self::MultipleConditionHeadersNotSupported => (BAD, "MultipleConditionHeadersNotSupported"),
            Self::SourceConditionNotMet => (FAILED, "SourceConditionNotMet"),
            Self::AppendPositionConditionNotMet => (FAILED, "AppendPositionConditionNotMet"),
            Self::MaxBlobSizeConditionNotMet => (FAILED, "MaxBlobSizeConditionNotMet"),
            Self::SequenceNumberConditionNotMet => (FAILED, "SequenceNumberConditionNotMet"),
            Self::SequenceNumberIncrementTooLarge => (CONFLICT, "SequenceNumberIncrementTooLarge"),
            Self::InvalidBlobType => (CONFLICT, "InvalidBlobType"),
            Self::BlobIsSealed => (CONFLICT, "BlobIsSealed"),
            Self::BlobArchived => (CONFLICT, "BlobArchived"),
            Self::BlobBeingRehydrated => (CONFLICT, "BlobBeingRehydrated"),
            Self::SnapshotsPresent => (CONFLICT, "SnapshotsPresent"),
            Self::OperationNotAllowedOnRootBlob => (FAILED, "OperationNotAllowedOnRootBlob"),
            Self::BlockCountExceedsLimit => (CONFLICT, "BlockCountExceedsLimit"),
            Self::InvalidPageRange => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidPageRange"),
            Self::AccessTierNotSupportedForBlobType => (BAD, "AccessTierNotSupportedForBlobType"),
            Self::Lease(refusal, leased) => (CONFLICT, lease_code(*refusal, *leased)),
            Self::LeaseIdMissing(_) => (FAILED, "LeaseIdMissing"),
            Self::LeaseIdMismatch(Leased::Blob) => (FAILED, "LeaseIdMismatchWithBlobOperation"),
            Self::LeaseIdMismatch(Leased::Container) => (FAILED, "LeaseIdMismatchWithContainerOperation"),
            Self::LeaseNotPresent(Leased::Blob) => (FAILED, "LeaseNotPresentWithBlobOperation"),
            Self::LeaseNotPresent(Leased::Container) => (FAILED, "LeaseNotPresentWithContainerOperation"),
            Self::LeaseLost(_) => (FAILED, "LeaseLost"),
            Self::NoPendingCopyOperation => (CONFLICT, "NoPendingCopyOperation"),
            Self::CopyTooLarge => (CONFLICT, "CannotVerifyCopySource"),
            Self::UnsupportedCopySource(_) => (BAD, "InvalidHeaderValue"),
            Self::CannotVerifyCopySource { status, .. } => (*status, "CannotVerifyCopySource"),
            Self::BothUserTagsAndSourceTagsCopyPresent => (BAD, "BothUserTagsAndSourceTagsCopyPresentException"),
            Self::TagsTooLarge => (BAD, "TagsTooLarge"),
            Self::EmptyTagName => (BAD, "EmptyTagName"),
            Self::InvalidTags { .. } => (BAD, "InvalidTags"),
            Self::DuplicateTagNames => (BAD, "DuplicateTagNames"),
            Self::InvalidMd5 => (BAD, "InvalidMd5"),
            Self::Md5Mismatch(_) => (BAD, "Md5Mismatch"),
            Self::Crc64Mismatch(_) => (BAD, "Crc64Mismatch"),
            Self::BothCrc64AndMd5HeaderPresent => (BAD, "BothCrc64AndMd5HeaderPresent"),
            Self::BothCrc64AndMsMd5HeaderPresent => (BAD, "BothCrc64AndMsMd5HeaderPresent"),
            Self::BothCrc64AndMd5RangeHeaderPresent => (BAD, "BothCrc64AndMd5RangeHeaderPresent"),
            Self::InvalidOperation(_) => (BAD, "InvalidOperation"),
            Self::InvalidInput(_) | Self::UnsupportedBatch(_) | Self::IncompleteBody => (BAD, "InvalidInput"),
            Self::OutOfRangeQueryParameterValue { .. } => (BAD, "OutOfRangeQueryParameterValue"),
            Self::InvalidRange(_) => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
            Self::InvalidHeaderValue { .. } => (BAD, "InvalidHeaderValue"),
            Self::MissingRequiredHeader(_) => (BAD, "MissingRequiredHeader"),
            Self::UnsupportedHeader(_) => (BAD, "UnsupportedHeader"),
            Self::MissingContentLengthHeader => (StatusCode::LENGTH_REQUIRED, "MissingContentLengthHeader"),
            Self::LengthRequired => (StatusCode::LENGTH_REQUIRED, "Length Required"),
            Self::RequestBodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestBodyTooLarge"),
            Self::InvalidQueryParameterValue { .. } => (BAD, "InvalidQueryParameterValue"),
            Self::MissingRequiredQueryParameter(_) => (BAD, "MissingRequiredQueryParameter"),
            Self::UnsupportedQueryParameter(_) => (BAD, "UnsupportedQueryParameter"),
            Self::UnsupportedHttpVerb(_) => (StatusCode::METHOD_NOT_ALLOWED, "UnsupportedHttpVerb"),
            Self::InvalidUri(_) => (BAD, "InvalidUri"),
            Self::InvalidResourceName(_) => (BAD, "InvalidResourceName"),
            Self::OutOfRangeInput(_) => (BAD, "OutOfRangeInput"),
            Self::InvalidMetadata(_) => (BAD, "InvalidMetadata"),
            Self::EmptyMetadataKey => (BAD, "EmptyMetadataKey"),
            Self::MetadataTooLarge => (BAD, "MetadataTooLarge"),
            Self::InvalidBlobOrBlock => (BAD, "InvalidBlobOrBlock"),
            Self::InvalidBlockList => (BAD, "InvalidBlockList"),
            Self::BlockListTooLong => (BAD, "BlockListTooLong"),
            Self::InvalidXmlDocument(_) => (BAD, "InvalidXmlDocument"),
            Self::InvalidXmlNodeValue(_) => (BAD, "InvalidXmlNodeValue"),
            Self::Disk(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        }
    }
}

const fn lease_code(refusal: LeaseRefusal, leased: Leased) -> &'static str {
    match (refusal, leased) {
        (LeaseRefusal::AlreadyPresent, _) => "LeaseAlreadyPresent",
        (LeaseRefusal::BreakingCannotBeAcquired, _) => "LeaseIsBreakingAndCannotBeAcquired",
        (LeaseRefusal::BreakingCannotBeChanged, _) => "LeaseIsBreakingAndCannotBeChanged",
        (LeaseRefusal::BrokenCannotBeRenewed, _) => "LeaseIsBrokenAndCannotBeRenewed",
        (LeaseRefusal::IdMismatch, Leased::Blob | Leased::Container) => "LeaseIdMismatchWithLeaseOperation",
        (LeaseRefusal::NotPresent, Leased::Blob | Leased::Container) => "LeaseNotPresentWithLeaseOperation",
    }
}
