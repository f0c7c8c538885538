//! Workload identity federation: a managed identity's token, or a token of the seed's workload issuer, authenticates a
//! client.

use std::sync::Arc;

use serde_json::json;

use super::{
    client_key::CLIENT_KEY,
    token_endpoint::{CLIENT, assert_refused, claims_in, client_world, post, v2, with_assertion},
    *,
};
use crate::seed::{FederatedCredential, Seed, WorkloadIdentity};

const CLUSTER: &str = "https://westeurope.oic.prod-aks.azure.com/cluster/";
const SUBJECT: &str = "system:serviceaccount:default:keyless";
const EXCHANGE: &str = "api://AzureADTokenExchange";
const SCOPE: &str = "api://orders/.default";

fn credential(issuer: &str, subject: &str) -> FederatedCredential {
    FederatedCredential { issuer: issuer.to_owned(), subject: subject.to_owned(), audience: EXCHANGE.to_owned() }
}

fn add_cluster(seed: &mut Seed) {
    seed.workload_identity = Some(WorkloadIdentity {
        issuer: CLUSTER.to_owned(),
        subject: SUBJECT.to_owned(),
        audience: EXCHANGE.to_owned(),
        client: "ci".to_owned(),
    });
}

fn trusting(credential: FederatedCredential) -> Arc<World> {
    client_world(|seed| {
        add_cluster(seed);
        seed.app_registrations[3].federated_credentials.push(credential);
    })
}

fn tenant_issuer() -> String {
    format!("https://login.microsoftonline.com/{TENANT}/v2.0")
}

fn managed_identity_token(world: &World) -> String {
    issue(&world.entra, identity(world, "id-keyless-caller"), EXCHANGE, Timestamp::now()).ok().unwrap().jwt
}

fn cluster_token(world: &World, now: Timestamp) -> String {
    world.entra.workload.as_ref().unwrap().token(now).unwrap()
}

#[tokio::test]
async fn a_managed_identity_stands_for_an_app() {
    let world = trusting(credential(&tenant_issuer(), "c2b8d1ef-0003-4b7c-9d2e-6a3f4e5d6c7b"));
    let assertion = managed_identity_token(&world);
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
    let claims = claims_in(&answer);
    assert_eq!((&claims["azp"], &claims["azpacr"]), (&json!(CLIENT), &json!("2")));
}

#[tokio::test]
async fn a_workload_stands_for_an_app() {
    let world = trusting(credential(CLUSTER, SUBJECT));
    let assertion = cluster_token(&world, Timestamp::now());
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
    assert_eq!(claims_in(&answer)["azp"], CLIENT);
}

#[tokio::test]
async fn a_workload_stands_for_a_managed_identity() {
    let world = client_world(|seed| {
        add_cluster(seed);
        seed.identities[2].federated_credentials.push(credential(CLUSTER, SUBJECT));
    });
    let caller = identity(&world, "id-keyless-caller").client_id.to_string();
    let assertion = cluster_token(&world, Timestamp::now());
    let claims = claims_in(&post(&world, &v2(), &with_assertion(&caller, &assertion, SCOPE)).await);
    assert_eq!((&claims["azp"], &claims["roles"]), (&json!(caller), &json!(["Orders.Read"])));
    assert!(claims.get("xms_mirid").is_some() && claims.get("xms_az_rid").is_none());
}

#[tokio::test]
async fn without_a_credential_it_is_70025() {
    let world = client_world(add_cluster);
    let assertion = cluster_token(&world, Timestamp::now());
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 70_025, "has no configured federated identity credentials");
}

#[tokio::test]
async fn another_issuer_is_700211_another_subject_700213_and_other_letters_7002138() {
    for (issuer, subject, code, text) in [
        (CLUSTER.trim_end_matches('/'), SUBJECT, 700_211, CLUSTER),
        (CLUSTER, "system:serviceaccount:default:other", 700_213, SUBJECT),
        (CLUSTER, "system:serviceaccount:default:Keyless", 7_002_138, "not with case-sensitive comparison"),
    ] {
        let world = trusting(credential(issuer, subject));
        let assertion = cluster_token(&world, Timestamp::now());
        let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
        assert_refused(&answer, 401, "invalid_client", code, text);
    }
}

#[tokio::test]
async fn another_audience_is_700212() {
    let world = trusting(FederatedCredential { audience: "api://other".to_owned(), ..credential(CLUSTER, SUBJECT) });
    let assertion = cluster_token(&world, Timestamp::now());
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 700_212, EXCHANGE);
}

#[tokio::test]
async fn a_credential_that_names_the_exchange_by_its_id_is_700214() {
    let world = trusting(FederatedCredential {
        audience: "fb60f99c-7a34-4190-8149-302f77469936".to_owned(),
        ..credential(&tenant_issuer(), "c2b8d1ef-0003-4b7c-9d2e-6a3f4e5d6c7b")
    });
    let assertion = managed_identity_token(&world);
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 700_214, EXCHANGE);
}

#[tokio::test]
async fn a_managed_identitys_token_for_something_else_is_refused() {
    let world = trusting(credential(&tenant_issuer(), "c2b8d1ef-0003-4b7c-9d2e-6a3f4e5d6c7b"));
    let caller = identity(&world, "id-keyless-caller");
    let orders = issue(&world.entra, caller, "api://orders", Timestamp::now()).ok().unwrap().jwt;
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &orders, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 7_002_121, "d3c9e2f0-0001");
    // The issuer is checked before the key: a version 1 token names its key like an assertion with a certificate.
    let vault = issue(&world.entra, caller, "https://vault.azure.net", Timestamp::now()).ok().unwrap().jwt;
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &vault, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 700_227, "Forbidden token audience");
}

#[tokio::test]
async fn a_token_of_the_tenant_for_an_app_is_700226() {
    let world = trusting(credential(CLUSTER, SUBJECT));
    let first = cluster_token(&world, Timestamp::now());
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &first, "api://AzureADTokenExchange/.default")).await;
    assert_eq!(claims_in(&answer)["azp"], CLIENT);
    let second = answer.body["access_token"].as_str().unwrap();
    let answer = post(&world, &v2(), &with_assertion(CLIENT, second, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 700_226, "Only MSI tokens");
}

#[tokio::test]
async fn a_token_of_another_tenant_is_700236() {
    let world = trusting(credential(CLUSTER, SUBJECT));
    for issuer in [
        "https://sts.windows.net/11111111-8f0e-4c33-9d0b-2c9a4b1f7e10/",
        "https://login.microsoftonline.com/11111111-8f0e-4c33-9d0b-2c9a4b1f7e10/v2.0",
    ] {
        let claims = json!({ "iss": issuer, "sub": SUBJECT, "aud": EXCHANGE, "exp": Timestamp::now().as_second() + 9 });
        let assertion = CLIENT_KEY.rs256(&claims);
        let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
        assert_refused(&answer, 401, "invalid_client", 700_236, issuer);
    }
}

#[tokio::test]
async fn a_forged_assertion_is_700027_and_an_old_one_700024() {
    let world = trusting(credential(CLUSTER, SUBJECT));
    let old = cluster_token(&world, Timestamp::from_second(Timestamp::now().as_second() - 90_000).unwrap());
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &old, SCOPE)).await;
    assert_refused(&answer, 401, "invalid_client", 700_024, "is not within its valid time range");

    let claims = json!({ "iss": CLUSTER, "sub": SUBJECT, "aud": EXCHANGE, "exp": Timestamp::now().as_second() + 300 });
    let header = json!({ "alg": "RS256", "kid": "x" });
    let forged = CLIENT_KEY.jwt(&header, &claims, &aws_lc_rs::signature::RSA_PKCS1_SHA256);
    let none = format!("{}..", forged.rsplit_once('.').unwrap().0).replace("..", ".");
    for assertion in [forged, none] {
        let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
        assert_refused(&answer, 401, "invalid_client", 700_027, "failed signature validation");
    }
}

#[tokio::test]
async fn an_issuer_whose_keys_are_unknown_is_refused_by_name() {
    let issuer = "https://token.actions.githubusercontent.com";
    let world = trusting(credential(issuer, "repo:a/b:ref:refs/heads/main"));
    let claims = json!({
        "iss": issuer, "sub": "repo:a/b:ref:refs/heads/main", "aud": EXCHANGE,
        "exp": Timestamp::now().as_second() + 300,
    });
    let header = json!({ "alg": "RS256", "kid": "x" });
    let assertion = CLIENT_KEY.jwt(&header, &claims, &aws_lc_rs::signature::RSA_PKCS1_SHA256);
    let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, SCOPE)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.decision.reason.unwrap(), format!("local-azure has no keys of the issuer {issuer}"));
}

#[test]
fn a_seed_with_impossible_credentials_is_refused() {
    let sound = world();
    let problems_of = |change: &dyn Fn(&mut Seed)| {
        let mut seed = sound.seed().clone();
        change(&mut seed);
        seed.check()
    };
    let twice = || vec![credential(CLUSTER, SUBJECT), credential(CLUSTER, SUBJECT)];
    for (change, part) in [
        (&(|seed: &mut Seed| seed.app_registrations[0].certificates.push("x".to_owned())) as &dyn Fn(&mut Seed), "PEM"),
        (&|seed: &mut Seed| seed.app_registrations[0].federated_credentials = twice(), "two federated credentials"),
        (
            &|seed: &mut Seed| {
                let one = credential(CLUSTER, SUBJECT);
                seed.identities[0].federated_credentials = vec![one];
                seed.identities[0].kind = IdentityKind::SystemAssigned;
            },
            "is system-assigned",
        ),
        (&|seed: &mut Seed| add_cluster(seed), "no identity \"ci\""),
        (
            &|seed: &mut Seed| {
                let many = (0..21).map(|at| credential(CLUSTER, &at.to_string())).collect();
                seed.app_registrations[0].federated_credentials = many;
            },
            "more than 20 federated credentials",
        ),
        (
            &|seed: &mut Seed| {
                seed.app_role_assignments[0].app = "Microsoft Graph".to_owned();
            },
            "has no app role \"Orders.Read\"",
        ),
    ] {
        let problems = problems_of(change);
        assert!(problems.len() == 1 && problems[0].contains(part), "{problems:?}");
    }
}
