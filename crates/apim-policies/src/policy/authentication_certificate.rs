//! `authentication-certificate`: the gateway's certificate for a backend that asks for one
//! (learn.microsoft.com/azure/api-management/authentication-certificate-policy).
//!
//! It has no effect on a backend without TLS. A certificate in `body` (a PFX file) is not read, so the backend gets no
//! certificate.

use std::{collections::BTreeMap, sync::Arc};

use super::prelude::*;
use crate::{expression::Certificate, outside::ClientCertificate};

#[derive(Debug)]
pub(crate) struct AuthenticationCertificate {
    which: Which,
    /// The certificates of the service, by identifier in lower case.
    known: BTreeMap<String, Arc<Certificate>>,
}

#[derive(Debug)]
enum Which {
    Id(Setting<String>),
    Thumbprint(Setting<String>),
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<AuthenticationCertificate> {
    element.only_attributes(&["id", "thumbprint", "certificate-id", "body", "password"], problems);
    element.children(&[], problems);
    element.not_empty(&["thumbprint", "certificate-id"], problems);
    let given = ["thumbprint", "certificate-id", "body"].into_iter().filter(|name| element.has(name));
    if given.count() != 1 {
        let message = "<authentication-certificate> needs one of thumbprint, certificate-id and body";
        element.problem(problems, message);
        return None;
    }
    let _not_looked_at: Option<Setting<String>> = element.setting("password", problems);
    let certificates = element.service().certificates.iter();
    let known = certificates.map(|(id, one)| (id.to_ascii_lowercase(), Arc::new(one.clone()))).collect();
    let which = if element.has("body") {
        let reason = "PFX files are not read here; give the service the certificate, and name it with certificate-id";
        element.unsupported_value("body", reason, problems);
        return None;
    } else if element.has("thumbprint") {
        Which::Thumbprint(element.setting("thumbprint", problems)?)
    } else {
        let id = element.setting::<String>("certificate-id", problems)?;
        if let Setting::Literal(id) = &id
            && !element.service().certificates.keys().any(|known| known.eq_ignore_ascii_case(id))
        {
            element.undefined("certificate-id", "a certificate of the service", problems);
        }
        Which::Id(id)
    };
    Some(AuthenticationCertificate { which, known })
}

impl AuthenticationCertificate {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        run.client_certificate = self.certificate(run).await?;
        Ok(())
    }

    /// Returns the certificate for the backend; `None` if the gateway cannot use it.
    pub(super) async fn certificate<O: Outside>(
        &self,
        run: &mut Run<'_, O>,
    ) -> Result<Option<ClientCertificate>, Failure> {
        let (found, what) = match &self.which {
            Which::Id(id) => {
                let id = run.get(id).await?;
                (self.known.get(&id.to_ascii_lowercase()).cloned(), format!("the identifier {id}"))
            }
            Which::Thumbprint(thumbprint) => {
                let thumbprint = run.get(thumbprint).await?;
                let known = &run.context.deployment.certificates;
                let found = known.iter().find(|one| one.thumbprint().eq_ignore_ascii_case(thumbprint.trim()));
                (found.cloned(), format!("the thumbprint {thumbprint}"))
            }
        };
        let Some(certificate) = found else {
            return Err(Failure::internal("", "", format!("The service has no certificate with {what}.")));
        };
        if certificate.private_key_der().is_none() {
            return Err(Failure::internal("", "", format!("The certificate with {what} has no private key.")));
        }
        run.trace(|| format!("shows the certificate with {what} to a backend that asks for one"));
        Ok(Some(ClientCertificate(certificate)))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use crate::{
        ClientCertificate,
        expression::Certificate,
        rig::{World, problems_in},
    };

    #[tokio::test]
    async fn the_request_carries_the_certificate_to_show() {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::default().self_signed(&key).unwrap();
        let certificate = Certificate::new(made.der(), Some(&key.serialize_der())).unwrap();
        let thumbprint = certificate.thumbprint();
        let mut world = World::new();
        world.service.certificates.insert("own".to_owned(), certificate);
        for (policy, expected) in [
            ("<authentication-certificate certificate-id=\"OWN\" />", Some(&thumbprint)),
            ("<authentication-certificate certificate-id=\"@(\"own\")\" />", Some(&thumbprint)),
            ("", None),
        ] {
            let outcome = world.run_sections(policy, "<base />", "", "").await;
            assert_eq!(outcome.last_error, None, "{policy}");
            let sent = std::mem::take(&mut *world.forwarded.lock().unwrap()).remove(0);
            let shown = sent.extensions().get::<ClientCertificate>().map(|shown| shown.0.thumbprint());
            assert_eq!(shown.as_ref(), expected, "{policy}");
        }
        let unknown =
            world.run_sections("<authentication-certificate certificate-id=\"@(\"x\")\" />", "", "", "").await;
        assert_eq!(unknown.last_error.unwrap().message, "The service has no certificate with the identifier x.");
    }

    #[tokio::test]
    async fn a_certificate_that_the_service_does_not_have_fails() {
        let run = async |attributes: &str| {
            let policy = format!("<authentication-certificate {attributes} />");
            World::new().run_sections(&policy, "<base />", "", "").await
        };
        let error = run("thumbprint=\"00\"").await.last_error.unwrap();
        assert_eq!(error.message, "The service has no certificate with the thumbprint 00.");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<authentication-certificate />\n<authentication-certificate certificate-id=\"none\" x=\"1\" />\n\
                 <authentication-certificate body=\"@(context.Request.Body.As<byte[]>())\" password=\"x\" />"
            ),
            [
                "2:1: <authentication-certificate> needs one of thumbprint, certificate-id and body",
                "3:29: the attribute \"certificate-id\" of <authentication-certificate> must be a certificate of the \
                 service",
                "3:51: the attribute \"x\" of <authentication-certificate> is not declared",
                "4:29: the attribute \"body\" of <authentication-certificate>: PFX files are not read here; give the \
                 service the certificate, and name it with certificate-id",
            ]
        );
    }
}
