//! `validate-parameters`: checks that the operation documents the request's parameters and their values
//! (learn.microsoft.com/azure/api-management/validate-parameters-policy).
//!
//! The subscription key is not checked. `Accept` and `Content-Type`, for which `OpenAPI` has no parameters, and the
//! headers of the connection and the gateway are checked only if the policy names them. In the page's example,
//! `Authorization`, `Host` and `User-Agent` are headers like any other.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    prelude::*,
    validation::{self, Action, Finding, Findings, check_values},
};
use crate::facts::ParameterPlace;

const NOT_LOOKED_AT: [&str; 7] =
    ["accept", "connection", "content-length", "content-type", "te", "transfer-encoding", "x-forwarded-for"];

#[derive(Debug)]
pub(crate) struct ValidateParameters {
    specified: Setting<Action>,
    unspecified: Setting<Action>,
    variable: Option<String>,
    places: Vec<ParametersOfPlace>,
}

/// The settings for one place of parameters.
#[derive(Debug)]
struct ParametersOfPlace {
    place: ParameterPlace,
    specified: Option<Setting<Action>>,
    unspecified: Option<Setting<Action>>,
    parameters: Vec<(String, Setting<Action>)>,
}

const CHILDREN: [(&str, Count); 3] =
    [("headers", Count::AtMostOne), ("query", Count::AtMostOne), ("path", Count::AtMostOne)];

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateParameters> {
    let attributes = ["id", "specified-parameter-action", "unspecified-parameter-action", "errors-variable-name"];
    element.only_attributes(&attributes, problems);
    element.once_in_section(problems);
    let specified = element.required_setting("specified-parameter-action", problems);
    let unspecified = element.required_setting("unspecified-parameter-action", problems);
    let variable = validation::errors_variable(element, problems);
    let places = element.children(&CHILDREN, problems).iter().map(|child| place(child, problems)).collect();
    Some(ValidateParameters { specified: specified?, unspecified: unspecified?, variable, places })
}

fn place(element: &Element<'_>, problems: &mut Problems) -> ParametersOfPlace {
    let place = match element.name() {
        "headers" => ParameterPlace::Header,
        "query" => ParameterPlace::Query,
        _ => ParameterPlace::Path,
    };
    let known: &[&str] = match place {
        ParameterPlace::Path => &["specified-parameter-action"],
        ParameterPlace::Header | ParameterPlace::Query => {
            &["specified-parameter-action", "unspecified-parameter-action"]
        }
    };
    element.only_attributes(known, problems);
    let mut parameters = Vec::new();
    for child in element.children(&[("parameter", Count::Any)], problems) {
        child.only_attributes(&["name", "action"], problems);
        child.children(&[], problems);
        child.not_empty(&["name"], problems);
        let name = child.required("name", problems).map(str::to_owned);
        parameters.extend(name.zip(child.required_setting("action", problems)));
    }
    ParametersOfPlace {
        place,
        specified: element.setting("specified-parameter-action", problems),
        unspecified: element.setting("unspecified-parameter-action", problems),
        parameters,
    }
}

impl ValidateParameters {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let (specified, unspecified) = (run.get(&self.specified).await?, run.get(&self.unspecified).await?);
        let contract = Arc::clone(&run.contract);
        let mut findings = Findings::default();
        for parameter in &contract.parameters {
            let values = values(parameter.place, &parameter.name, run);
            if let Some((rule, details)) = check_values(parameter, &values, noun(parameter.place), "Request") {
                let action = self.action(parameter.place, &parameter.name, specified, true, run).await?;
                findings.add(action, finding(parameter.place, &parameter.name, rule, details));
            }
        }
        for (place, name) in self.given(run) {
            if !contract.parameters.iter().any(|one| one.place == place && is_same(place, &one.name, &name)) {
                let action = self.action(place, &name, unspecified, false, run).await?;
                let details = format!("Unspecified {} {name} is not allowed.", noun(place));
                findings.add(action, finding(place, &name, "Unspecified", details));
            }
        }
        findings.settle(self.variable.as_deref(), run)
    }

    /// Returns the headers and query parameters that the request has.
    fn given<O: Outside>(&self, run: &Run<'_, O>) -> BTreeSet<(ParameterPlace, String)> {
        let (request, api) = (&run.context.request, &run.context.api);
        let places = self.places.iter().filter(|one| one.place == ParameterPlace::Header);
        let named: Vec<_> = places.flat_map(|one| &one.parameters).map(|(name, _)| name).collect();
        let is_looked_at = |name: &String| {
            let is_named = named.iter().any(|one| one.eq_ignore_ascii_case(name));
            is_named || (!NOT_LOOKED_AT.contains(&name.as_str()) && !name.eq_ignore_ascii_case(&api.key_header))
        };
        let headers = request.headers.keys().map(|name| name.as_str().to_owned()).filter(is_looked_at);
        let query = url::form_urlencoded::parse(request.url.query.as_bytes()).map(|(name, _)| name.into_owned());
        let query = query.filter(|name| *name != api.key_query);
        let headers = headers.map(|name| (ParameterPlace::Header, name));
        headers.chain(query.map(|name| (ParameterPlace::Query, name))).collect()
    }

    /// Returns the action of the parameter, or else of its place, or else of the policy.
    async fn action<O: Outside>(
        &self,
        place: ParameterPlace,
        name: &str,
        outer: Action,
        is_specified: bool,
        run: &mut Run<'_, O>,
    ) -> Result<Action, Failure> {
        let Some(of_place) = self.places.iter().find(|one| one.place == place) else { return Ok(outer) };
        let whole = if is_specified { &of_place.specified } else { &of_place.unspecified };
        let outer = validation::action(whole.as_ref(), outer, run).await?;
        let own = of_place.parameters.iter().find(|(one, _)| is_same(place, one, name)).map(|(_, action)| action);
        validation::action(own, outer, run).await
    }
}

fn finding(place: ParameterPlace, name: &str, rule: &'static str, details: String) -> Finding {
    let kind = match place {
        ParameterPlace::Header => "RequestHeader",
        ParameterPlace::Query => "QueryParameter",
        ParameterPlace::Path => "PathParameter",
    };
    Finding { name: name.to_owned(), kind, rule, details, is_public: true }
}

fn noun(place: ParameterPlace) -> &'static str {
    match place {
        ParameterPlace::Header => "header",
        ParameterPlace::Query => "query parameter",
        ParameterPlace::Path => "path parameter",
    }
}

fn is_same(place: ParameterPlace, one: &str, other: &str) -> bool {
    match place {
        ParameterPlace::Header => one.eq_ignore_ascii_case(other),
        ParameterPlace::Query | ParameterPlace::Path => one == other,
    }
}

fn values<O: Outside>(place: ParameterPlace, name: &str, run: &Run<'_, O>) -> Vec<String> {
    let request = &run.context.request;
    match place {
        ParameterPlace::Header => {
            let lines = request.headers.get_all(name).iter();
            lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
        }
        ParameterPlace::Query => {
            let pairs = url::form_urlencoded::parse(request.url.query.as_bytes());
            pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
        }
        ParameterPlace::Path => request.matched_parameters.get(name).cloned().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    async fn asked(children: &str, query: &str) -> (u16, String) {
        let world = World::new();
        let policy = format!(
            "<validate-parameters specified-parameter-action=\"prevent\" unspecified-parameter-action=\"prevent\">\
             {children}</validate-parameters>"
        );
        let outcome = world.run_documented_with(&policy, "", query, "").await;
        let body = String::from_utf8(outcome.response.body().to_vec()).unwrap();
        (outcome.response.status().as_u16(), body)
    }

    #[tokio::test]
    async fn documented_parameters_have_their_values_and_others_are_not_there() {
        assert_eq!(asked("", "limit=5").await.0, 200);
        for (query, start) in [
            ("limit=many", "The value of the query parameter limit does not conform to the definition."),
            ("", "The value of the query parameter limit does not conform to the definition."),
            ("limit=1&limit=2", "Request cannot contain multiple values for the query parameter limit."),
            ("limit=1&other=2", "Unspecified query parameter other is not allowed."),
        ] {
            let (status, body) = asked("", query).await;
            assert_eq!(status, 400, "{query}");
            assert!(body.contains(start), "{body}");
        }
    }

    #[tokio::test]
    async fn a_narrower_action_wins() {
        let place = "<query unspecified-parameter-action=\"ignore\" />";
        assert_eq!(asked(place, "limit=1&other=2").await.0, 200);
        let one = "<query><parameter name=\"other\" action=\"detect\" /></query>";
        assert_eq!(asked(one, "limit=1&other=2").await.0, 200);
        assert_eq!(asked(one, "limit=1&third=2").await.0, 400);
    }

    #[tokio::test]
    async fn a_header_that_is_not_documented_is_told_unless_the_connection_or_the_gateway_owns_it() {
        let status = async |header: &str, children: &str| {
            let policy = format!(
                "<set-header name=\"{header}\"><value>a</value></set-header><validate-parameters \
                 specified-parameter-action=\"prevent\" unspecified-parameter-action=\"prevent\">{children}</validate-parameters>"
            );
            World::new().run_documented_with(&policy, "", "limit=1", "").await.response.status().as_u16()
        };
        for header in ["authorization", "Host", "User-Agent", "x-other"] {
            assert_eq!(status(header, "").await, 400, "{header}");
            let ignored = format!("<headers><parameter name=\"{header}\" action=\"ignore\" /></headers>");
            assert_eq!(status(header, &ignored).await, 200, "{header}");
        }
        for header in ["Accept", "Content-Type", "X-Forwarded-For"] {
            assert_eq!(status(header, "").await, 200, "{header}");
            let named = format!("<headers><parameter name=\"{header}\" action=\"prevent\" /></headers>");
            assert_eq!(status(header, &named).await, 400, "{header}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<validate-parameters specified-parameter-action=\"x\"><path unspecified-parameter-action=\"detect\" />\
                 </validate-parameters>"
            ),
            [
                "2:1: <validate-parameters> needs the attribute \"unspecified-parameter-action\"",
                "2:22: the attribute \"specified-parameter-action\" of <validate-parameters> must be ignore, prevent or \
                 detect",
                "2:59: the attribute \"unspecified-parameter-action\" of <path> is not declared",
            ]
        );
    }
}
