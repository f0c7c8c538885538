//! `validate-headers`: checks that the operation documents the response's headers and their values
//! (learn.microsoft.com/azure/api-management/validate-headers-policy).

use http::HeaderName;

use super::{
    prelude::*,
    validation::{self, Action, Finding, Findings, check_values},
};

/// The headers of the connection and of the framing, which no API documents.
const NOT_LOOKED_AT: [HeaderName; 5] = [
    http::header::CONTENT_LENGTH,
    http::header::CONTENT_TYPE,
    http::header::DATE,
    http::header::SERVER,
    http::header::TRANSFER_ENCODING,
];

#[derive(Debug)]
pub(crate) struct ValidateHeaders {
    specified: Setting<Action>,
    unspecified: Setting<Action>,
    variable: Option<String>,
    headers: Vec<(String, Setting<Action>)>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateHeaders> {
    let attributes = ["id", "specified-header-action", "unspecified-header-action", "errors-variable-name"];
    element.only_attributes(&attributes, problems);
    element.once_in_section(problems);
    let specified = element.required_setting("specified-header-action", problems);
    let unspecified = element.required_setting("unspecified-header-action", problems);
    let variable = validation::errors_variable(element, problems);
    let mut headers = Vec::new();
    for child in element.children(&[("header", Count::Any)], problems) {
        child.only_attributes(&["name", "action"], problems);
        child.children(&[], problems);
        child.not_empty(&["name"], problems);
        let name = child.required("name", problems).map(str::to_ascii_lowercase);
        headers.extend(name.zip(child.required_setting("action", problems)));
    }
    Some(ValidateHeaders { specified: specified?, unspecified: unspecified?, variable, headers })
}

impl ValidateHeaders {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let (specified, unspecified) = (run.get(&self.specified).await?, run.get(&self.unspecified).await?);
        let contract = std::sync::Arc::clone(&run.contract);
        let status = run.response().status_code;
        let documented = contract.responses.iter().filter(|response| response.status == status);
        let documented: Vec<_> = documented.flat_map(|response| &response.headers).collect();
        let found = run.response().headers.clone();
        let finding = |name: &str, rule, details| Finding {
            name: name.to_owned(),
            kind: "ResponseHeader",
            rule,
            details,
            is_public: rule != "MissingDefinition",
        };
        let mut findings = Findings::default();
        for parameter in &documented {
            let values = found.get_all(&parameter.name).iter();
            let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
            if let Some((rule, details)) = check_values(parameter, &values, "header", "Response") {
                let action = self.action(&parameter.name, specified, run).await?;
                findings.add(action, finding(&parameter.name, rule, details));
            }
        }
        for name in found.keys().filter(|name| !NOT_LOOKED_AT.contains(name)) {
            if !documented.iter().any(|one| one.name.eq_ignore_ascii_case(name.as_str())) {
                let action = self.action(name.as_str(), unspecified, run).await?;
                let details = format!("Unspecified header {name} is not allowed.");
                findings.add(action, finding(name.as_str(), "Unspecified", details));
            }
        }
        findings.settle(self.variable.as_deref(), run)
    }

    async fn action<O: Outside>(&self, name: &str, outer: Action, run: &mut Run<'_, O>) -> Result<Action, Failure> {
        let own = self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, action)| action);
        validation::action(own, outer, run).await
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;

    use crate::rig::{World, problems_in};

    async fn answered(children: &str, actions: [&str; 2], headers: &[(&str, &str)]) -> (u16, String) {
        let world = World::new();
        let mut response = Response::builder();
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        world.answers.lock().unwrap().push_back(Ok(response.body(Bytes::new()).unwrap()));
        let policy = format!(
            "<validate-headers specified-header-action=\"{}\" unspecified-header-action=\"{}\">{children}\
             </validate-headers>",
            actions[0], actions[1]
        );
        let outcome = world.run_documented("", &policy).await;
        let message = outcome.last_error.map(|error| error.message).unwrap_or_default();
        (outcome.response.status().as_u16(), message)
    }

    #[tokio::test]
    async fn documented_headers_have_their_values_and_others_are_not_there() {
        let both = ["prevent", "prevent"];
        assert_eq!(answered("", both, &[("x-count", "5"), ("content-type", "a/b")]).await.0, 200);
        let (status, message) = answered("", both, &[("x-count", "many")]).await;
        assert_eq!(status, 502);
        assert!(
            message.starts_with("The value of the header x-count does not conform to the definition."),
            "{message}"
        );
        let other = [("x-count", "5"), ("x-other", "1")];
        assert_eq!(answered("", both, &other).await, (502, "Unspecified header x-other is not allowed.".to_owned()));
        assert_eq!(answered("", ["prevent", "ignore"], &other).await.0, 200);
        assert_eq!(answered("<header name=\"X-Other\" action=\"detect\" />", both, &other).await.0, 200);
        assert!(answered("", both, &[]).await.1.contains("x-count"), "it is required");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "outbound",
                "<validate-headers specified-header-action=\"stop\"><header name=\"a\" /></validate-headers>"
            ),
            [
                "2:1: <validate-headers> needs the attribute \"unspecified-header-action\"",
                "2:19: the attribute \"specified-header-action\" of <validate-headers> must be ignore, prevent or detect",
                "2:50: <header> needs the attribute \"action\"",
            ]
        );
        assert_eq!(
            problems_in(
                "inbound",
                "<validate-headers specified-header-action=\"detect\" unspecified-header-action=\"detect\" />"
            ),
            ["2:1: the policy <validate-headers> is not allowed in <inbound>"]
        );
    }
}
