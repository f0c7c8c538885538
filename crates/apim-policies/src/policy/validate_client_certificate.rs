//! `validate-client-certificate`: the certificate that a client shows
//! (learn.microsoft.com/azure/api-management/validate-client-certificate-policy).
//!
//! A client is not asked for a certificate here, as in Azure unless the host name negotiates one, so none is ever shown.
//! Status and reason of the refusal are not documented.

use http::StatusCode;

use super::prelude::*;

#[derive(Debug)]
pub(crate) struct ValidateClientCertificate {
    ignores_error: bool,
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
    let mut ignores_error = false;
    for name in FLAGS {
        let value = element.attribute(name, problems).map(|text| (name, bool::read(text)));
        match value {
            Some((_, None)) => element.bad_value(name, bool::EXPECTED, problems),
            Some(("ignore-error", Some(value))) => ignores_error = value,
            Some(_) | None => {}
        }
    }
    for identities in element.children(&[("identities", Count::AtMostOne)], problems) {
        identities.only_attributes(&[], problems);
        let children = identities.children(&[("identity", Count::Any)], problems);
        if children.len() > MOST_IDENTITIES {
            identities.problem(problems, format!("<identities> takes at most {MOST_IDENTITIES}"));
        }
        for identity in children {
            identity.only_attributes(&IDENTITY, problems);
            identity.children(&[], problems);
            for name in IDENTITY {
                identity.attribute(name, problems);
            }
            if identity.has("issuer-certificate-id")
                && (identity.has("issuer-subject") || identity.has("issuer-thumbprint"))
            {
                identity.problem(problems, "issuer-certificate-id stands without other attributes of the issuer");
            }
        }
    }
    Some(ValidateClientCertificate { ignores_error })
}

impl ValidateClientCertificate {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let message = "Client certificate not present.";
        if self.ignores_error {
            run.trace(|| format!("{message} ignore-error lets the request pass"));
            return Ok(());
        }
        Err(Failure::new("", "", message.to_owned(), StatusCode::FORBIDDEN, message.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

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
                "2:116: the attribute \"name\" of <identity> is not declared",
            ]
        );
    }
}
