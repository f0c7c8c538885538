//! The common part of the four validating policies: actions, findings, and the outcome of findings
//! (learn.microsoft.com/azure/api-management/validation-policies).

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::prelude::*;
use crate::{
    expression::{Token, Value},
    facts::OperationParameter,
};

/// The caller's message if the cause is not the caller's.
const GENERIC: &str = "The request could not be processed due to an internal error. Contact the API owner.";

/// The action on a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Ignore,
    Prevent,
    Detect,
}

words! {
    Action, "ignore, prevent or detect";
    "ignore" => Ignore;
    "prevent" => Prevent;
    "detect" => Detect;
}

/// Reads the name of the variable for the findings.
pub(super) fn errors_variable(element: &Element<'_>, problems: &mut Problems) -> Option<String> {
    const NAME: &str = "errors-variable-name";
    element.not_empty(&[NAME], problems);
    element.attribute(NAME, problems).map(str::to_owned)
}

/// A violation that a policy found.
pub(super) struct Finding {
    /// The name of the parameter, header or body.
    pub(super) name: String,
    /// `RequestBody`, `QueryParameter`, …
    pub(super) kind: &'static str,
    pub(super) rule: &'static str,
    pub(super) details: String,
    /// The caller sees the details, too.
    pub(super) is_public: bool,
}

/// The findings, each with its action.
#[derive(Default)]
pub(super) struct Findings(Vec<(Action, Finding)>);

impl Findings {
    pub(super) fn add(&mut self, action: Action, finding: Finding) {
        if action != Action::Ignore {
            self.0.push((action, finding));
        }
    }

    /// Stores the findings in the variable. Fails if one of them has the action `prevent`.
    pub(super) fn settle<O: Outside>(self, variable: Option<&str>, run: &mut Run<'_, O>) -> Result<(), Failure> {
        for (action, finding) in &self.0 {
            run.trace(|| format!("{action:?}: {} {}: {}", finding.kind, finding.name, finding.details));
        }
        if let Some(variable) = variable.filter(|_| !self.0.is_empty()) {
            let list: Json = self.0.iter().map(|(action, finding)| described(*action, finding)).collect();
            if let Ok(list) = Token::parse(&list.to_string()) {
                run.context.variables.insert(variable.to_owned(), Value::from(list));
            }
        }
        let preventing = self.0.iter().filter(|(action, _)| *action == Action::Prevent);
        let preventing: Vec<_> = preventing.map(|(_, finding)| finding).collect();
        let Some(first) = preventing.first() else { return Ok(()) };
        let details: Vec<_> = preventing.iter().map(|finding| finding.details.as_str()).collect();
        let public = if first.is_public { first.details.clone() } else { GENERIC.to_owned() };
        let (reason, status) = match run.section {
            Section::Inbound | Section::Backend => ("Bad request", StatusCode::BAD_REQUEST),
            Section::Outbound | Section::OnError => ("Response not allowed", StatusCode::BAD_GATEWAY),
        };
        Err(Failure::new("", reason, details.join("\n"), status, public))
    }
}

fn described(action: Action, finding: &Finding) -> Json {
    json!({ "Name": finding.name, "Type": finding.kind, "ValidationRule": finding.rule, "Details": finding.details,
            "Action": format!("{action:?}") })
}

/// Returns the action of an element, or else the outer action.
pub(super) async fn action<O: Outside>(
    own: Option<&Setting<Action>>,
    outer: Action,
    run: &mut Run<'_, O>,
) -> Result<Action, Failure> {
    Ok(run.get_any(own).await?.unwrap_or(outer))
}

/// Checks the values of a documented parameter. `noun` is `query parameter`, `path parameter` or `header`.
pub(super) fn check_values(
    parameter: &OperationParameter,
    values: &[String],
    noun: &str,
    whose: &str,
) -> Option<(&'static str, String)> {
    let name = &parameter.name;
    let mismatch = |cause: &str| {
        let message = format!("The value of the {noun} {name} does not conform to the definition.\n\n{cause}");
        Some(("IncorrectMessage", message))
    };
    let text = match values {
        [] if parameter.is_required => return mismatch("Value is required but was not provided."),
        [] => return None,
        [one] => one.clone(),
        several if parameter.schema.is_array() => several.join(","),
        _ => {
            let message = format!("{whose} cannot contain multiple values for the {noun} {name}.");
            return Some(("IncorrectMessage", message));
        }
    };
    let cause = parameter.schema.mismatch(&parameter.schema.value_of(&text), None)?;
    mismatch(&format!("{cause} Line: 1, Position: 1"))
}
