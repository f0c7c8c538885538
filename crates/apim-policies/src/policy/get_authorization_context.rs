//! `get-authorization-context`: gets a token for a backend from the credential manager
//! (learn.microsoft.com/azure/api-management/get-authorization-context-policy).
//!
//! By the page, a failure is a 500 with `context.LastError`, or a null variable. The page gives no reasons and no
//! messages, so this crate sets none. The page does not say whether Azure accepts a document that names an unknown
//! connection, or `jwt` without a token. Both are refused here. Names from expressions are looked up for each request.

use super::prelude::*;
use crate::{expression::Value, outside::ConnectionIdentity};

#[derive(Debug)]
pub(crate) struct GetAuthorizationContext {
    provider: Setting<String>,
    connection: Setting<String>,
    variable: Setting<String>,
    identity_type: Option<Setting<IdentityType>>,
    /// The token of [`IdentityType::Jwt`].
    identity: Option<Setting<String>>,
    ignore_error: Option<Setting<bool>>,
}

/// The identity that the connection's access policies must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IdentityType {
    Managed,
    Jwt,
}

words! {
    IdentityType, "managed or jwt";
    "managed" => Managed;
    "jwt" => Jwt;
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<GetAuthorizationContext> {
    let optional = ["id", "identity-type", "identity", "ignore-error"];
    let required = ["provider-id", "authorization-id", "context-variable-name"];
    element.only_attributes(&[&optional[..], &required[..]].concat(), problems);
    element.children(&[], problems);
    let provider = element.required_setting("provider-id", problems);
    let connection = element.required_setting("authorization-id", problems);
    check_names(element, provider.as_ref(), connection.as_ref(), problems);
    let variable = element.required_setting("context-variable-name", problems);
    if matches!(&variable, Some(Setting::Literal(name)) if String::is_empty(name)) {
        element.bad_value("context-variable-name", "the name of a variable", problems);
    }
    let identity_type = element.setting("identity-type", problems);
    if matches!(identity_type, Some(Setting::Literal(IdentityType::Jwt))) && !element.has("identity") {
        element.problem(problems, "<get-authorization-context> of the type jwt needs the attribute \"identity\"");
    }
    let identity = element.setting("identity", problems);
    let ignore_error = element.setting("ignore-error", problems);
    Some(GetAuthorizationContext {
        provider: provider?,
        connection: connection?,
        variable: variable?,
        identity_type,
        identity,
        ignore_error,
    })
}

/// Checks that the service has the named provider and connection.
fn check_names(
    element: &Element<'_>,
    provider: Option<&Setting<String>>,
    connection: Option<&Setting<String>>,
    problems: &mut Problems,
) {
    let Some(Setting::Literal(provider)) = provider else { return };
    match (element.service().credential_providers.get(provider), connection) {
        (None, _) => element.undefined("provider-id", "a credential provider of the service", problems),
        (Some(connections), Some(Setting::Literal(connection))) if !connections.contains(connection) => {
            element.bad_value("authorization-id", "a connection of the credential provider", problems);
        }
        _ => {}
    }
}

impl GetAuthorizationContext {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let provider = run.get(&self.provider).await?;
        let connection = run.get(&self.connection).await?;
        let variable = run.get(&self.variable).await?;
        let identity_type = run.get_any(self.identity_type.as_ref()).await?.unwrap_or(IdentityType::Managed);
        let ignore_error = run.get_any(self.ignore_error.as_ref()).await?.unwrap_or(false);
        let token;
        let identity = match identity_type {
            IdentityType::Managed => ConnectionIdentity::Managed,
            IdentityType::Jwt => {
                token = run.get_any(self.identity.as_ref()).await?.unwrap_or_default();
                ConnectionIdentity::Jwt(&token)
            }
        };
        let value = match run.outside.authorization(&provider, &connection, identity).await {
            Ok(authorization) => {
                run.hide(&authorization.access_token);
                run.trace(|| format!("{variable} is now an authorization of {provider}/{connection}"));
                authorization.into()
            }
            Err(error) if ignore_error => {
                run.trace(|| format!("{variable} is now null: {error}"));
                Value::Null
            }
            Err(error) => return Err(Failure::internal("", "", error.to_string())),
        };
        run.context.variables.insert(variable, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use serde_json::{Map, json};

    use crate::{
        Document, Outcome, Scope, Service,
        expression::{Authorization, Value},
        rig::{World, problems_in},
    };

    const NAMES: &str = "provider-id=\"graph\" authorization-id=\"one\" context-variable-name=\"auth\"";
    const SET_HEADER: &str = "<set-header name=\"Authorization\" exists-action=\"override\"><value>@(\"Bearer \" + ((Authorization)\
         context.Variables.GetValueOrDefault(\"auth\"))?.AccessToken)</value></set-header>";

    fn service() -> Service {
        let connections = ["one", "two"].map(str::to_owned).into();
        Service { credential_providers: BTreeMap::from([("graph".to_owned(), connections)]), ..Service::default() }
    }

    /// Returns a world in which the connection `one` gives a token, and the outcome of the policy and the documented
    /// header there.
    async fn run(attributes: &str) -> (World, Outcome<Bytes>) {
        let mut world = World::new();
        world.service = service();
        let claims = Map::from_iter([("token_type".to_owned(), json!("Bearer"))]);
        let authorization = Authorization { access_token: "t0k3n".to_owned(), claims };
        world.authorizations.insert(("graph".to_owned(), "one".to_owned()), authorization);
        let inbound = format!("<get-authorization-context {attributes} />{SET_HEADER}");
        let outcome = world.run_sections(&inbound, "<base />", "", "").await;
        (world, outcome)
    }

    fn authorization(world: &World) -> String {
        world.forwarded.lock().unwrap()[0].headers()["authorization"].to_str().unwrap().to_owned()
    }

    /// Returns the requested provider and connection, and the token sent with them.
    fn asked(world: &World) -> (String, String, Option<String>) {
        world.authorizations_asked.lock().unwrap().remove(0)
    }

    fn own(connection: &str) -> (String, String, Option<String>) {
        ("graph".to_owned(), connection.to_owned(), None)
    }

    #[tokio::test]
    async fn the_documented_policy_and_header_send_the_connections_token() {
        let (world, outcome) = run(&format!("{NAMES} identity-type=\"managed\" ignore-error=\"false\"")).await;
        assert_eq!(authorization(&world), "Bearer t0k3n");
        assert_eq!(asked(&world), own("one"));
        assert_eq!(outcome.variables["auth"].type_name(), "Authorization");
        let traces = world.traces.lock().unwrap().join("\n");
        assert!(traces.contains("get-authorization-context: auth is now an authorization of graph/one"), "{traces}");
        assert!(!traces.contains("t0k3n"));
    }

    #[tokio::test]
    async fn the_services_own_identity_is_the_default_and_takes_no_token() {
        let (world, _) = run(NAMES).await;
        assert_eq!(asked(&world), own("one"));
        // An expression that would fail shows that the policy does not evaluate it.
        let (world, outcome) = run(&format!("{NAMES} identity=\"@(context.Request.Headers[\"none\"][0])\"")).await;
        assert_eq!((asked(&world), outcome.last_error), (own("one"), None));
    }

    #[tokio::test]
    async fn a_token_of_the_request_is_handed_on_to_be_checked() {
        let jwt = "identity-type=\"jwt\" identity=\"@(\"Bearer ey.J.x\".Replace(\"Bearer \", \"\"))\"";
        let (world, _) = run(&format!("{NAMES} {jwt}")).await;
        assert_eq!(asked(&world).2.as_deref(), Some("ey.J.x"));
        let (world, _) = run(&format!("{NAMES} identity-type=\"@(\"jwt\")\"")).await;
        assert_eq!(asked(&world).2.as_deref(), Some(""));
    }

    #[tokio::test]
    async fn every_attribute_takes_an_expression() {
        let attributes = "provider-id=\"@(\"gr\" + \"aph\")\" authorization-id=\"@(\"on\" + \"e\")\" \
                          context-variable-name=\"@(\"au\" + \"th\")\" identity-type=\"@(\"managed\")\" \
                          ignore-error=\"@(1 > 2)\"";
        let (world, _) = run(attributes).await;
        assert_eq!((authorization(&world).as_str(), asked(&world)), ("Bearer t0k3n", own("one")));

        let (_, outcome) = run(&format!("{NAMES} identity-type=\"@(\"user\")\"")).await;
        assert_eq!(
            outcome.last_error.unwrap().to_string(),
            "ExpressionValueEvaluationFailure: Expression evaluation failed. The value, of type System.String, is not \
             managed or jwt."
        );
    }

    #[tokio::test]
    async fn without_an_authorization_the_request_fails() {
        for attributes in [NAMES.replace("one", "two"), NAMES.replace("\"graph\"", "\"@(\"none\")\"")] {
            for ignore in ["", "ignore-error=\"false\""] {
                let (world, outcome) = run(&format!("{attributes} {ignore}")).await;
                assert_eq!(outcome.response.status(), 500);
                assert_eq!(
                    outcome.response.body(),
                    "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
                     \"activityId\": \"00000000-0000-0000-0000-000000000001\" }"
                );
                let error = outcome.last_error.unwrap();
                assert_eq!(
                    (error.source, error.reason, error.message.as_str()),
                    ("get-authorization-context", "", "Permission denied")
                );
                assert!(!outcome.variables.contains_key("auth"));
                assert!(world.forwarded.lock().unwrap().is_empty());
            }
        }
    }

    #[tokio::test]
    async fn a_failure_that_is_to_be_ignored_leaves_null() {
        let two = NAMES.replace("one", "two");
        for ignore in ["true", "@(true)"] {
            let (world, outcome) = run(&format!("{two} ignore-error=\"{ignore}\"")).await;
            assert_eq!((outcome.response.status().as_u16(), outcome.last_error), (200, None));
            assert!(matches!(outcome.variables["auth"], Value::Null));
            assert_eq!(authorization(&world), "Bearer ");
            let traces = world.traces.lock().unwrap().join("\n");
            assert!(traces.contains("get-authorization-context: auth is now null: Permission denied"), "{traces}");
        }
    }

    #[test]
    fn what_the_service_does_not_have_is_refused() {
        let problems = |attributes: &str| {
            let file = format!("<policies><inbound>\n<get-authorization-context {attributes} /></inbound></policies>");
            let loaded = Document::load(Scope::Api, &file, &service());
            loaded.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(problems(NAMES), [""; 0]);
        assert_eq!(
            problems(&format!("{} ignore-error=\"true\"", NAMES.replace("graph", "none"))),
            [
                "2:28: the attribute \"provider-id\" of <get-authorization-context> must be a credential provider of the \
              service"
            ]
        );
        assert_eq!(
            problems(&NAMES.replace("one", "three")),
            ["2:48: the attribute \"authorization-id\" of <get-authorization-context> must be a connection of the \
              credential provider"]
        );
        assert_eq!(problems(&NAMES.replace("\"graph\"", "\"@(\"none\")\"")), [""; 0]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let named = "provider-id=\"@(\"graph\")\" authorization-id=\"one\"";
        assert_eq!(
            problems_in(
                "inbound",
                &format!(
                    "<get-authorization-context />\n<get-authorization-context {named} context-variable-name=\"\" \
                     identity-type=\"user\" ignore-error=\"1\" scope=\"\"><value /></get-authorization-context>\n\
                     <get-authorization-context {named} context-variable-name=\"a\" identity-type=\"jwt\" \
                     ignore-error=\"@(\"true\")\" />"
                )
            ),
            [
                "2:1: <get-authorization-context> needs the attribute \"authorization-id\"",
                "2:1: <get-authorization-context> needs the attribute \"context-variable-name\"",
                "2:1: <get-authorization-context> needs the attribute \"provider-id\"",
                "3:76: the attribute \"context-variable-name\" of <get-authorization-context> must be the name of a \
                 variable",
                "3:101: the attribute \"identity-type\" of <get-authorization-context> must be managed or jwt",
                "3:122: the attribute \"ignore-error\" of <get-authorization-context> must be true or false",
                "3:139: the attribute \"scope\" of <get-authorization-context> is not declared",
                "3:148: <value> is not declared in <get-authorization-context>",
                "4:1: <get-authorization-context> of the type jwt needs the attribute \"identity\"",
                "4:122: the attribute \"ignore-error\" of <get-authorization-context> must be true or false, and its \
                 expression gives `string`",
            ]
        );
        for section in ["backend", "outbound", "on-error"] {
            assert_eq!(
                problems_in(section, &format!("<get-authorization-context {named} context-variable-name=\"a\" />")),
                [format!("2:1: the policy <get-authorization-context> is not allowed in <{section}>")]
            );
        }
    }
}
