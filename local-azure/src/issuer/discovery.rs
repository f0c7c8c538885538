//! The documents about the tenant: endpoints, issuer and keys, in two versions.
//!
//! A validator must read the document of the token's own version, because the issuers differ. Shapes:
//! <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>.

use std::{fmt, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AUTHORITY, TokenError, refusal::EntraRefusal};
use crate::{issuer::Entra, journal::Decision};

/// The tenants that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TenantPath {
    /// The one tenant, by its ID.
    Tenant(Uuid),
    /// `common` or `organizations`: any tenant, so issuers are templates.
    Any(&'static str),
}

impl TenantPath {
    /// Reads the first segment of a path.
    pub(super) fn find(entra: &Entra, segment: &str) -> Result<Self, EntraRefusal> {
        match (segment.to_ascii_lowercase().as_str(), Uuid::parse_str(segment)) {
            ("common", _) => Ok(Self::Any("common")),
            ("organizations", _) => Ok(Self::Any("organizations")),
            (_, Ok(id)) if id == entra.seed.tenant.id => Ok(Self::Tenant(id)),
            (_, Err(_)) if !segment.contains('.') => Err(EntraRefusal::invalid_request(
                900_023,
                format!(
                    "Specified tenant identifier '{segment}' is neither a valid DNS name, nor a valid external domain."
                ),
            )),
            _ => Err(EntraRefusal::invalid_request(
                90_002,
                format!(
                    "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
                ),
            )),
        }
    }

    fn issuer_tenant(self) -> String {
        match self {
            Self::Tenant(id) => id.to_string(),
            Self::Any(_) => "{tenantid}".to_owned(),
        }
    }

    fn v1_issuer(self) -> String {
        format!("https://sts.windows.net/{}/", self.issuer_tenant())
    }

    fn v2_issuer(self) -> String {
        format!("{AUTHORITY}/{}/v2.0", self.issuer_tenant())
    }
}

impl fmt::Display for TenantPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(id) => write!(f, "{id}"),
            Self::Any(name) => f.write_str(name),
        }
    }
}

/// The document of an existing tenant, or a refusal.
type DiscoveryResult = Result<Response, EntraRefusal>;

pub(super) async fn v1_configuration(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> DiscoveryResult {
    let tenant = described_tenant(&entra, &tenant)?;
    let mut document = shared(tenant, "oauth2");
    document["jwks_uri"] = json!(format!("{AUTHORITY}/common/discovery/keys"));
    document["issuer"] = json!(tenant.v1_issuer());
    document["scopes_supported"] = json!(["openid"]);
    document["response_types_supported"] = json!(["code", "id_token", "code id_token", "token id_token", "token"]);
    document["microsoft_multi_refresh_token"] = json!(true);
    document["check_session_iframe"] = json!(format!("{AUTHORITY}/{tenant}/oauth2/checksession"));
    document["userinfo_endpoint"] = json!(format!("{AUTHORITY}/{tenant}/openid/userinfo"));
    Ok(cached(document))
}

pub(super) async fn v2_configuration(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> DiscoveryResult {
    let tenant = described_tenant(&entra, &tenant)?;
    let mut document = shared(tenant, "oauth2/v2.0");
    document["jwks_uri"] = json!(format!("{AUTHORITY}/{tenant}/discovery/v2.0/keys"));
    document["issuer"] = json!(tenant.v2_issuer());
    document["scopes_supported"] = json!(["openid", "profile", "email", "offline_access"]);
    document["response_types_supported"] = json!(["code", "id_token", "code id_token", "id_token token"]);
    document["request_uri_parameter_supported"] = json!(false);
    document["userinfo_endpoint"] = json!("https://graph.microsoft.com/oidc/userinfo");
    document["kerberos_endpoint"] = json!(format!("{AUTHORITY}/{tenant}/kerberos"));
    document["tls_client_certificate_bound_access_tokens"] = json!(true);
    document["mtls_endpoint_aliases"] =
        json!({ "token_endpoint": format!("https://mtlsauth.microsoft.com/{tenant}/oauth2/v2.0/token") });
    Ok(cached(document))
}

/// Returns the tenant of a path, for its document. Here Entra has a different error for a missing tenant.
fn described_tenant(entra: &Entra, segment: &str) -> Result<TenantPath, EntraRefusal> {
    TenantPath::find(entra, segment).map_err(|refusal| refusal.under("invalid_tenant"))
}

/// Returns the members that both versions share. `folder` is the path segment of the version's endpoints.
fn shared(tenant: TenantPath, folder: &str) -> Value {
    json!({
        "token_endpoint": format!("{AUTHORITY}/{tenant}/{folder}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_endpoint": format!("{AUTHORITY}/{tenant}/{folder}/authorize"),
        "device_authorization_endpoint": format!("{AUTHORITY}/{tenant}/{folder}/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{AUTHORITY}/{tenant}/{folder}/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
            "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid",
            "ver", "at_hash", "c_hash", "email"
        ],
        "tenant_region_scope": if matches!(tenant, TenantPath::Any(_)) { Value::Null } else { json!("EU") },
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })
}

pub(super) async fn v1_keys(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> DiscoveryResult {
    TenantPath::find(&entra, &tenant)?;
    Ok(cached(entra.signing_keys.key_set(None).map_err(|_| TokenError::Signing)?))
}

pub(super) async fn v2_keys(State(entra): State<Arc<Entra>>, Path(tenant): Path<String>) -> DiscoveryResult {
    let tenant = TenantPath::find(&entra, &tenant)?;
    let keys = entra.signing_keys.key_set(Some(&tenant.v2_issuer()));
    Ok(cached(keys.map_err(|_| TokenError::Signing)?))
}

fn cached(document: Value) -> Response {
    let mut response = Json(document).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400, private"));
    response
}

impl IntoResponse for EntraRefusal {
    fn into_response(self) -> Response {
        self.respond(Uuid::new_v4(), Decision::default())
    }
}
