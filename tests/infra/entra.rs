//! Rule: the app registration, its app roles and the holders of these roles are those of the seed.

use bicep_check::{DeployedResources, MadeResource};
use local_azure::seed::{AppRegistration, Seed, TokenVersion};

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{MAIN, known, plan},
};

const ENTRA: &str = "infra/modules/entra.bicep";

/// The assignment of the workflow, which is not a part of local-azure. It makes the same call as the function app.
const OF_THE_PLATFORM: &str = "principalId of logic-keyless: Orders.Read of orders-api";

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let seed = files.seed();
    // An API without callers is in the seed only for tokens of a wrong audience. It is not deployed.
    let called =
        seed.app_registrations.iter().filter(|app| seed.app_role_assignments.iter().any(|a| a.app == app.name));
    let expected: Vec<String> = called.map(seed_described).collect();
    let applications = plan.of_type("Microsoft.Graph/applications").map(|application| described(&plan, application));
    let mut complaints = differences("app registrations", &applications.collect::<Vec<_>>(), &expected);
    complaints.extend(differences("app role assignments", &held(&plan, &seed), &seed_held(&seed)));
    complaints
}

fn described(plan: &DeployedResources, application: &MadeResource) -> String {
    let of = |property: &str| application.all(&format!("appRoles.{property}"));
    let roles = of("id").into_iter().zip(of("value")).zip(of("allowedMemberTypes").into_iter().zip(of("isEnabled")));
    let roles: Vec<String> = roles
        .map(|((id, value), (member, enabled))| format!("{id} {value} for {member}, enabled: {enabled}"))
        .collect();
    let app_id = format!("‹appId of {}›", application.symbol);
    let mut principals = plan.of_type("Microsoft.Graph/servicePrincipals");
    let principal = principals.find(|principal| principal.text("appId") == app_id);
    let required = principal.map_or("no service principal".to_owned(), |one| one.text("appRoleAssignmentRequired"));
    let (name, version) = (application.text("displayName"), application.text("api.requestedAccessTokenVersion"));
    format!("{name}, tokens of version {version}, assignment required: {required}, {}", roles.join(", "))
}

fn seed_described(app: &AppRegistration) -> String {
    let version = if app.token_version == TokenVersion::V1 { 1 } else { 2 };
    let roles: Vec<String> =
        app.app_roles.iter().map(|role| format!("{} {} for Application, enabled: true", role.id, role.value)).collect();
    let AppRegistration { name, assignment_required: required, .. } = app;
    format!("{name}, tokens of version {version}, assignment required: {required}, {}", roles.join(", "))
}

fn held(plan: &DeployedResources, seed: &Seed) -> Vec<String> {
    let app_of = |id: String| {
        let principal = plan.of_type("Microsoft.Graph/servicePrincipals").find(|principal| principal.id == id)?;
        let app_id = principal.text("appId");
        plan.of_type("Microsoft.Graph/applications").find(|app| app_id == format!("‹appId of {}›", app.symbol))
    };
    plan.of_type("Microsoft.Graph/appRoleAssignedTo")
        .map(|assignment| {
            let principal = known(&assignment.text("principalId"));
            let app = app_of(assignment.text("resourceId")).map(|app| app.text("displayName")).unwrap_or_default();
            let id = assignment.text("appRoleId");
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

/// Checks that there is one audience: in the callers' token requests, in the application, and in the policy.
fn one_audience(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let apis = [("APIM", "orders"), ("OPENAI", "chat")];
    apis.iter().flat_map(|(connection, api)| one_audience_of(&plan, connection, api)).collect()
}

fn one_audience_of(plan: &DeployedResources, connection: &str, api: &str) -> Vec<String> {
    let audience = format!("properties.{connection}__audience");
    let asked: Vec<String> = plan.of_type("Microsoft.Web/sites/config").map(|config| config.text(&audience)).collect();
    let registered = format!("{api}-api");
    let applications = plan.of_type("Microsoft.Graph/applications").filter(|app| app.text("displayName") == registered);
    let answers: Vec<String> = applications.flat_map(|app| app.all("identifierUris")).collect();
    let mut named = plan.of_type("Microsoft.ApiManagement/service/namedValues");
    let name = format!("/{api}-app-id-uri");
    let expected = named.find(|value| value.name.ends_with(&name)).map(|one| one.text("properties.value"));
    let expected: Vec<String> = expected.into_iter().collect();
    if asked.is_empty() || asked != answers || asked != expected {
        return vec![format!("callers ask for {asked:?}, Entra knows {answers:?}, the policy expects {expected:?}")];
    }
    Vec::new()
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
    let files = Files::of_this_repository();
    let broken = files.with(MAIN, "APIM__audience: appIdUri", "APIM__audience: 'api://orders'");
    assert_complains(one_audience, &broken, "callers ask for [\"api://orders\"]");
    let broken = files.with(MAIN, "deployOpenAI ? chatUri : ''", "deployOpenAI ? 'api://orders' : ''");
    assert_complains(one_audience, &broken, "callers ask for [\"api://orders\"]");
}
