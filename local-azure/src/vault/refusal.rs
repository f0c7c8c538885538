//! Why Key Vault says no, in its own words.
//!
//! Codes: <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>; texts as users reported them.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use crate::{access_token, rbac::Operation};

/// A refusal; its text is the `message` of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{}", describe_token(.0))]
    Unauthorized(access_token::Refusal),
    #[error(
        "Caller is not authorized to perform action on resource.\r\n\
         If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n\
         Caller: {caller}\r\n\
         Action: '{}'\r\n\
         Resource: '{resource}'\r\n\
         Assignment: (not found)\r\n\
         DenyAssignmentId: null\r\n\
         DecisionReason: 'DeniedWithNoValidRBAC' \r\n\
         Vault: {vault};location={location}\r\n",
        Operation::GetSecret.action()
    )]
    ForbiddenByRbac { caller: String, resource: String, vault: String, location: String },
    #[error("Operation get is not allowed on a disabled secret.")]
    SecretDisabled,
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
    /// Holds the seconds after which to come again.
    #[error("Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached")]
    Throttled(u64),
    #[error("The request URI contains an invalid name: {0}")]
    InvalidName(String),
    #[error("The specified version ({0}) is not recognized. Consider using the latest supported version (2025-07-01).")]
    UnknownApiVersion(String),
    /// The text is ours: Azure's is not documented.
    #[error("the query parameter api-version is missing")]
    NoApiVersion,
    #[error("local-azure does not know the query parameter {0} of Key Vault")]
    UnknownParameter(String),
    #[error("local-azure does not serve {asked} of Key Vault; it serves GET /secrets/{{name}}[/{{version}}]")]
    Unsupported { known_path: bool, asked: String },
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::ForbiddenByRbac { .. } | Self::SecretDisabled => StatusCode::FORBIDDEN,
            Self::SecretNotFound(_) | Self::Unsupported { known_path: false, .. } => StatusCode::NOT_FOUND,
            Self::DeletedButRecoverable(_) => StatusCode::CONFLICT,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unsupported { known_path: true, .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidName(_) | Self::UnknownApiVersion(_) | Self::NoApiVersion | Self::UnknownParameter(_) => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "Unauthorized",
            Self::ForbiddenByRbac { .. } | Self::SecretDisabled => "Forbidden",
            Self::SecretNotFound(_) => "SecretNotFound",
            Self::DeletedButRecoverable(_) => "Conflict",
            Self::Throttled(_) => "Throttled",
            Self::InvalidName(_) | Self::UnknownApiVersion(_) | Self::NoApiVersion | Self::UnknownParameter(_) => {
                "BadParameter"
            }
            Self::Unsupported { .. } => "NotSupported",
        }
    }

    const fn inner_code(&self) -> Option<&'static str> {
        match self {
            Self::ForbiddenByRbac { .. } => Some("ForbiddenByRbac"),
            Self::SecretDisabled => Some("SecretDisabled"),
            Self::DeletedButRecoverable(_) => Some("ObjectIsDeletedButRecoverable"),
            _ => None,
        }
    }

    /// The answer. Every 401 carries the challenge that tells clients what to ask a token for.
    pub(super) fn into_response(self, tenant: Uuid) -> Response {
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        if let Some(code) = self.inner_code() {
            error["innererror"] = json!({ "code": code });
        }
        let mut response = (self.status(), Json(json!({ "error": error }))).into_response();
        if let Self::Throttled(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let challenge = format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
        );
        if let Self::Unauthorized(_) = self
            && let Ok(challenge) = HeaderValue::from_str(&challenge)
        {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Key Vault's words for a token that did not pass. Those for a wrong signature under a known key and
/// for a token that is malformed or not valid yet are ours: no report of Azure's was found.
fn describe_token(refusal: &access_token::Refusal) -> String {
    use access_token::Refusal as Token;
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
