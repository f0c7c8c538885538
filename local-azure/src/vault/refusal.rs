//! The refusals of Key Vault, with its own texts.
//!
//! Codes: <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>; texts as users reported them.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use super::api_versions::LATEST_API_VERSION;
use crate::access_token;

/// A refusal; its text is the `message` of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum VaultRefusal {
    #[error("{}", describe_token(.0))]
    Unauthorized(access_token::TokenRefusal),
    #[error(
        "Caller is not authorized to perform action on resource.\r\n\
         If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n\
         Caller: {caller}\r\n\
         Action: '{action}'\r\n\
         Resource: '{resource}'\r\n\
         Assignment: (not found)\r\n\
         DenyAssignmentId: null\r\n\
         DecisionReason: 'DeniedWithNoValidRBAC' \r\n\
         Vault: {vault};location={location}\r\n"
    )]
    ForbiddenByRbac { caller: String, action: &'static str, resource: String, vault: String, location: String },
    #[error("Operation get is not allowed on a disabled secret.")]
    SecretDisabled,
    #[error(
        "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will \
         automatically purge it after the retention period has passed.\r\nVault: {vault};location={location}"
    )]
    PurgeProtected { vault: String, location: String },
    #[error(
        "A secret with (name/id) {0} was not found in this key vault. If you recently deleted this secret you may be able \
         to recover it using the correct recovery command. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125182"
    )]
    SecretNotFound(String),
    #[error(
        "Secret {0} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the \
         secret can only be recovered or purged."
    )]
    DeletedButRecoverable(String),
    /// The text is ours: no report of Azure's text was found.
    #[error("a secret with the name {0} already exists in this key vault")]
    AlreadyExists(String),
    /// Holds the seconds until the client may try again.
    #[error("Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached")]
    Throttled(u64),
    #[error("HTTP {0} not allowed")]
    MethodNotAllowed(Method),
    #[error("The request URI contains an invalid name: {0}")]
    InvalidName(String),
    #[error(
        "The specified version ({0}) is not recognized. Consider using the latest supported version \
         ({LATEST_API_VERSION})."
    )]
    UnknownApiVersion(String),
    /// The text is ours: Azure's text is not documented.
    #[error("the query parameter api-version is missing")]
    NoApiVersion,
    /// The text is ours: clients refuse such a number themselves.
    #[error("maxresults must be a number from 1 to 25")]
    InvalidPageSize,
    /// The text is ours.
    #[error("the $skiptoken is not one that this vault gave out")]
    InvalidSkipToken,
    #[error("local-azure does not know the query parameter {0} of Key Vault")]
    UnknownParameter(String),
    /// Azure's text does not name the property.
    #[error("Property {0} has invalid value\r\n")]
    InvalidProperty(&'static str),
    #[error("local-azure does not know the property {0} of a secret")]
    UnknownProperty(String),
    /// The text is ours.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// The text is ours.
    #[error("the body is \"{0}\", not application/json")]
    NotJson(String),
    /// The text is ours.
    #[error("the body did not arrive whole, or is larger than 32 MiB")]
    UnreadableBody,
    #[error("Backup blob contains invalid or corrupt version.")]
    MalformedBackup,
    /// The backup is too short to have a version.
    #[error("Backup blob is corrupt.")]
    CorruptBackup,
    #[error("Cannot decrypt backup blob")]
    ForeignBackup,
    /// The text is ours.
    #[error("the backup cannot be encrypted")]
    BackupFailed,
    #[error("local-azure does not serve {0} of Key Vault; it serves secrets and deletedsecrets")]
    Unsupported(String),
}

impl VaultRefusal {
    /// Returns status, code and inner code.
    const fn class(&self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "Unauthorized", None),
            Self::ForbiddenByRbac { .. } => (StatusCode::FORBIDDEN, "Forbidden", Some("ForbiddenByRbac")),
            Self::SecretDisabled => (StatusCode::FORBIDDEN, "Forbidden", Some("SecretDisabled")),
            Self::PurgeProtected { .. } => (StatusCode::FORBIDDEN, "Forbidden", None),
            Self::SecretNotFound(_) => (StatusCode::NOT_FOUND, "SecretNotFound", None),
            Self::DeletedButRecoverable(_) => (StatusCode::CONFLICT, "Conflict", Some("ObjectIsDeletedButRecoverable")),
            Self::AlreadyExists(_) => (StatusCode::CONFLICT, "Conflict", None),
            Self::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "Throttled", None),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", None),
            Self::NotJson(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "BadParameter", None),
            Self::MalformedBackup | Self::CorruptBackup => (StatusCode::BAD_REQUEST, "Malformed backup blob", None),
            Self::BackupFailed => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", None),
            Self::Unsupported(_) => (StatusCode::NOT_FOUND, "NotSupported", None),
            Self::InvalidName(_)
            | Self::UnknownApiVersion(_)
            | Self::NoApiVersion
            | Self::InvalidPageSize
            | Self::InvalidSkipToken
            | Self::UnknownParameter(_)
            | Self::InvalidProperty(_)
            | Self::UnknownProperty(_)
            | Self::NotAnObject
            | Self::UnreadableBody
            | Self::ForeignBackup => (StatusCode::BAD_REQUEST, "BadParameter", None),
        }
    }

    /// Returns the answer. Every 401 has the challenge, which tells clients the resource for their token.
    pub(super) fn into_response(self, tenant: Uuid) -> Response {
        let (status, code, inner_code) = self.class();
        let mut error = json!({ "code": code, "message": self.to_string() });
        if let Some(code) = inner_code {
            error["innererror"] = json!({ "code": code });
        }
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        let challenge = format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
        );
        match self {
            // The documentation asks clients to back off; a recorded answer of Azure had no such header.
            Self::Throttled(seconds) => _ = response.headers_mut().insert(header::RETRY_AFTER, seconds.into()),
            Self::Unauthorized(_) => {
                if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
            }
            _ => {}
        }
        response
    }
}

/// Returns Key Vault's text for a refused token. Some texts are ours, because no report of Azure's was found: those for
/// a wrong signature under a known key, for a malformed token, and for a token that is not valid yet.
fn describe_token(refusal: &access_token::TokenRefusal) -> String {
    use access_token::TokenRefusal as Token;
    match refusal {
        Token::Missing => "AKV10000: Request is missing a Bearer or PoP token.".to_owned(),
        Token::Audience(found) => {
            format!("AKV10022: Invalid audience. Expected https://vault.azure.net, found: {found}.")
        }
        Token::Issuer { expected, found } => {
            format!("AKV10032: Invalid issuer. Expected one of {expected}, found {found}.")
        }
        Token::UnknownKey(header) => {
            format!("AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '{header}'.")
        }
        Token::Expired => "[TokenExpired] Error validating token: 'S2S12086'.".to_owned(),
        Token::NotBearer | Token::Malformed | Token::Signature | Token::NotYetValid => {
            format!("Error validating token: {refusal}.")
        }
    }
}
