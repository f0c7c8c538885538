//! Tokens of the credential manager for policies, from the real issuer.

mod refusals;

use std::sync::{Arc, Mutex};

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Request};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Received, backend, seed};
use crate::{
    azure::LocalAzure,
    issuer::{self, SignWith},
    journal::{Entry, Service},
    seed::{
        AppRegistration, AppRoleAssignment, ClientSecret, Connection, CredentialProvider, Grant, Identity,
        IdentityKind, IdentityProvider, Seed, TokenVersion,
    },
};

const MANAGER: &str = "https://azure-api.net/authorization-manager";
const NAMES: &str =
    "provider-id=\"orders-provider\" authorization-id=\"orders-connection\" context-variable-name=\"auth\"";
const JWT: &str =
    "identity-type=\"jwt\" identity=\"@(context.Request.Headers[\"Authorization\"][0].Replace(\"Bearer \", \"\"))\"";

/// Returns the document of the orders API, with these attributes of the policy.
fn document(attributes: &str) -> String {
    format!(
        "<policies><inbound><base /><get-authorization-context {attributes} /><set-header name=\"Authorization\" \
         exists-action=\"override\"><value>@(\"Bearer \" + ((Authorization)context.Variables.GetValueOrDefault(\"auth\"))\
         ?.AccessToken)</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error>\
         <set-header name=\"x-error\"><value>@(context.LastError.Source + \"|\" + context.LastError.Reason + \"|\" + \
         context.LastError.Message)</value></set-header></on-error></policies>"
    )
}

/// Returns a seed whose API Management service has an identity, a client for its credential manager, and a connection
/// that both may use.
fn connected() -> Seed {
    let mut seed = seed();
    seed.identities.push(Identity {
        name: "apim".to_owned(),
        kind: IdentityKind::SystemAssigned,
        client_id: Uuid::from_u128(0x98),
        principal_id: Uuid::from_u128(0x99),
        federated_credentials: Vec::new(),
    });
    seed.apim.identities = vec!["apim".to_owned()];
    seed.app_registrations.push(AppRegistration {
        name: "gateway-client".to_owned(),
        app_id_uri: "api://gateway-client".to_owned(),
        client_id: Uuid::from_u128(0x97),
        token_version: TokenVersion::V2,
        assignment_required: false,
        app_roles: Vec::new(),
        optional_claims: Vec::new(),
        principal_id: Some(Uuid::from_u128(0x96)),
        secrets: vec![ClientSecret { name: "secret".to_owned(), value: None, generated: true, expires: None }],
        certificates: Vec::new(),
        federated_credentials: Vec::new(),
    });
    seed.app_role_assignments.push(AppRoleAssignment {
        identity: "gateway-client".to_owned(),
        app: "orders-api".to_owned(),
        role: "Orders.Read".to_owned(),
    });
    seed.apim.credential_providers.push(CredentialProvider {
        id: "orders-provider".to_owned(),
        identity_provider: IdentityProvider::Aad,
        grant: Grant::ClientCredentials,
        resource: "api://orders".to_owned(),
        connections: vec![Connection {
            id: "orders-connection".to_owned(),
            client: "gateway-client".to_owned(),
            secret: "secret".to_owned(),
            access: vec!["apim".to_owned(), "id-keyless-caller".to_owned()],
        }],
    });
    seed
}

fn connection(seed: &mut Seed) -> &mut Connection {
    &mut seed.apim.credential_providers[0].connections[0]
}

/// A whole local Azure with such a gateway.
struct Running {
    azure: LocalAzure,
    received: Received,
}

/// The gateway's answer and its journal entry.
struct JournaledAnswer {
    status: u16,
    headers: HeaderMap,
    body: String,
    entry: Entry,
}

impl Running {
    async fn start(attributes: &str, change: impl FnOnce(&mut Seed)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("apis")).unwrap();
        std::fs::write(folder.path().join("apis/orders.xml"), document(attributes)).unwrap();
        let (url, received) = backend().await;
        let mut seed = connected();
        seed.apim.policies = folder.path().to_owned();
        seed.apim.apis[0].backend.sample = None;
        seed.apim.apis[0].backend.url = Some(url.parse().unwrap());
        change(&mut seed);
        assert_eq!(seed.check(), [""; 0]);
        Self { azure: LocalAzure::start(seed).await.unwrap(), received }
    }

    /// Calls the API, with this token in the Authorization header.
    async fn call(&self, token: &str) -> JournaledAnswer {
        let world = self.azure.world();
        let request = Request::get("https://apim-keyless.azure-api.net/orders")
            .header(
                "Ocp-Apim-Subscription-Key",
                world.api_management.subscription_keys.of("keyless-functions").unwrap().primary,
            )
            .header("Authorization", format!("Bearer {token}"));
        let response = world.network.send(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        JournaledAnswer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            entry: self.entries(Service::ApiManagement).pop().unwrap(),
        }
    }

    fn entries(&self, service: Service) -> Vec<Entry> {
        self.azure.journal().entries().into_iter().filter(|entry| entry.service == service).collect()
    }

    /// Returns the tokens that reached the backend since the last call.
    fn sent(&self) -> Vec<String> {
        let received = std::mem::take(&mut *self.received.lock().unwrap());
        let value = |headers: &HeaderMap| headers["authorization"].to_str().unwrap().to_owned();
        received.iter().map(|(parts, _)| value(&parts.headers)).collect()
    }

    /// Returns a token of an identity of the function app for a resource.
    fn token(&self, identity: &str, resource: &str) -> String {
        let world = self.azure.world();
        issuer::issue(&world.entra, world.seed.identity(identity).unwrap(), resource, Timestamp::now())
            .ok()
            .unwrap()
            .jwt
    }

    /// Returns the caller's token for the credential manager, changed and signed again.
    fn changed(&self, changes: &Value, with: SignWith) -> String {
        let mut claims = claims(&self.token("id-keyless-caller", MANAGER));
        claims.extend(changes.as_object().unwrap().clone());
        self.azure.world().entra.signing_keys.sign(&claims, true, with).ok().unwrap()
    }

    /// Calls the API, which refuses, and returns the reason.
    async fn refusal(&self, token: &str) -> String {
        let answer = self.call(token).await;
        assert_eq!(answer.status, 500);
        let error = answer.headers["x-error"].to_str().unwrap();
        let message = error.strip_prefix("get-authorization-context||").unwrap();
        assert_eq!(answer.entry.decision.reason.as_deref(), Some(message));
        assert_eq!(self.sent(), [""; 0]);
        message.to_owned()
    }
}

fn claims(token: &str) -> Map<String, Value> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test]
async fn the_backend_gets_a_token_that_the_tenant_issued_to_the_connections_client() {
    let running = Running::start(&format!("{NAMES} identity-type=\"managed\" ignore-error=\"false\""), |_| {}).await;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    running.azure.world().api_management.policy_trace.send_to(move |line| sink.lock().unwrap().push(line.to_owned()));
    let (one, two) = tokio::join!(running.call("the caller's"), running.call("the caller's"));
    let three = running.call("the caller's").await;
    assert_eq!((one.status, two.status, three.status), (200, 200, 200));
    let sent = running.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|one| *one == sent[0]), "{sent:?}");
    let token = sent[0].strip_prefix("Bearer ").unwrap();
    let claims = claims(token);
    let seed = &running.azure.world().seed;
    for (claim, value) in [
        ("aud", json!("d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c")),
        ("iss", json!(format!("https://login.microsoftonline.com/{}/v2.0", seed.tenant.id))),
        ("azp", json!(Uuid::from_u128(0x97))),
        ("oid", json!(Uuid::from_u128(0x96))),
        ("azpacr", json!("1")),
        ("roles", json!(["Orders.Read"])),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    let asked = running.entries(Service::Entra);
    let asked: Vec<_> = asked.iter().filter(|entry| entry.method == "POST").collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].path, format!("/{}/oauth2/token", seed.tenant.id));
    assert_eq!((asked[0].from, asked[0].status), (Some(Service::ApiManagement), 200));
    assert_eq!(
        (asked[0].decision.identity.as_deref(), asked[0].decision.audience.as_deref()),
        (Some("gateway-client"), Some("api://orders"))
    );
    let own = running.entries(Service::IdentityEndpoint);
    assert_eq!(
        (own.len(), own[0].decision.identity.as_deref(), own[0].decision.audience.as_deref()),
        (1, Some("apim"), Some(MANAGER))
    );
    let lines = lines.lock().unwrap().join("\n");
    let line = "get-authorization-context: auth is now an authorization of orders-provider/orders-connection";
    assert!(lines.contains(line) && !lines.contains("eyJ"), "{lines}");
}

#[tokio::test]
async fn tokens_for_the_credential_manager_let_in_whom_an_access_policy_names() {
    let running = Running::start(&format!("{NAMES} {JWT}"), |_| {}).await;
    let own = running.token("id-keyless-caller", MANAGER);
    assert_eq!(running.call(&own).await.status, 200);
    let sent = running.sent();
    assert_eq!(claims(&sent[0])["azp"], json!(Uuid::from_u128(0x97)));
    assert_eq!(running.entries(Service::IdentityEndpoint).len(), 0);

    let other = running.token("id-keyless-reader", MANAGER);
    assert_eq!(
        running.refusal(&other).await,
        "Permission denied: \"id-keyless-reader\" is in no access policy of the connection \"orders-connection\""
    );
    let nobody = running.changed(&json!({ "oid": Uuid::from_u128(1) }), SignWith::Active);
    assert_eq!(
        running.refusal(&nobody).await,
        "Permission denied: 00000000-0000-0000-0000-000000000001 is in no access policy of the connection \
         \"orders-connection\""
    );
}

#[tokio::test]
async fn an_app_registration_is_let_in_by_its_service_principal() {
    let running = Running::start(&format!("{NAMES} {JWT}"), |seed| {
        connection(seed).access = vec!["gateway-client".to_owned()];
    })
    .await;
    let world = running.azure.world();
    let secret = world.entra.directory.client_secret("gateway-client", "secret").unwrap();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={secret}&scope={MANAGER}/.default",
        Uuid::from_u128(0x97)
    );
    let request =
        Request::post(format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", world.seed.tenant.id))
            .header("Content-Type", "application/x-www-form-urlencoded");
    let response = world.network.send(request.body(Body::from(form)).unwrap()).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(running.call(body["access_token"].as_str().unwrap()).await.status, 200, "{body}");
}
