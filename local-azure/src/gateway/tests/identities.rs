//! Tokens that policies get as the service's own identities, and requests that policies send.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{GatewayAnswer, Request, Rig};
use crate::{
    azure::LocalAzure,
    journal::Service,
    seed::{Identity, IdentityKind, Seed},
};

const OWN: &str = "b1a7c0de-0099-4a6b-8c1d-5f2e3d4c5b6a";

/// Starts a gateway whose API has this inbound policy, and whose service has an identity of each kind.
async fn start(policy: &str, change: impl FnOnce(&mut Seed)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("apis")).unwrap();
    let document = format!(
        "<policies><inbound><base />{policy}</inbound><backend><base /></backend><outbound><base /></outbound>\
         <on-error><base /></on-error></policies>"
    );
    std::fs::write(folder.path().join("apis/orders.xml"), document).unwrap();
    Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        seed.apim.identities.clear();
        for (name, kind, client_id) in [
            ("id-apim", IdentityKind::UserAssigned, OWN),
            ("apim", IdentityKind::SystemAssigned, "b1a7c0de-0098-4a6b-8c1d-5f2e3d4c5b6a"),
        ] {
            let client_id: uuid::Uuid = client_id.parse().unwrap();
            let principal_id = uuid::Uuid::from_u128(client_id.as_u128() + 1);
            let name = name.to_owned();
            seed.apim.identities.push(name.clone());
            seed.identities.push(Identity { name, kind, client_id, principal_id, federated_credentials: Vec::new() });
        }
        change(seed);
        assert_eq!(seed.check(), [""; 0]);
    })
    .await
}

async fn call(rig: &Rig) -> GatewayAnswer {
    rig.send(Request::get("/orders").header("Ocp-Apim-Subscription-Key", rig.key()).body(String::new()).unwrap()).await
}

/// Returns the token that reached the backend, and its claims.
fn sent(rig: &Rig) -> (String, Value) {
    let received = rig.received();
    let token = received[0].0.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    (token, serde_json::from_slice(&claims).unwrap())
}

fn policy(attributes: &str) -> String {
    format!("<authentication-managed-identity {attributes} />")
}

#[tokio::test]
async fn tokens_are_for_any_resource_and_of_the_identity_named() {
    for (resource, audience) in [
        ("https://management.azure.com", "https://management.azure.com"),
        ("https://vault.azure.net", "https://vault.azure.net"),
        ("https://servicebus.azure.net", "https://servicebus.azure.net"),
        ("https://storage.azure.com", "https://storage.azure.com"),
        ("https://database.windows.net/", "https://database.windows.net/"),
        ("https://cognitiveservices.azure.com", "https://cognitiveservices.azure.com"),
        ("api://orders", "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"),
    ] {
        let rig = start(&policy(&format!("resource=\"{resource}\" client-id=\"{OWN}\"")), |_| {}).await;
        assert_eq!(call(&rig).await.status, 200, "{resource}");
        let (_, claims) = sent(&rig);
        let identity = rig.world.seed.identity("id-apim").unwrap();
        assert_eq!((&claims["aud"], &claims["oid"]), (&audience.into(), &identity.principal_id.to_string().into()));
        let service = rig.world.seed.api_management_resource_id();
        if claims["ver"] == "1.0" {
            assert_eq!((&claims["appid"], &claims["xms_az_rid"]), (&OWN.into(), &service.into()));
        }
    }
    let rig = start(&policy("resource=\"https://vault.azure.net\""), |_| {}).await;
    call(&rig).await;
    let (_, claims) = sent(&rig);
    assert_eq!(claims["oid"], rig.world.seed.identity("apim").unwrap().principal_id.to_string());
    let mirid = claims["xms_mirid"].as_str().unwrap();
    assert!(mirid.ends_with("/providers/Microsoft.ApiManagement/service/apim-keyless"), "{mirid}");
}

#[tokio::test]
async fn a_token_is_kept_until_it_ends() {
    let rig = start(&policy("resource=\"https://vault.azure.net\""), |_| {}).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        call(&rig).await;
        tokens.push(sent(&rig).0);
    }
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    let entries = rig.world.journal.entries();
    let asked: Vec<_> = entries.iter().filter(|entry| entry.service == Service::IdentityEndpoint).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].from, asked[0].decision.identity.as_deref(), asked[0].decision.audience.as_deref()),
        (Some(Service::ApiManagement), Some("apim"), Some("https://vault.azure.net"))
    );
}

#[tokio::test]
async fn the_function_apps_identities_are_not_the_services() {
    let caller = "client-id=\"b1a7c0de-0003-4a6b-8c1d-5f2e3d4c5b6a\"";
    let no_user = "the API Management service has no user-assigned identity with the client ID \
                   \"b1a7c0de-0003-4a6b-8c1d-5f2e3d4c5b6a\"";
    let no_system = "the API Management service has no system-assigned identity";
    let unknown = "AADSTS500011: The resource principal named https://vault.example was not found in the tenant named \
                   6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10.";
    for (attributes, reason) in [
        (format!("resource=\"api://orders\" {caller}"), no_user),
        ("resource=\"api://orders\"".to_owned(), no_system),
        (format!("resource=\"https://vault.example\" client-id=\"{OWN}\""), unknown),
    ] {
        let no_system = |seed: &mut Seed| seed.apim.identities.retain(|name| name != "apim");
        let rig = start(&policy(&attributes), no_system).await;
        let answer = call(&rig).await;
        assert_eq!(answer.status, 500);
        assert!(
            answer.body.starts_with("{ \"statusCode\": 500, \"message\": \"Internal server error\", "),
            "{}",
            answer.body
        );
        assert_eq!(answer.decision.reason.as_deref(), Some(reason));
        assert!(rig.received().is_empty());
        let ignored = start(&policy(&format!("{attributes} ignore-error=\"true\"")), no_system).await;
        assert_eq!(call(&ignored).await.status, 200);
        assert!(!ignored.received()[0].0.headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn requests_go_only_to_hosts_of_the_seed() {
    let send = |url: &str| {
        format!(
            "<send-request response-variable-name=\"r\"><set-url>{url}</set-url><set-method>GET</set-method></send-request>\
             <return-response><set-status code=\"@(((IResponse)context.Variables[\"r\"]).StatusCode)\" /></return-response>"
        )
    };
    let rig = start(&send("https://example.org/"), |_| {}).await;
    let answer = call(&rig).await;
    assert_eq!(answer.status, 500);
    let reason = answer.decision.reason.unwrap();
    assert!(reason.starts_with("BackendConnectionFailure: the host \"example.org\" is not in the seed"), "{reason}");
    let rig = start(&send("https://login.microsoftonline.com/none"), |_| {}).await;
    assert_eq!(call(&rig).await.status, 404);
    assert!(rig.received().is_empty());
}

/// Returns the answer of a policy that reads a secret as the service's own identity: the vault's status and the value.
async fn secret_through_the_gateway(change: impl FnOnce(&mut Seed)) -> (u16, String) {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!(
        "<policies><inbound><send-request response-variable-name=\"s\"><set-url>https://kv-keyless.vault.azure.net/secrets/\
         orders-subscription-key?api-version=7.4</set-url><set-method>GET</set-method>{}</send-request><return-response>\
         <set-status code=\"@(((IResponse)context.Variables[\"s\"]).StatusCode)\" /><set-body>@((string)((IResponse)\
         context.Variables[\"s\"]).Body.As<JObject>()[\"value\"])</set-body></return-response></inbound>\
         <backend /><outbound /><on-error /></policies>",
        policy(&format!("resource=\"https://vault.azure.net\" client-id=\"{OWN}\""))
    );
    std::fs::write(folder.path().join("global.xml"), policy).unwrap();
    let mut seed = super::seed();
    seed.apim.policies = folder.path().to_owned();
    seed.identities.push(Identity {
        name: "id-apim".to_owned(),
        kind: IdentityKind::UserAssigned,
        client_id: OWN.parse().unwrap(),
        principal_id: uuid::Uuid::from_u128(7),
        federated_credentials: Vec::new(),
    });
    seed.apim.identities.push("id-apim".to_owned());
    change(&mut seed);
    let azure = LocalAzure::start(seed).await.unwrap();
    let key = azure.world().api_management.subscription_keys.of("keyless-functions").unwrap().primary;
    let request = Request::get("https://apim-keyless.azure-api.net/orders").header("Ocp-Apim-Subscription-Key", &key);
    let response = azure.world().network.send(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    // The secret's value is the subscription key itself.
    (status, String::from_utf8(body.to_vec()).unwrap().replace(&key, "the key"))
}

#[tokio::test]
async fn a_policy_reads_a_secret_when_the_services_identity_has_a_role_on_the_vault() {
    let role = |seed: &mut Seed| {
        let mut assignment = seed.role_assignments[0].clone();
        assignment.identity = "id-apim".to_owned();
        seed.role_assignments.push(assignment);
    };
    assert_eq!(secret_through_the_gateway(role).await, (200, "the key".to_owned()));
    assert_eq!(secret_through_the_gateway(|_| {}).await, (403, String::new()));
}
