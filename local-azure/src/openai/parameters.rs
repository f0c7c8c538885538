//! Parameters without an effect here. They are checked like in the service, and the Responses API repeats them.

use serde_json::{Value, json};

use super::{
    body::{Object, wrong_type},
    refusal::ModelRefusal,
};
use crate::seed::ModelDeployment;

const LEVELS: [&str; 3] = ["low", "medium", "high"];
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
/// The most characters of a key's value.
const LONGEST_KEY: usize = 64;
/// The most characters of a metadata value.
const LONGEST_NOTE: usize = 512;

/// Checks a request for a chat completion.
pub(super) fn of_chat(body: &Object, deployment: &ModelDeployment) -> Result<(), ModelRefusal> {
    common(body)?;
    body.bool("store")?;
    body.text("prompt_cache_retention")?;
    if let Some(seed) = body.get("seed").filter(|seed| !seed.is_i64() && !seed.is_u64()) {
        return Err(wrong_type("seed", "an integer", seed));
    }
    if let Some(bias) = body.get("logit_bias").filter(|bias| !bias.is_object()) {
        return Err(wrong_type("logit_bias", "an object", bias));
    }
    if let Some(level) = body.text("verbosity")? {
        one_of(level, "verbosity", &LEVELS)?;
        if !deployment.reasoning && level != "medium" {
            let message = format!(
                "Unsupported value: 'verbosity' does not support '{level}' with this model. Supported values are: 'medium'."
            );
            return Err(ModelRefusal::invalid(message, "verbosity", "unsupported_value"));
        }
    }
    if let Some(effort) = body.text("reasoning_effort")? {
        if !deployment.reasoning {
            let message = "Unrecognized request argument supplied: reasoning_effort".to_owned();
            return Err(ModelRefusal::Invalid { message, param: None, code: None });
        }
        one_of(effort, "reasoning_effort", &EFFORTS)?;
    }
    for (name, needed) in [("tool_choice", "tools"), ("parallel_tool_calls", "tools"), ("function_call", "functions")] {
        if body.get(name).is_some() {
            let message =
                format!("Invalid value for '{name}': '{name}' is only allowed when '{needed}' are specified.");
            return Err(ModelRefusal::Invalid { message, param: Some(name.to_owned()), code: None });
        }
    }
    Ok(())
}

/// The request's parameters that a response repeats.
pub(super) struct RepeatedParameters {
    pub(super) max_tool_calls: Option<u64>,
    pub(super) parallel_tool_calls: bool,
    pub(super) prompt_cache_key: Option<String>,
    pub(super) prompt_cache_retention: Option<String>,
    pub(super) reasoning: Value,
    pub(super) safety_identifier: Option<String>,
    pub(super) verbosity: String,
    pub(super) tool_choice: String,
    pub(super) truncation: String,
    pub(super) user: Option<String>,
    pub(super) metadata: Value,
}

impl RepeatedParameters {
    /// Checks a request for a response.
    pub(super) fn read(body: &Object, deployment: &ModelDeployment) -> Result<Self, ModelRefusal> {
        common(body)?;
        for name in ["temperature", "top_p"] {
            let is_other = |value: &&Value| value.as_f64().is_some_and(|value| (value - 1.0).abs() > f64::EPSILON);
            if deployment.reasoning && body.get(name).filter(is_other).is_some() {
                let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
                return Err(ModelRefusal::Invalid { message, param: Some(name.to_owned()), code: None });
            }
        }
        let owned = |name: &str| Ok::<_, ModelRefusal>(body.text(name)?.map(str::to_owned));
        let choice = body.get("tool_choice");
        if choice.is_some_and(|choice| choice != "none" && choice != "auto") {
            return Err(ModelRefusal::not_played("tool_choice", "tool_choice"));
        }
        let truncation = body.text("truncation")?.unwrap_or("disabled");
        one_of(truncation, "truncation", &["auto", "disabled"])?;
        let verbosity = member(body, "text", "verbosity")?.unwrap_or("medium");
        one_of(verbosity, "text.verbosity", &LEVELS)?;
        if !deployment.reasoning && verbosity != "medium" {
            let message = format!(
                "Unsupported value: '{verbosity}' is not supported with the '{}' model. Supported values are: 'medium'.",
                deployment.full_model()
            );
            return Err(ModelRefusal::invalid(message, "text.verbosity", "unsupported_value"));
        }
        Ok(Self {
            max_tool_calls: body.count("max_tool_calls", 1)?,
            parallel_tool_calls: body.get("parallel_tool_calls").is_none_or(|value| value == true),
            prompt_cache_key: owned("prompt_cache_key")?,
            prompt_cache_retention: owned("prompt_cache_retention")?,
            reasoning: reasoning(body, deployment)?,
            safety_identifier: owned("safety_identifier")?,
            verbosity: verbosity.to_owned(),
            tool_choice: choice.and_then(Value::as_str).unwrap_or("auto").to_owned(),
            truncation: truncation.to_owned(),
            user: owned("user")?,
            metadata: body.get("metadata").cloned().unwrap_or_else(|| json!({})),
        })
    }
}

fn reasoning(body: &Object, deployment: &ModelDeployment) -> Result<Value, ModelRefusal> {
    let (effort, summary) = (member(body, "reasoning", "effort")?, member(body, "reasoning", "summary")?);
    if let Some((name, _)) = [("effort", effort), ("summary", summary)].iter().find(|(_, value)| value.is_some())
        && !deployment.reasoning
    {
        let place = format!("reasoning.{name}");
        let message = format!("Unsupported parameter: '{place}' is not supported with this model.");
        return Err(ModelRefusal::invalid(message, &place, "unsupported_parameter"));
    }
    if let Some(effort) = effort {
        one_of(effort, "reasoning.effort", &EFFORTS)?;
    }
    if let Some(summary) = summary {
        one_of(summary, "reasoning.summary", &["auto", "concise", "detailed"])?;
    }
    Ok(json!({ "effort": effort.or(deployment.reasoning.then_some("medium")), "summary": summary }))
}

/// Checks the parameters that have the same form in both APIs.
fn common(body: &Object) -> Result<(), ModelRefusal> {
    body.bool("parallel_tool_calls")?;
    body.text("service_tier")?;
    body.text("user")?;
    for name in ["safety_identifier", "prompt_cache_key"] {
        if let Some(text) = body.text(name)? {
            within(text, name, LONGEST_KEY)?;
        }
    }
    if let Some(options) = body.get("stream_options").filter(|options| !options.is_object()) {
        return Err(wrong_type("stream_options", "an object", options));
    }
    match body.get("metadata") {
        None => Ok(()),
        Some(Value::Object(notes)) => notes.iter().try_for_each(|(name, note)| {
            let place = format!("metadata.{name}");
            match note {
                Value::String(note) => within(note, &place, LONGEST_NOTE),
                other => Err(wrong_type(&place, "a string", other)),
            }
        }),
        Some(other) => Err(wrong_type("metadata", "an object", other)),
    }
}

/// Returns a text member of an object.
fn member<'b>(body: &'b Object, object: &str, name: &str) -> Result<Option<&'b str>, ModelRefusal> {
    match body.get(object) {
        None => Ok(None),
        Some(Value::Object(members)) => match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(&format!("{object}.{name}"), "a string", other)),
        },
        Some(other) => Err(wrong_type(object, "an object", other)),
    }
}

fn within(text: &str, place: &str, most: usize) -> Result<(), ModelRefusal> {
    match text.chars().count() {
        length if length <= most => Ok(()),
        length => Err(ModelRefusal::invalid(
            format!(
                "Invalid '{place}': string too long. Expected a string with maximum length {most}, but got a string with \
                 length {length} instead."
            ),
            place,
            "string_above_max_length",
        )),
    }
}

fn one_of(value: &str, place: &str, known: &[&str]) -> Result<(), ModelRefusal> {
    if known.contains(&value) {
        return Ok(());
    }
    let quoted: Vec<_> = known.iter().map(|one| format!("'{one}'")).collect();
    let listed = match quoted.as_slice() {
        [one, other] => format!("{one} and {other}"),
        [before @ .., last] => format!("{}, and {last}", before.join(", ")),
        [] => String::new(),
    };
    let message = format!("Invalid value: '{value}'. Supported values are: {listed}.");
    Err(ModelRefusal::invalid(message, place, "invalid_value"))
}
