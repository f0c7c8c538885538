//! `check-header`: refuses a request without a header, or with another value in it
//! (learn.microsoft.com/azure/api-management/check-header-policy).

use super::prelude::*;
use http::{HeaderName, StatusCode};

const ATTRIBUTES: [&str; 5] = ["id", "name", "failed-check-httpcode", "failed-check-error-message", "ignore-case"];

#[derive(Debug)]
pub(crate) struct CheckHeader {
    name: Setting<Name>,
    status: Setting<StatusCode>,
    message: Setting<String>,
    ignore_case: Setting<bool>,
    /// The allowed values. If the list is empty, the header must only exist.
    values: Vec<Setting<String>>,
}

/// The header's name, in the letter case of the policy.
#[derive(Clone, Debug)]
struct Name {
    written: String,
    header: HeaderName,
}

impl Readable for Name {
    const EXPECTED: &'static str = HeaderName::EXPECTED;

    fn read(text: &str) -> Option<Self> {
        Some(Self { written: text.trim().to_owned(), header: HeaderName::read(text)? })
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CheckHeader> {
    element.only_attributes(&ATTRIBUTES, problems);
    let name = element.required_setting("name", problems);
    let status = element.required_setting("failed-check-httpcode", problems);
    let message = element.required_setting("failed-check-error-message", problems);
    let ignore_case = element.required_setting("ignore-case", problems);
    let children = element.children(&[("value", Count::Any)], problems);
    let values: Vec<_> = children
        .iter()
        .filter_map(|child| {
            child.only_attributes(&[], problems);
            child.text_setting(problems)
        })
        .collect();
    let (name, status, message, ignore_case) = (name?, status?, message?, ignore_case?);
    Some(CheckHeader { name, status, message, ignore_case, values })
}

impl CheckHeader {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Name { written: name, header } = run.get(&self.name).await?;
        let lines: Vec<_> = run.context.request.headers.get_all(&header).iter().map(|line| line.as_bytes()).collect();
        if lines.is_empty() {
            let cause = format!("Header {name} was not found in the request. Access denied.");
            return Err(self.refusal("HeaderNotFound", cause, run).await?);
        }
        // Several lines of a header count as one value with commas.
        let found = String::from_utf8_lossy(&lines.join(&b',')).into_owned();
        if self.values.is_empty() {
            return Ok(());
        }
        let ignore_case = run.get(&self.ignore_case).await?;
        for value in &self.values {
            let value = run.get(value).await?;
            // The documentation does not say how a live gateway compares letters beyond ASCII.
            if found == value || (ignore_case && found.eq_ignore_ascii_case(&value)) {
                run.trace(|| format!("the header {name} has an allowed value"));
                return Ok(());
            }
        }
        let cause = format!("Header {name} value of {found} is not allowed. Access denied.");
        Err(self.refusal("HeaderValueNotAllowed", cause, run).await?)
    }

    async fn refusal<O: Outside>(
        &self,
        reason: &'static str,
        cause: String,
        run: &mut Run<'_, O>,
    ) -> Result<Failure, Failure> {
        let status = run.get(&self.status).await?;
        let told = run.get(&self.message).await?;
        Ok(Failure::new("check-header", reason, cause, status, told))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    const SECRET: &str = "<check-header name=\"X-Secret\" failed-check-httpcode=\"403\" \
         failed-check-error-message=\"Not authorized\" ignore-case=\"IGNORE\">VALUES</check-header>";

    async fn check(ignore_case: &str, values: &[&str], sent: &[&str]) -> (u16, String, Option<String>) {
        let values: String = values.iter().map(|value| format!("<value>{value}</value>")).collect();
        let policy = SECRET.replace("IGNORE", ignore_case).replace("VALUES", &values);
        let mut request = Request::builder().uri("/orders");
        for value in sent {
            request = request.header("x-secret", *value);
        }
        let world = World::new();
        let document = document(&policy, "<base />", "", "");
        let outcome = world.run(&document, request.body(Bytes::new()).unwrap(), &State::default()).await;
        let body = String::from_utf8(outcome.response.body().to_vec()).unwrap();
        (outcome.response.status().as_u16(), body, outcome.last_error.map(|error| error.to_string()))
    }

    #[tokio::test]
    async fn a_header_must_be_there_with_one_of_the_values() {
        let refused = |cause: &str| {
            let body = "{ \"statusCode\": 403, \"message\": \"Not authorized\" }".to_owned();
            (403, body, Some(cause.to_owned()))
        };
        let absent = refused("HeaderNotFound: Header X-Secret was not found in the request. Access denied.");
        let wrong = |value: &str| {
            refused(&format!("HeaderValueNotAllowed: Header X-Secret value of {value} is not allowed. Access denied."))
        };
        let passed = (200, "backend".to_owned(), None);
        for (ignore_case, values, sent, expected) in [
            ("false", &["a", "b"][..], &["b"][..], passed.clone()),
            ("false", &["a", "b"], &[], absent.clone()),
            ("false", &["a", "b"], &["B"], wrong("B")),
            ("true", &["a", "b"], &["B"], passed.clone()),
            ("false", &["a", "b"], &["a", "b"], wrong("a,b")),
            ("false", &[], &["anything"], passed.clone()),
            ("false", &[], &[], absent),
            ("@(1 == 1)", &["@(\"A\" + \"B\")"], &["ab"], passed),
        ] {
            assert_eq!(check(ignore_case, values, sent).await, expected, "{values:?} {sent:?}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<check-header name=\"a b\" failed-check-httpcode=\"99\" ignore-case=\"no\" x=\"\"><values /></check-header>"
            ),
            [
                "2:1: <check-header> needs the attribute \"failed-check-error-message\"",
                "2:15: the attribute \"name\" of <check-header> must be a header name",
                "2:26: the attribute \"failed-check-httpcode\" of <check-header> must be a status code from 200 to 599",
                "2:53: the attribute \"ignore-case\" of <check-header> must be true or false",
                "2:70: the attribute \"x\" of <check-header> is not declared",
                "2:75: <values> is not declared in <check-header>",
            ]
        );
        assert_eq!(
            problems_in(
                "outbound",
                "<check-header name=\"a\" failed-check-httpcode=\"400\" failed-check-error-message=\"\" ignore-case=\"true\" />"
            ),
            ["2:1: the policy <check-header> is not allowed in <outbound>"]
        );
    }
}
