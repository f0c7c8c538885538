//! Rule: the app registration, its app roles and who holds them are those of the seed.

use local_azure::seed::{AppRegistration, Seed, TokenVersion};

use crate::{
    bicep::{Declaration, Document, Value},
    files::{Files, assert_complains, assert_content, differences},
    resolve::{MAIN, Program, without_unknown},
};

const ENTRA: &str = "infra/modules/entra.bicep";

/// The workflow, which local-azure does not play, makes the same call as the function app.
const OF_THE_PLATFORM: &str = "principalId of logic-keyless: Orders.Read of orders-api";

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let program = Program(files.bicep());
    let seed = files.seed();
    let document = &program.0[ENTRA];
    // An API that nobody calls is in the seed to have tokens for a wrong audience; it is not deployed.
    let called: Vec<&AppRegistration> = seed
        .app_registrations
        .iter()
        .filter(|app| seed.app_role_assignments.iter().any(|a| a.app == app.name))
        .collect();
    let applications: Vec<String> = document
        .deployed("Microsoft.Graph/applications")
        .map(|application| described(&program, document, application))
        .collect();
    let expected: Vec<String> = called.iter().map(|app| seed_described(app)).collect();
    let mut complaints = differences("app registrations", &applications, &expected);
    complaints.extend(differences("app role assignments", &held(&program, document, &seed), &seed_held(&seed)));
    complaints
}

fn described<'a>(program: &'a Program<'a>, document: &'a Document, application: &'a Declaration) -> String {
    let place = program.place(ENTRA, application);
    let roles = application.get("appRoles").map(Value::items).unwrap_or_default();
    let roles: Vec<String> = roles
        .iter()
        .map(|role| {
            let of = |key| role.get(key).map(|value| program.resolve(place, value)).unwrap_or_default();
            let members: Vec<String> = role
                .get("allowedMemberTypes")
                .map(Value::items)
                .unwrap_or_default()
                .iter()
                .map(Value::written)
                .collect();
            format!(
                "{} {} for {}, enabled: {}",
                of("id"),
                of("value"),
                members.join(" and "),
                role.get("isEnabled").map(Value::written).unwrap_or_default()
            )
        })
        .collect();
    let principal = document
        .deployed("Microsoft.Graph/servicePrincipals")
        .find(|principal| principal.written("appId") == format!("{}.appId", application.name));
    let required = principal.map_or_else(
        || "no service principal".to_owned(),
        |principal| {
            let place = program.place(ENTRA, principal);
            principal.get("appRoleAssignmentRequired").map(|value| program.resolve(place, value)).unwrap_or_default()
        },
    );
    let version = application.written("api.requestedAccessTokenVersion");
    let name = application.written("displayName");
    format!("{name}, tokens of version {version}, assignment required: ‹{required}›, {}", roles.join(", "))
        .replace(['‹', '›'], "")
}

fn seed_described(app: &AppRegistration) -> String {
    let version = if app.token_version == TokenVersion::V1 { 1 } else { 2 };
    let roles: Vec<String> =
        app.app_roles.iter().map(|role| format!("{} {} for Application, enabled: true", role.id, role.value)).collect();
    let AppRegistration { name, assignment_required: required, .. } = app;
    format!("{name}, tokens of version {version}, assignment required: {required}, {}", roles.join(", "))
}

fn held<'a>(program: &'a Program<'a>, document: &'a Document, seed: &Seed) -> Vec<String> {
    document
        .deployed("Microsoft.Graph/appRoleAssignedTo")
        .map(|assignment| {
            let place = program.place(ENTRA, assignment);
            let of = |key| assignment.get(key).map(|value| program.resolve(place, value)).unwrap_or_default();
            let principal = without_unknown(&of("principalId"));
            let resource = assignment.written("resourceId");
            let app = resource
                .strip_suffix(".id")
                .and_then(|symbol| document.find(symbol))
                .and_then(|principal| document.find(principal.written("appId").trim_end_matches(".appId")))
                .map(|application| application.written("displayName"))
                .unwrap_or_default();
            let id = of("appRoleId");
            let mut roles =
                seed.app_registrations.iter().filter(|known| known.name == app).flat_map(|app| &app.app_roles);
            let role = roles.find(|role| role.id.to_string() == id).map_or(id.as_str(), |role| &role.value);
            format!("{principal}: {role} of {app}")
        })
        .collect()
}

fn seed_held(seed: &Seed) -> Vec<String> {
    let held =
        seed.app_role_assignments.iter().map(|a| format!("principalId of {}: {} of {}", a.identity, a.role, a.app));
    held.chain([OF_THE_PLATFORM.to_owned()]).collect()
}

/// What callers ask a token for, what the application answers to, and what the policy expects must be one and the same.
fn one_audience(files: &Files) -> Vec<String> {
    let program = Program(files.bicep());
    let main = &program.0[MAIN];
    let settings = main.find("settings").expect("the settings stand in main.bicep");
    let asked = settings.get("APIM__audience").map(|value| program.resolve(program.place(MAIN, settings), value));
    let entra = program.0[ENTRA].deployed("Microsoft.Graph/applications").next().expect("an application");
    let answers = entra.get("identifierUris").and_then(|uris| uris.items().first());
    let answers = answers.map(|uri| program.resolve(program.place(ENTRA, entra), uri));
    let apis = &program.0["infra/modules/apis.bicep"];
    let named = apis.find("namedValueTexts").expect("the named values stand in apis.bicep");
    let place = program.place("infra/modules/apis.bicep", named);
    let expected = named.get("orders-app-id-uri").map(|value| program.resolve(place, value));
    let mut complaints = Vec::new();
    if asked.is_none() || asked != answers || asked != expected {
        complaints.push(format!("callers ask for {asked:?}, Entra knows {answers:?}, the policy expects {expected:?}"));
    }
    complaints
}

#[test]
fn app_roles_are_those_of_the_seed() {
    assert_content(same_as_the_seed);
}

#[test]
fn tokens_of_version_one_are_seen() {
    let broken =
        Files::of_this_repository().with(ENTRA, "requestedAccessTokenVersion: 2", "requestedAccessTokenVersion: 1");
    assert_complains(same_as_the_seed, &broken, "orders-api, tokens of version 1");
}

#[test]
fn another_role_value_is_seen() {
    let broken = Files::of_this_repository().with(ENTRA, "'Orders.Read'", "'Orders.Write'");
    assert_complains(same_as_the_seed, &broken, "Orders.Write for Application");
}

#[test]
fn a_role_that_identities_cannot_hold_is_seen() {
    let broken = Files::of_this_repository().with(ENTRA, "['Application']", "['User']");
    assert_complains(same_as_the_seed, &broken, "Orders.Read for User");
}

#[test]
fn another_default_for_assignment_required_is_seen() {
    let broken = Files::of_this_repository().with(
        MAIN,
        "param assignmentRequired bool = false",
        "param assignmentRequired bool = true",
    );
    assert_complains(same_as_the_seed, &broken, "assignment required: true");
}

#[test]
fn an_app_role_for_another_identity_is_seen() {
    let broken = Files::of_this_repository().with(
        MAIN,
        "callerPrincipalId: identities.outputs.caller.principalId",
        "callerPrincipalId: identities.outputs.reader.principalId",
    );
    assert_complains(same_as_the_seed, &broken, "id-keyless-caller: Orders.Read of orders-api is missing");
    assert_complains(same_as_the_seed, &broken, "id-keyless-reader: Orders.Read of orders-api stands in Bicep only");
}

#[test]
fn a_client_id_where_a_principal_id_belongs_is_seen() {
    let broken = Files::of_this_repository().with(
        MAIN,
        "callerPrincipalId: identities.outputs.caller.principalId",
        "callerPrincipalId: identities.outputs.caller.clientId",
    );
    assert_complains(
        same_as_the_seed,
        &broken,
        "clientId of id-keyless-caller: Orders.Read of orders-api stands in Bicep only",
    );
}

#[test]
fn callers_gateway_and_entra_agree_on_the_audience() {
    assert_content(one_audience);
}

#[test]
fn another_audience_is_seen() {
    let broken = Files::of_this_repository().with(MAIN, "APIM__audience: appIdUri", "APIM__audience: 'api://orders'");
    assert_complains(one_audience, &broken, "callers ask for Some(\"api://orders\")");
}
