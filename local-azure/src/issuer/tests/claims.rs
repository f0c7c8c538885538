//! Each claim in the three kinds of token: for an Azure service, for an API of version 1, for an API of version 2.

use std::sync::{Arc, LazyLock};

use serde_json::json;

use super::*;
use crate::seed::OptionalClaim;

const CLIENT_ID: &str = "b1a7c0de-0003-4a6b-8c1d-5f2e3d4c5b6a";
const PRINCIPAL_ID: &str = "c2b8d1ef-0003-4b7c-9d2e-6a3f4e5d6c7b";
const API_CLIENT_ID: &str = "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c";

struct Three {
    azure: Map<String, Value>,
    v1: Map<String, Value>,
    v2: Map<String, Value>,
}

static CLAIMS: LazyLock<Three> = LazyLock::new(|| {
    let v1 = world_where(|seed| seed.app_registrations[0].token_version = TokenVersion::V1);
    Three {
        azure: claims_of(&world(), "id-keyless-caller", "https://vault.azure.net"),
        v1: claims_of(&v1, "id-keyless-caller", "api://orders"),
        v2: claims_of(&world(), "id-keyless-caller", "api://orders"),
    }
});

/// Asserts a claim in the three tokens; null means absent.
fn assert_claim(name: &str, azure: Value, v1: Value, v2: Value) {
    let of = |claims: &Map<String, Value>| claims.get(name).cloned().unwrap_or_default();
    assert_eq!((of(&CLAIMS.azure), of(&CLAIMS.v1), of(&CLAIMS.v2)), (azure, v1, v2), "{name}");
}

fn assert_present(name: &str, present: [bool; 3]) {
    let of = |claims: &Map<String, Value>| claims.contains_key(name);
    assert_eq!([of(&CLAIMS.azure), of(&CLAIMS.v1), of(&CLAIMS.v2)], present, "{name}");
}

#[test]
fn aud_is_what_was_asked_for_or_the_client_id() {
    assert_claim("aud", json!("https://vault.azure.net"), json!("api://orders"), json!(API_CLIENT_ID));
}

#[test]
fn iss_depends_on_the_version() {
    let v1 = json!(format!("https://sts.windows.net/{TENANT}/"));
    assert_claim("iss", v1.clone(), v1, json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0")));
}

#[test]
fn idp_repeats_the_issuer_in_version_1() {
    let v1 = json!(format!("https://sts.windows.net/{TENANT}/"));
    assert_claim("idp", v1.clone(), v1, Value::Null);
}

#[test]
fn the_calling_app_is_appid_or_azp() {
    assert_claim("appid", json!(CLIENT_ID), json!(CLIENT_ID), Value::Null);
    assert_claim("appidacr", json!("2"), json!("2"), Value::Null);
    assert_claim("azp", Value::Null, Value::Null, json!(CLIENT_ID));
    assert_claim("azpacr", Value::Null, Value::Null, json!("2"));
}

#[test]
fn ver_names_the_version() {
    assert_claim("ver", json!("1.0"), json!("1.0"), json!("2.0"));
}

#[test]
fn oid_and_sub_are_the_principal() {
    for name in ["oid", "sub"] {
        assert_claim(name, json!(PRINCIPAL_ID), json!(PRINCIPAL_ID), json!(PRINCIPAL_ID));
    }
}

#[test]
fn tid_is_the_tenant() {
    assert_claim("tid", json!(TENANT), json!(TENANT), json!(TENANT));
}

#[test]
fn roles_are_for_apis_alone() {
    assert_claim("roles", Value::Null, json!(["Orders.Read"]), json!(["Orders.Read"]));
}

#[test]
fn idtyp_is_for_azure_services_and_apis_that_ask_for_it() {
    assert_claim("idtyp", json!("app"), Value::Null, Value::Null);
    let asks = world_where(|seed| seed.app_registrations[0].optional_claims.push(OptionalClaim::Idtyp));
    assert_eq!(claims_of(&asks, "id-keyless-caller", "api://orders")["idtyp"], "app");
}

#[test]
fn what_only_entra_reads_is_there() {
    for name in ["uti", "rh", "aio"] {
        assert_present(name, [true; 3]);
    }
    assert_present("xms_ftd", [false, true, false]);
}

#[test]
fn the_managed_identity_and_its_host_are_named() {
    let group = "/subscriptions/0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34/resourcegroups/rg-keyless/providers";
    let identity = json!(format!("{group}/Microsoft.ManagedIdentity/userAssignedIdentities/id-keyless-caller"));
    assert_claim("xms_mirid", identity.clone(), identity.clone(), identity);
    let host = json!(format!("{group}/Microsoft.Web/sites/func-keyless"));
    assert_claim("xms_az_rid", host.clone(), host.clone(), host);
}

#[test]
fn it_lives_a_day_and_five_minutes() {
    for claims in [&CLAIMS.azure, &CLAIMS.v1, &CLAIMS.v2] {
        let seconds = |name: &str| claims[name].as_i64().unwrap();
        assert_eq!(seconds("exp") - seconds("iat"), 86_700);
        assert_eq!(seconds("nbf"), seconds("iat"));
    }
}

#[test]
fn an_app_only_token_has_no_scp() {
    assert_present("scp", [false; 3]);
}

#[test]
fn a_token_for_the_exchange_shows_its_id() {
    let claims = claims_of(&world(), "id-keyless-caller", "api://AzureADTokenExchange");
    assert_eq!(claims["aud"], "fb60f99c-7a34-4190-8149-302f77469936");
    assert_eq!(claims["iss"], format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    assert_eq!((&claims["sub"], &claims["ver"]), (&json!(PRINCIPAL_ID), &json!("2.0")));
}

#[test]
fn a_role_given_while_running_shows_in_the_next_token() {
    let world: Arc<World> = world_where(|seed| seed.app_role_assignments.clear());
    let (caller, api) = (identity(&world, "id-keyless-caller"), &world.seed.app_registrations[0]);
    assert!(!claims_of(&world, "id-keyless-caller", "api://orders").contains_key("roles"));
    let given = world.entra.directory.assign(caller.principal_id, api.principal_id(), api.app_roles[0].id).unwrap();
    assert_eq!(claims_of(&world, "id-keyless-caller", "api://orders")["roles"], json!(["Orders.Read"]));
    assert_eq!(world.directory().access(caller.principal_id, api.client_id).roles, ["Orders.Read"]);
    assert!(world.entra.directory.unassign(&given.id));
    assert!(!claims_of(&world, "id-keyless-caller", "api://orders").contains_key("roles"));
}

#[test]
fn access_without_a_role_satisfies_a_demanded_assignment() {
    let world = world_where(|seed| {
        seed.app_registrations[0].assignment_required = true;
        seed.app_role_assignments.clear();
    });
    let (caller, api) = (identity(&world, "id-keyless-caller"), &world.seed.app_registrations[0]);
    assert!(issue(&world.entra, caller, "api://orders", NOW).is_err());
    world.entra.directory.assign(caller.principal_id, api.principal_id(), uuid::Uuid::nil()).unwrap();
    assert!(!claims_of(&world, "id-keyless-caller", "api://orders").contains_key("roles"));
}
