//! Storage's refusals as errors.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>

use azure_core::error::ErrorKind;
use azure_storage_blob::models::StorageErrorCode;

use super::new_blob::Condition;
use crate::{
    error::{Conflict, Error, Service},
    failure::failure,
};

/// Makes the error of a failure that does not depend on the caller's request.
pub(super) fn refused(error: azure_core::Error) -> Error {
    failure(Service::Storage, error)
}

/// Makes the error of a write that was not done. It is the caller's error if the blob is not in the state that the
/// caller wanted.
pub(super) fn not_written(error: azure_core::Error, condition: &Condition) -> Error {
    let Some(code) = code(&error).map(str::to_owned) else { return refused(error) };
    match (code.as_str(), condition) {
        ("BlobAlreadyExists" | "ConditionNotMet", Condition::Absent) => Error::Conflict(Conflict::Exists),
        ("BlobAlreadyExists" | "ConditionNotMet" | "BlobNotFound", Condition::Matches(_)) => Error::Precondition,
        // If two uploads have the same name, the first to finish drops the blocks of the other. The blocks of a third
        // client may have IDs of another length.
        ("InvalidBlockList" | "InvalidBlobOrBlock", _) => Error::Conflict(Conflict::Overtaken),
        (
            "LeaseIdMissing"
            | "BlobImmutableDueToPolicy"
            | "BlobBeingRehydrated"
            | "SnapshotsPresent"
            | "InvalidBlobType",
            _,
        ) => Error::Conflict(Conflict::Locked),
        // The bytes were damaged on the way, more than once.
        ("Md5Mismatch", _) => Error::unreachable(Service::Storage, error),
        _ => refused(error),
    }
}

/// Reports whether the blob exists. Put Blob answers the first code, Put Block List may answer the second.
pub(super) fn already_exists(error: &azure_core::Error) -> bool {
    has_code(error, &StorageErrorCode::BlobAlreadyExists) || has_code(error, &StorageErrorCode::ConditionNotMet)
}

pub(super) fn has_code(error: &azure_core::Error, wanted: &StorageErrorCode) -> bool {
    code(error) == Some(wanted.as_ref())
}

fn code(error: &azure_core::Error) -> Option<&str> {
    match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref(),
        _ => None,
    }
}
