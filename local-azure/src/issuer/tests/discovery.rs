//! The requests of client libraries and validators to the authority before they ask for a token.

use serde_json::json;

use super::*;

const INSTANCE: &str = "/common/discovery/instance?api-version=1.1&authorization_endpoint=";

#[tokio::test]
async fn common_and_organizations_answer_with_templates() {
    for name in ["common", "organizations"] {
        let (status, v2) = get(world(), &format!("/{name}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(v2["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
        assert_eq!(v2["token_endpoint"], format!("https://login.microsoftonline.com/{name}/oauth2/v2.0/token"));
        assert_eq!(v2["jwks_uri"], format!("https://login.microsoftonline.com/{name}/discovery/v2.0/keys"));
        let (_, v1) = get(world(), &format!("/{name}/.well-known/openid-configuration")).await;
        assert_eq!(v1["issuer"], "https://sts.windows.net/{tenantid}/");
        let (_, keys) = get(world(), &format!("/{name}/discovery/v2.0/keys")).await;
        assert_eq!(keys["keys"][0]["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
    }
}

#[tokio::test]
async fn the_version_2_document_has_entras_members() {
    let (_, document) = get(world(), &format!("/{TENANT}/v2.0/.well-known/openid-configuration")).await;
    let mut expected = vec![
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
        "jwks_uri",
        "response_modes_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "response_types_supported",
        "scopes_supported",
        "issuer",
        "request_uri_parameter_supported",
        "userinfo_endpoint",
        "authorization_endpoint",
        "device_authorization_endpoint",
        "http_logout_supported",
        "frontchannel_logout_supported",
        "end_session_endpoint",
        "claims_supported",
        "kerberos_endpoint",
        "mtls_endpoint_aliases",
        "tls_client_certificate_bound_access_tokens",
        "tenant_region_scope",
        "cloud_instance_name",
        "cloud_graph_host_name",
        "msgraph_host",
        "rbac_url",
    ];
    expected.sort_unstable();
    let mut found: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn instance_discovery_knows_the_public_cloud() {
    let endpoint = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize");
    let (status, body) = get(world(), &format!("{INSTANCE}{endpoint}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body,
        json!({
            "tenant_discovery_endpoint":
                format!("https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": "login.microsoftonline.com",
                "preferred_cache": "login.windows.net",
                "aliases":
                    ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            }],
        })
    );
}

#[tokio::test]
async fn another_authority_is_an_invalid_instance() {
    for endpoint in ["https://login.example.com/common/oauth2/v2.0/authorize", "http://login.microsoftonline.com/", "x"]
    {
        let (status, body) = get(world(), &format!("{INSTANCE}{endpoint}")).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_instance")));
        assert_eq!(body["error_codes"], json!([50_049]));
    }
}

#[tokio::test]
async fn an_instance_question_that_is_not_understood_is_refused_by_name() {
    for (query, part) in [
        ("api-version=1.1", "'authorization_endpoint'"),
        ("authorization_endpoint=https://login.microsoftonline.com/", "api-version"),
        ("api-version=1.1&colour=red", "'authorization_endpoint'"),
    ] {
        let (status, body) = get(world(), &format!("/common/discovery/instance?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body["error_description"].as_str().unwrap().contains(part), "{body}");
    }
}
