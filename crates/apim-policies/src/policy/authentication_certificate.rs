//! `authentication-certificate`: the gateway's certificate for a backend that asks for one
//! (learn.microsoft.com/azure/api-management/authentication-certificate-policy).
//!
//! Backends here are plain HTTP, or hosts that ask for no certificate, so what is checked is that the service has the
//! certificate. A certificate in `body` is not looked at.

use super::prelude::*;

#[derive(Debug)]
pub(crate) enum AuthenticationCertificate {
    Id(Setting<String>),
    Thumbprint(Setting<String>),
    /// Given by an expression.
    Body,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<AuthenticationCertificate> {
    element.only_attributes(&["id", "thumbprint", "certificate-id", "body", "password"], problems);
    element.children(&[], problems);
    let given = ["thumbprint", "certificate-id", "body"].into_iter().filter(|name| element.has(name));
    if given.count() != 1 {
        let message = "<authentication-certificate> needs one of thumbprint, certificate-id and body";
        element.problem(problems, message);
        return None;
    }
    let _not_looked_at: Option<Setting<String>> = element.setting("password", problems);
    if element.has("body") {
        let _given: Option<Setting<String>> = element.setting("body", problems);
        return Some(AuthenticationCertificate::Body);
    }
    if element.has("thumbprint") {
        return element.setting("thumbprint", problems).map(AuthenticationCertificate::Thumbprint);
    }
    let id = element.setting::<String>("certificate-id", problems)?;
    if let Setting::Literal(id) = &id
        && !element.service().certificates.keys().any(|known| known.eq_ignore_ascii_case(id))
    {
        element.undefined("certificate-id", "a certificate of the service", problems);
    }
    Some(AuthenticationCertificate::Id(id))
}

impl AuthenticationCertificate {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let what = match self {
            Self::Body => "the certificate that the policy gives".to_owned(),
            Self::Id(id) => format!("the certificate {}", run.get(id).await?),
            Self::Thumbprint(thumbprint) => {
                let thumbprint = run.get(thumbprint).await?;
                let known = &run.context.deployment.certificates;
                if !known.iter().any(|one| one.thumbprint().eq_ignore_ascii_case(thumbprint.trim())) {
                    let message = format!("The service has no certificate with the thumbprint {thumbprint}.");
                    return Err(Failure::internal("", "", message));
                }
                format!("the certificate with the thumbprint {thumbprint}")
            }
        };
        run.trace(|| format!("would show {what} to a backend that asks for one"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn a_certificate_that_the_service_does_not_have_fails() {
        let run = async |attributes: &str| {
            let policy = format!("<authentication-certificate {attributes} />");
            World::new().run_sections(&policy, "<base />", "", "").await
        };
        let error = run("thumbprint=\"00\"").await.last_error.unwrap();
        assert_eq!(error.message, "The service has no certificate with the thumbprint 00.");
        let outcome = run("body=\"@(Convert.FromBase64String(&quot;AA==&quot;))\" password=\"x\"").await;
        assert_eq!((outcome.last_error, outcome.response.status().as_u16()), (None, 200));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<authentication-certificate />\n<authentication-certificate certificate-id=\"none\" x=\"1\" />"
            ),
            [
                "2:1: <authentication-certificate> needs one of thumbprint, certificate-id and body",
                "3:29: the attribute \"certificate-id\" of <authentication-certificate> must be a certificate of the \
                 service",
                "3:51: the attribute \"x\" of <authentication-certificate> is not declared",
            ]
        );
    }
}
