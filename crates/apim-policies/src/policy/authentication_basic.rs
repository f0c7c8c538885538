//! `authentication-basic`: a user name and password for the backend
//! (learn.microsoft.com/azure/api-management/authentication-basic-policy).
//!
//! It replaces the caller's Authorization header. RFC 7617 allows no colon in a user name. Azure does not document its
//! behaviour for such a name; it is refused here.

use super::prelude::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};

#[derive(Debug)]
pub(crate) struct Basic {
    username: Setting<String>,
    password: Setting<String>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Basic> {
    element.only_attributes(&["id", "username", "password"], problems);
    element.children(&[], problems);
    if element.is_repeated() {
        element.problem(problems, "<authentication-basic> may stand in a section once");
    }
    let username = element.required_setting::<String>("username", problems);
    if matches!(&username, Some(Setting::Literal(name)) if name.contains(':')) {
        element.unsupported_value("username", "what Azure does with a colon in it is not documented", problems);
    }
    let password = element.required_setting("password", problems);
    Some(Basic { username: username?, password: password? })
}

impl Basic {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let username = run.get(&self.username).await?;
        let password = run.get(&self.password).await?;
        if username.contains(':') {
            return Err(Failure::expression("username is not text without a colon."));
        }
        let credential = STANDARD.encode(format!("{username}:{password}"));
        let mut value = HeaderValue::try_from(format!("Basic {credential}"))
            .map_err(|error| Failure::internal("", "", format!("the credential: {error}")))?;
        value.set_sensitive(true);
        run.hide(&password);
        run.hide(&credential);
        run.trace(|| format!("as the user {username}"));
        run.context.request.headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    /// Returns the Authorization header that the backend gets.
    async fn sent(attributes: &str) -> String {
        let world = World::new();
        let inbound = format!(
            "<set-header name=\"Authorization\"><value>the caller's</value></set-header>\
             <authentication-basic {attributes} />"
        );
        assert_eq!(world.run_sections(&inbound, "<base />", "", "").await.last_error, None);
        assert!(!world.traces.lock().unwrap().concat().contains("open sesame"));
        world.forwarded.lock().unwrap()[0].headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn the_credential_replaces_the_callers() {
        // The example of RFC 7617.
        assert_eq!(sent("username=\"Aladdin\" password=\"open sesame\"").await, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(
            sent("username=\"@(\"Alad\" + \"din\")\" password=\"@(\"open \" + \"sesame\")\"").await,
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        // UTF-8, and a password may have a colon: test:1:23£
        assert_eq!(sent("username=\"test\" password=\"1:23£\"").await, "Basic dGVzdDoxOjIzwqM=");
    }

    #[tokio::test]
    async fn a_user_name_that_would_be_read_as_another_fails() {
        let policy = "<authentication-basic username=\"@(\"a:\" + \"b\")\" password=\"p\" />";
        let world = World::new();
        let error = world.run_sections(policy, "<base />", "", "").await.last_error.unwrap();
        assert_eq!(error.message, "Expression evaluation failed. username is not text without a colon.");
        assert!(world.forwarded.lock().unwrap().is_empty());
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<authentication-basic username=\"a:b\" realm=\"x\"><x /></authentication-basic>\n<authentication-basic />"
            ),
            [
                "2:1: <authentication-basic> needs the attribute \"password\"",
                "2:23: the attribute \"username\" of <authentication-basic>: what Azure does with a colon in it is not documented",
                "2:38: the attribute \"realm\" of <authentication-basic> is not declared",
                "2:48: <x> is not declared in <authentication-basic>",
                "3:1: <authentication-basic> may stand in a section once",
                "3:1: <authentication-basic> needs the attribute \"password\"",
                "3:1: <authentication-basic> needs the attribute \"username\"",
            ]
        );
        let policy = "<authentication-basic username=\"a\" password=\"b\" />";
        assert_eq!(
            problems_in("backend", policy),
            ["2:1: the policy <authentication-basic> is not allowed in <backend>"]
        );
        // The documentation has no such child of `send-request`.
        let sent = format!(
            "<send-request response-variable-name=\"r\"><set-url>https://a.test</set-url><set-method>GET</set-method>{policy}</send-request>"
        );
        assert_eq!(problems_in("inbound", &sent).len(), 1);
    }
}
