//! Details of client libraries' token requests: reserved scopes, claims, times as text, on-behalf-of.

use serde_json::json;

use super::{
    client_key::CLIENT_KEY,
    token_endpoint::{
        CLIENT, assert_refused, claims_in, default_client_world, own_assertion, post, secret_of, v2, with_assertion,
        with_secret,
    },
    *,
};

#[tokio::test]
async fn scopes_of_openid_connect_are_taken_beside_the_resource() {
    let world = default_client_world();
    // MSAL for Go sends this scope.
    let scope = "https://vault.azure.net/.default openid offline_access profile";
    let answer = post(&world, &v2(), &with_secret(&secret_of(&world), scope)).await;
    assert_eq!(claims_in(&answer)["aud"], "https://vault.azure.net");
}

/// .NET, JavaScript and Python send these claims with every token request for vaults and blobs.
#[tokio::test]
async fn a_client_may_say_that_it_understands_claims_challenges() {
    let world = default_client_world();
    let secret = secret_of(&world);
    for claims in [
        r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#,
        r#"{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}"#,
    ] {
        let mut fields = with_secret(&secret, "https://vault.azure.net/.default");
        fields.push(("claims", claims));
        let token = claims_in(&post(&world, &v2(), &fields).await);
        assert!(token.get("xms_cc").is_none(), "no API here lists it as an optional claim");
    }
}

/// MSAL.NET writes the seconds as text, and a single certificate as text: captured from 4.92.
#[tokio::test]
async fn an_assertion_may_write_its_times_as_text() {
    let world = default_client_world();
    let now = Timestamp::now().as_second();
    let mut claims = own_assertion();
    (claims["nbf"], claims["exp"]) = (json!(now.to_string()), json!((now + 600).to_string()));
    let x5t = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &CLIENT_KEY.certificate);
    let header = json!({
        "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(x5t),
        "x5c": base64::engine::general_purpose::STANDARD.encode(&CLIENT_KEY.certificate),
    });
    let assertion = CLIENT_KEY.jwt(&header, &claims, &aws_lc_rs::signature::RSA_PSS_SHA256);
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, "api://orders/.default")).await;
    assert_eq!(claims_in(&answer)["azpacr"], "2");

    (claims["nbf"], claims["exp"]) = (json!((now - 1200).to_string()), json!((now - 600).to_string()));
    let old = CLIENT_KEY.jwt(&header, &claims, &aws_lc_rs::signature::RSA_PSS_SHA256);
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &old, "api://orders/.default")).await;
    assert_refused(&answer, 401, "invalid_client", 700_024, "is not within its valid time range");

    claims["exp"] = json!("tomorrow");
    let odd = CLIENT_KEY.jwt(&header, &claims, &aws_lc_rs::signature::RSA_PSS_SHA256);
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &odd, "api://orders/.default")).await;
    assert_refused(&answer, 401, "invalid_client", 50_027, "is not a JWT");
}

#[tokio::test]
async fn an_assertion_with_a_critical_header_is_refused() {
    let x5t = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &CLIENT_KEY.certificate);
    let header =
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(x5t), "crit": ["exp"], "exp": 1 });
    let assertion = CLIENT_KEY.jwt(&header, &own_assertion(), &aws_lc_rs::signature::RSA_PSS_SHA256);
    let fields = with_assertion(CLIENT, &assertion, "api://orders/.default");
    let answer = post(&default_client_world(), &v2(), &fields).await;
    assert_refused(&answer, 401, "invalid_client", 50_027, "critical header parameter exp");
}

/// Only app-only tokens exist here, and Entra does not exchange them:
/// AzureAD/microsoft-authentication-library-for-dotnet#2130.
#[tokio::test]
async fn no_token_is_exchanged_on_behalf_of_a_user() {
    let world = default_client_world();
    let secret = secret_of(&world);
    let token_for = |resource: &str| {
        issue(&world.entra, identity(&world, "id-keyless-caller"), resource, Timestamp::now()).ok().unwrap().jwt
    };
    let ours = token_for("api://ci");
    let forged = CLIENT_KEY.ps256(&own_assertion());
    for (assertion, error, code, text) in [
        (ours.as_str(), "unauthorized_client", 7_000_114, "is not allowed to make application on-behalf-of calls"),
        (&token_for("api://orders"), "invalid_grant", 500_131, "Assertion audience does not match"),
        (&forged, "invalid_grant", 50_013, "The key was not found"),
        ("x", "invalid_grant", 50_013, "failed signature validation"),
    ] {
        let mut fields = with_secret(&secret, "api://orders/.default");
        fields[2].1 = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        fields.extend([("assertion", assertion), ("requested_token_use", "on_behalf_of")]);
        assert_refused(&post(&world, &v2(), &fields).await, 400, error, code, text);
    }
    let mut fields = with_secret("wrong", "api://orders/.default");
    fields[2].1 = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    fields.extend([("assertion", ours.as_str()), ("requested_token_use", "on_behalf_of")]);
    assert_refused(&post(&world, &v2(), &fields).await, 401, "invalid_client", 7_000_215, "Invalid client secret");
}
