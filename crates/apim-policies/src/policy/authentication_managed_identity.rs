//! `authentication-managed-identity`: a token for a backend, for one of the service's own identities
//! (learn.microsoft.com/azure/api-management/authentication-managed-identity-policy).
//!
//! Without a variable it replaces the caller's Authorization header, so put it after the policy that validates that
//! header.

use http::{HeaderValue, header};

use super::prelude::*;
use crate::expression::Value;

#[derive(Debug)]
pub(crate) struct ManagedIdentity {
    resource: Setting<String>,
    /// `None` for the system-assigned identity.
    client_id: Option<String>,
    variable: Option<String>,
    ignore_error: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ManagedIdentity> {
    if element.section() == Some(Section::Outbound) {
        element.warn(problems, "<authentication-managed-identity> is documented for <inbound> alone");
    }
    read(element, problems)
}

/// Reads the element. `send-request` may hold it, too.
pub(super) fn read(element: &Element<'_>, problems: &mut Problems) -> Option<ManagedIdentity> {
    let attributes = ["id", "resource", "client-id", "output-token-variable-name", "ignore-error"];
    element.only_attributes(&attributes, problems);
    element.children(&[], problems);
    element.not_empty(&["resource", "output-token-variable-name"], problems);
    let resource = element.required_setting("resource", problems);
    let client_id = element.attribute("client-id", problems).map(str::to_owned);
    let variable = element.attribute("output-token-variable-name", problems).map(str::to_owned);
    let ignore_error = element.flag("ignore-error", problems).unwrap_or(false);
    Some(ManagedIdentity { resource: resource?, client_id, variable, ignore_error })
}

impl ManagedIdentity {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        if let Some(authorization) = self.authorization(run).await? {
            run.context.request.headers.insert(header::AUTHORIZATION, authorization);
        }
        Ok(())
    }

    /// Returns the header to set. Returns `None` if a variable takes the token, or if the policy ignores that there is
    /// no token.
    pub(super) async fn authorization<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Option<HeaderValue>, Failure> {
        let resource = run.get(&self.resource).await?;
        let token = match run.outside.managed_identity_token(&resource, self.client_id.as_deref()).await {
            Ok(token) => token,
            Err(unreachable) if self.ignore_error => {
                run.trace(|| format!("no token for {resource}: {unreachable}"));
                return Ok(None);
            }
            Err(unreachable) => return Err(Failure::internal("", "", unreachable.to_string())),
        };
        run.hide(&token);
        run.trace(|| format!("a token for {resource}"));
        match &self.variable {
            Some(name) => {
                run.context.variables.insert(name.clone(), Value::from(token));
                Ok(None)
            }
            None => HeaderValue::try_from(format!("Bearer {token}"))
                .map(Some)
                .map_err(|error| Failure::internal("", "", format!("the token for {resource}: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    const VAULT: &str = "https://vault.azure.net";

    /// Returns a world with a token for the vault, and the outcome of the policy and a header there.
    async fn run(attributes: &str) -> (World, crate::Outcome<bytes::Bytes>) {
        let mut world = World::new();
        world.tokens.insert(VAULT.to_owned(), "t0k3n".to_owned());
        let inbound = format!(
            "<set-header name=\"Authorization\"><value>the caller's</value></set-header>\
             <authentication-managed-identity {attributes} />"
        );
        let outcome = world.run_sections(&inbound, "<base />", "", "").await;
        (world, outcome)
    }

    fn authorization(world: &World) -> String {
        world.forwarded.lock().unwrap()[0].headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn the_token_replaces_the_callers_or_goes_to_a_variable() {
        let (world, outcome) = run("resource=\"https://vault.azure.net\" client-id=\"b1a7c0de\"").await;
        assert_eq!((authorization(&world).as_str(), outcome.variables.len()), ("Bearer t0k3n", 0));
        let asked = [(VAULT.to_owned(), Some("b1a7c0de".to_owned()))];
        assert_eq!(*world.tokens_asked.lock().unwrap(), asked);
        assert!(!world.traces.lock().unwrap().concat().contains("t0k3n"));

        let (world, outcome) =
            run("resource=\"@(\"https://vault\" + \".azure.net\")\" output-token-variable-name=\"t\"").await;
        assert_eq!((authorization(&world).as_str(), outcome.variables["t"].as_str()), ("the caller's", Some("t0k3n")));
        assert_eq!(*world.tokens_asked.lock().unwrap(), [(VAULT.to_owned(), None)]);
    }

    #[tokio::test]
    async fn without_a_token_the_request_fails_unless_that_is_ignored() {
        let (world, outcome) = run("resource=\"api://none\"").await;
        assert_eq!(outcome.response.status(), 500);
        assert!(
            outcome.response.body().starts_with(b"{ \"statusCode\": 500, \"message\": \"Internal server error\", ")
        );
        let error = outcome.last_error.unwrap();
        assert_eq!(
            (error.source, error.reason, error.message.as_str()),
            ("authentication-managed-identity", "", "no token for api://none")
        );
        assert!(world.forwarded.lock().unwrap().is_empty());

        let (world, outcome) =
            run("resource=\"api://none\" ignore-error=\"true\" output-token-variable-name=\"t\"").await;
        assert_eq!((authorization(&world).as_str(), outcome.variables.len()), ("the caller's", 0));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<authentication-managed-identity client-id=\"@(1)\" ignore-error=\"1\" scope=\"\" />"
            ),
            [
                "2:1: <authentication-managed-identity> needs the attribute \"resource\"",
                "2:34: the attribute \"client-id\" of <authentication-managed-identity> does not take a policy expression",
                "2:51: the attribute \"ignore-error\" of <authentication-managed-identity> must be true or false",
                "2:68: the attribute \"scope\" of <authentication-managed-identity> is not declared",
            ]
        );
        assert_eq!(
            problems_in("backend", "<authentication-managed-identity resource=\"x\" />"),
            ["2:1: the policy <authentication-managed-identity> is not allowed in <backend>"]
        );
    }
}
