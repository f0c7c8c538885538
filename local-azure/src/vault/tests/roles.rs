//! The operations that each role allows, and their scopes.

use super::*;
use crate::seed::Identity;
use crate::world::World;

#[tokio::test]
async fn an_identity_without_a_role_is_forbidden() {
    let answer = get_as(world(), "id-keyless-writer", SECRET).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let group = "/subscriptions/0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34/resourcegroups/rg-keyless";
    let message = [
        "Caller is not authorized to perform action on resource.",
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
        &format!(
            "Caller: appid=b1a7c0de-0002-4a6b-8c1d-5f2e3d4c5b6a;oid=c2b8d1ef-0002-4b7c-9d2e-6a3f4e5d6c7b;\
             iss=https://sts.windows.net/6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10/;\
             xms_mirid={group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-keyless-writer;\
             xms_az_rid={group}/providers/Microsoft.Web/sites/func-keyless"
        ),
        "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
        &format!(
            "Resource: '{group}/providers/microsoft.keyvault/vaults/kv-keyless/secrets/orders-subscription-key'"
        ),
        "Assignment: (not found)",
        "DenyAssignmentId: null",
        "DecisionReason: 'DeniedWithNoValidRBAC' ",
        "Vault: kv-keyless;location=westeurope",
        "",
    ]
    .join("\r\n");
    let expected =
        json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": "ForbiddenByRbac" } } });
    assert_eq!(answer.body, expected);
    assert_eq!(answer.decision.identity.as_deref(), Some("id-keyless-writer"));
    assert_eq!(answer.decision.allowed_by, None);
}

#[tokio::test]
async fn who_may_not_read_does_not_learn_what_exists() {
    let answer = get_as(world(), "id-keyless-writer", "/secrets/nothing?api-version=7.4").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_on_one_secret_opens_that_one_only() {
    let world = world_where(|seed| {
        seed.vaults[0].secrets.push(secret("other", Some("value"), true));
        seed.role_assignments[0].scope =
            Scope { secret: Some("other".to_owned()), ..seed.role_assignments[0].scope.clone() };
    });
    let answer = get_as(world.clone(), "id-keyless-reader", "/secrets/other?api-version=7.4").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.decision.allowed_by.as_deref(), Some("Key Vault Secrets User on kv-keyless/other"));
    assert_eq!(get_as(world, "id-keyless-reader", SECRET).await.status, StatusCode::FORBIDDEN);
}

/// An operation with its request, and the status when it is allowed.
struct Try {
    method: &'static str,
    path: &'static str,
    body: Value,
    action: &'static str,
    /// The secret; `None` for an operation on the vault, which a role on one secret does not allow.
    secret: Option<&'static str>,
    allowed: u16,
}

const LIVE: &str = "live";
const GONE: &str = "gone";

fn tries(backup: &str) -> Vec<Try> {
    let one = |method, path, body, action, secret, allowed| Try { method, path, body, action, secret, allowed };
    let off = json!({ "attributes": { "enabled": true } });
    vec![
        one("GET", "/secrets/live", Value::Null, "getSecret/action", Some(LIVE), 200),
        one("GET", "/secrets", Value::Null, "readMetadata/action", None, 200),
        one("GET", "/secrets/live/versions", Value::Null, "readMetadata/action", Some(LIVE), 200),
        one("GET", "/deletedsecrets", Value::Null, "readMetadata/action", None, 200),
        one("GET", "/deletedsecrets/gone", Value::Null, "readMetadata/action", Some(GONE), 200),
        one("PUT", "/secrets/live", json!({ "value": "new" }), "setSecret/action", Some(LIVE), 200),
        one("PATCH", "/secrets/live", off, "update/action", Some(LIVE), 200),
        one("POST", "/secrets/live/backup", Value::Null, "backup/action", Some(LIVE), 200),
        one("POST", "/secrets/restore", json!({ "value": backup }), "restore/action", None, 409),
        one("DELETE", "/secrets/live", Value::Null, "delete", Some(LIVE), 200),
        one("POST", "/deletedsecrets/gone/recover", Value::Null, "recover/action", Some(GONE), 200),
        one("DELETE", "/deletedsecrets/gone", Value::Null, "purge/action", Some(GONE), 204),
    ]
}

/// Resets a vault: `live` exists, and `gone` is deleted. Returns a backup of `live`.
fn begin_again(world: &World) -> String {
    let mut state = vault(world).lock();
    let mut secrets = secrets::Secrets::default();
    for name in [LIVE, GONE] {
        secrets.set(name, "v".to_owned(), secret::Properties::default(), 0).unwrap();
    }
    let backup = world.key_vault.vaults.backup_key.seal(secrets.find(LIVE, secret::Which::Latest).unwrap().0).unwrap();
    secrets.delete(GONE, 90, jiff::Timestamp::now().as_second()).unwrap();
    state.secrets = secrets;
    backup
}

/// Returns a world with one identity for each role and scope: the vault, and each secret.
fn world_of_holders(roles: &[(&str, &[&str])]) -> (Arc<World>, Vec<Holder>) {
    let mut holders = Vec::new();
    let world = world_where(|seed| {
        seed.vaults[0].secrets = [LIVE, GONE].map(|name| super::secret(name, Some("v"), true)).to_vec();
        for (given, actions) in roles {
            for scope in [None, Some(LIVE), Some(GONE)] {
                let identity = format!("{given} on {scope:?}");
                let id = uuid::Uuid::new_v4;
                let new = Identity {
                    name: identity.clone(),
                    client_id: id(),
                    principal_id: id(),
                    ..seed.identities[0].clone()
                };
                seed.identities.push(new);
                seed.role_assignments.push(role(&identity, given, scope));
                holders.push(Holder { identity, scope, actions: actions.iter().map(ToString::to_string).collect() });
            }
        }
    });
    (world, holders)
}

struct Holder {
    identity: String,
    scope: Option<&'static str>,
    actions: Vec<String>,
}

#[tokio::test]
async fn each_role_lets_its_holder_do_its_operations_and_no_other() {
    const READ: &[&str] = &["readMetadata/action"];
    const USE: &[&str] = &["getSecret/action", "readMetadata/action"];
    const ALL: &[&str] = &[
        "getSecret/action",
        "readMetadata/action",
        "setSecret/action",
        "update/action",
        "backup/action",
        "restore/action",
        "delete",
        "recover/action",
        "purge/action",
    ];
    let roles: &[(&str, &[&str])] = &[
        ("Key Vault Secrets User", USE),
        ("Key Vault Reader", READ),
        ("Key Vault Secrets Officer", ALL),
        ("Key Vault Administrator", ALL),
        ("Key Vault Certificate User", USE),
        ("Key Vault Certificates Officer", &[]),
        ("Key Vault Crypto Officer", &[]),
        ("Key Vault Contributor", &[]),
        ("Key Vault Purge Operator", &[]),
    ];
    let known: Vec<_> = crate::rbac::Role::names().into_iter().filter(|name| name.starts_with("Key Vault")).collect();
    assert_eq!(roles.iter().map(|(name, _)| *name).collect::<Vec<_>>(), known);
    let (world, holders) = world_of_holders(roles);
    for holder in &holders {
        for n in 0..tries("").len() {
            let one = tries(&begin_again(&world)).swap_remove(n);
            let reaches = holder.scope.is_none() || holder.scope == one.secret;
            let allowed = reaches && holder.actions.iter().any(|action| action == one.action);
            check(&world, &one, allowed, &holder.identity).await;
        }
    }
}

async fn check(world: &Arc<World>, one: &Try, allowed: bool, who: &str) {
    let answer = call_as(world, who, one.method, one.path, one.body.clone()).await;
    let what = format!("{who}: {} {}", one.method, one.path);
    if allowed {
        assert_eq!(answer.status, one.allowed, "{what}: {}", answer.body);
        assert!(answer.decision.allowed_by.is_some(), "{what}");
        return;
    }
    assert_eq!(
        (answer.status, answer.codes()),
        (StatusCode::FORBIDDEN, ("Forbidden", Some("ForbiddenByRbac"))),
        "{what}"
    );
    let group = "/subscriptions/0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34/resourcegroups/rg-keyless";
    let vault = format!("{group}/providers/microsoft.keyvault/vaults/kv-keyless");
    let resource = one.secret.map_or(vault.clone(), |secret| format!("{vault}/secrets/{secret}"));
    let lines: Vec<&str> = answer.message().split("\r\n").collect();
    assert_eq!(lines[3], format!("Action: 'Microsoft.KeyVault/vaults/secrets/{}'", one.action), "{what}");
    assert_eq!(lines[4], format!("Resource: '{resource}'"), "{what}");
    assert_eq!(
        lines[5..],
        [
            "Assignment: (not found)",
            "DenyAssignmentId: null",
            "DecisionReason: 'DeniedWithNoValidRBAC' ",
            "Vault: kv-keyless;location=westeurope",
            ""
        ]
    );
}
