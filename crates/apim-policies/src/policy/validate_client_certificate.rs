//! `validate-client-certificate`: checks the client's certificate
//! (learn.microsoft.com/azure/api-management/validate-client-certificate-policy).
//!
//! Revocation lists are not fetched. The status and reason of the refusal are not documented.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::Timestamp;

use super::prelude::*;
use crate::expression::Certificate;

#[derive(Debug)]
pub(crate) struct ValidateClientCertificate {
    trust: bool,
    not_before: bool,
    not_after: bool,
    ignores_error: bool,
    /// The allowed identities. If there are any, a certificate must have one of them.
    identities: Vec<BTreeMap<&'static str, String>>,
    /// The thumbprints of the service's certificates, by identifier in lower case.
    known: BTreeMap<String, String>,
}

const FLAGS: [&str; 5] =
    ["validate-revocation", "validate-trust", "validate-not-before", "validate-not-after", "ignore-error"];
const IDENTITY: [&str; 8] = [
    "thumbprint",
    "serial-number",
    "common-name",
    "subject",
    "dns-name",
    "issuer-subject",
    "issuer-thumbprint",
    "issuer-certificate-id",
];
const MOST_IDENTITIES: usize = 10;

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateClientCertificate> {
    element.only_attributes(&[&["id"][..], &FLAGS].concat(), problems);
    let mut flag = |name: &str, default: bool| element.flag(name, problems).unwrap_or(default);
    let _not_fetched = flag("validate-revocation", true);
    let mut policy = ValidateClientCertificate {
        trust: flag("validate-trust", true),
        not_before: flag("validate-not-before", true),
        not_after: flag("validate-not-after", true),
        ignores_error: flag("ignore-error", false),
        identities: Vec::new(),
        known: BTreeMap::new(),
    };
    let certificates = element.service().certificates.iter();
    policy.known = certificates.map(|(id, one)| (id.to_ascii_lowercase(), one.thumbprint())).collect();
    for identities in element.children(&[("identities", Count::AtMostOne)], problems) {
        identities.only_attributes(&[], problems);
        let children = identities.children(&[("identity", Count::Any)], problems);
        if children.is_empty() {
            identities.problem(problems, "<identities> needs at least one <identity>");
        }
        if children.len() > MOST_IDENTITIES {
            identities.problem(problems, format!("<identities> takes at most {MOST_IDENTITIES}"));
        }
        for identity in children {
            identity.only_attributes(&IDENTITY, problems);
            identity.children(&[], problems);
            let mut wanted = BTreeMap::new();
            for name in IDENTITY {
                if let Some(value) = identity.attribute(name, problems) {
                    wanted.insert(name, value.to_owned());
                }
            }
            // An identity without a claim would fit every certificate.
            if wanted.is_empty() {
                identity.problem(problems, "<identity> needs at least one claim");
            }
            policy.identities.push(wanted);
            if let Some(id) = identity.attribute("issuer-certificate-id", problems)
                && !policy.known.contains_key(&id.to_ascii_lowercase())
            {
                identity.undefined("issuer-certificate-id", "a certificate of the service", problems);
            }
            if identity.has("issuer-certificate-id")
                && (identity.has("issuer-subject") || identity.has("issuer-thumbprint"))
            {
                identity.problem(problems, "issuer-certificate-id stands without other attributes of the issuer");
            }
        }
    }
    Some(policy)
}

impl ValidateClientCertificate {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let refused = match &run.context.request.certificate {
            None => Err("Client certificate not present."),
            Some(certificate) => self.check(certificate, run.outside.now()),
        };
        match refused {
            Ok(()) => run.trace(|| "the client's certificate is valid".to_owned()),
            Err(message) if self.ignores_error => {
                run.trace(|| format!("{message} ignore-error lets the request pass"));
            }
            Err(message) => {
                return Err(Failure::new("", "", message.to_owned(), StatusCode::FORBIDDEN, message.to_owned()));
            }
        }
        Ok(())
    }

    fn check(&self, certificate: &Certificate, now: Timestamp) -> Result<(), &'static str> {
        let facts = certificate.facts();
        if self.trust && !certificate.has_trusted_chain() {
            return Err("Client certificate is not trusted.");
        }
        if self.not_before && now < facts.not_before {
            return Err("Client certificate is not yet valid.");
        }
        if self.not_after && now > facts.not_after {
            return Err("Client certificate has expired.");
        }
        if !self.identities.is_empty() && !self.identities.iter().any(|wanted| self.is(certificate, wanted)) {
            return Err("Client certificate is none of the allowed identities.");
        }
        Ok(())
    }

    /// Reports whether a certificate has every claim of an identity.
    fn is(&self, certificate: &Certificate, wanted: &BTreeMap<&'static str, String>) -> bool {
        let facts = certificate.facts();
        let digits = |one: &str, two: &str| one.eq_ignore_ascii_case(&two.replace([' ', ':'], ""));
        let issuer = certificate.issuer_thumbprint().unwrap_or_default();
        wanted.iter().all(|(claim, value)| match *claim {
            "thumbprint" => digits(&certificate.thumbprint(), value),
            "serial-number" => digits(&facts.serial, value),
            "common-name" => facts.common_name.as_ref() == Some(value),
            "subject" => facts.subject == *value,
            "dns-name" => facts.dns_names.iter().any(|name| name.eq_ignore_ascii_case(value)),
            "issuer-subject" => facts.issuer == *value,
            "issuer-thumbprint" => digits(issuer, value),
            _ => self.known.get(&value.to_ascii_lowercase()).is_some_and(|known| digits(issuer, known)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::Request;
    use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber, date_time_ymd};

    use crate::{
        Facts,
        expression::Certificate,
        rig::{World, facts, problems_in},
    };

    /// Returns a certificate of `CN=client, O=orders` for `client.test`, valid from 2026 until a year.
    fn certificate(until: i32) -> Certificate {
        let mut params = CertificateParams::new(vec!["client.test".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "orders");
        params.distinguished_name.push(DnType::CommonName, "client");
        params.serial_number = Some(SerialNumber::from(vec![0x0A, 0xBC]));
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(until, 1, 1));
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Certificate::new(made.der(), None).unwrap()
    }

    async fn status(policy: &str, certificate: Option<Certificate>) -> u16 {
        let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
        let facts = Facts { client_certificate: certificate.map(Arc::new), ..facts(&request) };
        World::new().run_with(policy, request, facts).await.response.status().as_u16()
    }

    #[tokio::test]
    async fn without_a_certificate_a_request_is_refused_unless_errors_are_ignored() {
        let run = async |attributes: &str| {
            let policy = format!("<validate-client-certificate {attributes} />");
            World::new().run_sections(&policy, "<base />", "", "").await
        };
        let refused = run("").await;
        assert_eq!(refused.response.status(), 403);
        assert_eq!(refused.last_error.unwrap().source, "validate-client-certificate");
        assert_eq!(run("ignore-error=\"true\"").await.response.status(), 200);
    }

    #[tokio::test]
    async fn each_rule_refuses_unless_it_is_switched_off() {
        let plain = "<validate-client-certificate />";
        assert_eq!(status(plain, Some(certificate(4000).trusted(None))).await, 200);
        assert_eq!(status(plain, Some(certificate(4000))).await, 403, "not trusted");
        let trust = "<validate-client-certificate validate-trust=\"false\" />";
        assert_eq!(status(trust, Some(certificate(4000))).await, 200);
        assert_eq!(status(trust, Some(certificate(2026).trusted(None))).await, 403, "expired");
        let dates = "<validate-client-certificate validate-not-after=\"false\" />";
        assert_eq!(status(dates, Some(certificate(2026).trusted(None))).await, 200);
    }

    #[tokio::test]
    async fn one_identity_must_fit_in_all_its_claims() {
        let with = |identity: &str| {
            format!("<validate-client-certificate><identities>{identity}</identities></validate-client-certificate>")
        };
        let thumbprint = certificate(4000).thumbprint();
        for (identity, expected) in [
            ("<identity common-name=\"client\" />", 200),
            ("<identity common-name=\"other\" />", 403),
            ("<identity common-name=\"other\" /><identity subject=\"CN=client, O=orders\" />", 200),
            ("<identity common-name=\"client\" dns-name=\"other.test\" />", 403),
            ("<identity dns-name=\"CLIENT.test\" serial-number=\"0a bc\" />", 200),
            ("<identity issuer-subject=\"CN=client, O=orders\" />", 200),
            ("<identity issuer-thumbprint=\"AB\" />", 200),
            ("<identity issuer-thumbprint=\"CD\" />", 403),
            ("<identity thumbprint=\"00\" />", 403),
        ] {
            let shown = certificate(4000).trusted(Some("AB".to_owned()));
            assert_eq!(status(&with(identity), Some(shown)).await, expected, "{identity}");
        }
        assert_eq!(thumbprint.len(), 40);
    }

    /// The condition is the documentation's.
    #[tokio::test]
    async fn expressions_see_the_certificate() {
        let policy = "<choose><when condition=\"@(context.Request.Certificate == null || \
            !context.Request.Certificate.Verify() || context.Request.Certificate.SubjectName.Name != &quot;CN=client, \
            O=orders&quot;)\"><return-response><set-status code=\"403\" reason=\"Invalid client certificate\" />\
            </return-response></when></choose>";
        assert_eq!(status(policy, None).await, 403);
        assert_eq!(status(policy, Some(certificate(4000))).await, 403);
        assert_eq!(status(policy, Some(certificate(4000).trusted(None))).await, 200);
        assert_eq!(status(policy, Some(certificate(2026).trusted(None))).await, 403);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<validate-client-certificate validate-trust=\"x\"><identities><identity issuer-certificate-id=\"a\" \
                 issuer-subject=\"b\" name=\"c\" /></identities></validate-client-certificate>"
            ),
            [
                "2:30: the attribute \"validate-trust\" of <validate-client-certificate> must be true or false",
                "2:61: issuer-certificate-id stands without other attributes of the issuer",
                "2:71: the attribute \"issuer-certificate-id\" of <identity> must be a certificate of the service",
                "2:116: the attribute \"name\" of <identity> is not declared",
            ]
        );
    }
}
