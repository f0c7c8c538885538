//! `validate-content`: checks size, media type and JSON body of a request or response against schemas
//! (learn.microsoft.com/azure/api-management/validate-content-policy).
//!
//! The messages of schema errors differ from the service's, because they come from another library. XML schemas do not
//! run here.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    prelude::*,
    validation::{self, Action, Finding, Findings},
};
use crate::schema::Schema;

/// The documented limit of 4 MB.
const LARGEST_MAX_SIZE: u32 = 4_194_304;

#[derive(Debug)]
pub(crate) struct ValidateContent {
    unspecified: Setting<Action>,
    max_size: u32,
    size_exceeded: Setting<Action>,
    variable: Option<String>,
    map: ContentTypeMap,
    contents: Vec<Content>,
}

#[derive(Debug, Default)]
struct ContentTypeMap {
    any: Option<String>,
    missing: Option<String>,
    /// The mappings from a media type, or under a condition, to another media type.
    types: Vec<(From, String)>,
}

#[derive(Debug)]
enum From {
    Type(String),
    Condition(Setting<bool>),
}

#[derive(Debug)]
struct Content {
    /// The media type; `None` for every media type that the operation documents.
    media_type: Option<String>,
    action: Option<Setting<Action>>,
    /// The schema; `None` for the one of the operation.
    schema: Option<Arc<Schema>>,
    additional: Option<bool>,
    /// Whether the letter case of the schema's properties is ignored.
    ignores_case: bool,
}

const ATTRIBUTES: [&str; 5] =
    ["id", "unspecified-content-type-action", "max-size", "size-exceeded-action", "errors-variable-name"];

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateContent> {
    element.only_attributes(&ATTRIBUTES, problems);
    let unspecified = element.required_setting("unspecified-content-type-action", problems);
    element.required("max-size", problems);
    let max_size = element.parsed::<u32>("max-size", "a number of bytes", problems);
    if max_size.is_some_and(|size| size > LARGEST_MAX_SIZE) {
        element.bad_value("max-size", format!("{LARGEST_MAX_SIZE} at most"), problems);
    }
    let size_exceeded = element.required_setting("size-exceeded-action", problems);
    let variable = validation::errors_variable(element, problems);
    let (mut map, mut contents) = (ContentTypeMap::default(), Vec::new());
    for child in element.children(&[("content-type-map", Count::AtMostOne), ("content", Count::Any)], problems) {
        match child.name() {
            "content" => contents.extend(content(&child, problems)),
            _ => map = content_type_map(&child, problems),
        }
    }
    let (unspecified, max_size, size_exceeded) = (unspecified?, max_size?, size_exceeded?);
    Some(ValidateContent { unspecified, max_size, size_exceeded, variable, map, contents })
}

fn content_type_map(element: &Element<'_>, problems: &mut Problems) -> ContentTypeMap {
    element.only_attributes(&["any-content-type-value", "missing-content-type-value"], problems);
    let mut types = Vec::new();
    for child in element.children(&[("type", Count::Any)], problems) {
        child.only_attributes(&["from", "when", "to"], problems);
        child.children(&[], problems);
        let to = child.required("to", problems).map(media_type);
        let from = match (child.has("from"), child.has("when")) {
            (true, false) => child.attribute("from", problems).map(|text| From::Type(media_type(text))),
            (false, true) => child.setting("when", problems).map(From::Condition),
            (true, true) | (false, false) => {
                child.problem(problems, "<type> needs either from or when");
                None
            }
        };
        types.extend(from.zip(to));
    }
    ContentTypeMap {
        any: element.attribute("any-content-type-value", problems).map(media_type),
        missing: element.attribute("missing-content-type-value", problems).map(media_type),
        types,
    }
}

const CONTENT_ATTRIBUTES: [&str; 7] = [
    "type",
    "validate-as",
    "schema-id",
    "schema-ref",
    "action",
    "allow-additional-properties",
    "case-insensitive-property-names",
];

fn content(element: &Element<'_>, problems: &mut Problems) -> Option<Content> {
    element.only_attributes(&CONTENT_ATTRIBUTES, problems);
    element.children(&[], problems);
    element.required("validate-as", problems);
    match element.attribute("validate-as", problems) {
        Some("xml" | "soap") => element.unsupported_value("validate-as", "XML schemas are not played", problems),
        Some("json") | None => {}
        Some(_) => element.bad_value("validate-as", "json, xml or soap", problems),
    }
    let ignores_case = element.flag("case-insensitive-property-names", problems).unwrap_or(false);
    let schema = schema(element, problems);
    Some(Content {
        media_type: element.attribute("type", problems).map(media_type).filter(|text| !text.is_empty()),
        action: element.setting("action", problems),
        schema,
        ignores_case,
        additional: element.flag("allow-additional-properties", problems),
    })
}

fn schema(element: &Element<'_>, problems: &mut Problems) -> Option<Arc<Schema>> {
    if element.has("schema-ref") && !element.has("schema-id") {
        element.problem(problems, "<content> with schema-ref needs schema-id, too");
    }
    let id = element.attribute("schema-id", problems)?;
    let Some(schema) = element.service().schemas.get(id) else {
        element.undefined("schema-id", "a schema of the service", problems);
        return None;
    };
    let Some(reference) = element.attribute("schema-ref", problems) else { return Some(Arc::clone(schema)) };
    match schema.part(reference) {
        Ok(part) => Some(Arc::new(part)),
        Err(error) => {
            element.bad_value("schema-ref", format!("a part of the schema: {error}"), problems);
            None
        }
    }
}

/// Returns a media type in lower case and without parameters.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl ValidateContent {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let body = run.body().await?;
        let is_request = matches!(run.section, Section::Inbound | Section::Backend);
        let kind = if is_request { "RequestBody" } else { "ResponseBody" };
        let found = run.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(media_type);
        let content_type = self.content_type(found, run).await?;
        let mut findings = Findings::default();
        let finding = |rule, details, is_public| Finding { name: content_type.clone(), kind, rule, details, is_public };
        if body.len() > self.max_size as usize {
            let (length, most) = (body.len(), self.max_size);
            let whose = if is_request { "Request's" } else { "Response's" };
            let details =
                format!("{whose} body is {length} bytes long and it exceeds the configured limit of {most} bytes.");
            findings.add(run.get(&self.size_exceeded).await?, finding("SizeLimit", details, is_request));
            return findings.settle(self.variable.as_deref(), run);
        }
        let documented = documented(&content_type, is_request, run);
        let is_named = |one: &&Content| one.media_type.as_ref() == Some(&content_type);
        let named = self.contents.iter().find(is_named);
        if named.is_none() && documented.is_none() {
            let details = format!("Unspecified content type {content_type} is not allowed.");
            findings.add(run.get(&self.unspecified).await?, finding("Unspecified", details, true));
        }
        // An entry for all media types that has its own schema also applies to undocumented media types.
        let fits_all = |one: &&Content| one.media_type.is_none() && (one.schema.is_some() || documented.is_some());
        let Some(content) = named.or_else(|| self.contents.iter().find(fits_all)) else {
            return findings.settle(self.variable.as_deref(), run);
        };
        let action = validation::action(content.action.as_ref(), Action::Prevent, run).await?;
        let schema = content.schema.clone().or(documented.flatten());
        if let Some((rule, details)) = check(&body, &content_type, schema.as_deref(), content, is_request) {
            findings.add(action, finding(rule, details, rule == "IncorrectMessage"));
        }
        findings.settle(self.variable.as_deref(), run)
    }

    /// Returns the media type to use. The mapping of a type takes precedence over the mapping of any type or of a
    /// missing type.
    async fn content_type<O: Outside>(&self, found: Option<String>, run: &mut Run<'_, O>) -> Result<String, Failure> {
        let found = found.unwrap_or_default();
        for (from, to) in &self.map.types {
            let fits = match from {
                From::Type(from) => *from == found,
                From::Condition(condition) => run.get(condition).await?,
            };
            if fits {
                return Ok(to.clone());
            }
        }
        let of_missing = self.map.missing.as_ref().filter(|_| found.is_empty());
        Ok(self.map.any.as_ref().or(of_missing).cloned().unwrap_or(found))
    }
}

/// Returns the schema that the operation documents for the media type. The outer `None` is an undocumented media type.
fn documented<O: Outside>(content_type: &str, is_request: bool, run: &mut Run<'_, O>) -> Option<Option<Arc<Schema>>> {
    let contract = Arc::clone(&run.contract);
    if is_request {
        let content = contract.requests.iter().find(|one| media_type(&one.content_type) == content_type)?;
        return Some(content.schema.clone());
    }
    let status = run.response().status_code;
    let mut responses = contract.responses.iter().filter(|one| one.status == status);
    Some(responses.find(|one| media_type(&one.content_type) == content_type)?.schema.clone())
}

/// Returns the rule that the body breaks, and the details.
fn check(
    body: &[u8],
    content_type: &str,
    schema: Option<&Schema>,
    content: &Content,
    is_request: bool,
) -> Option<(&'static str, String)> {
    let Some(schema) = schema else {
        let details = format!("There is no definition for the content type {content_type}.");
        return Some(("MissingDefinition", details));
    };
    let cause = match serde_json::from_slice::<Json>(body) {
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Some(format!("{} Line: {line}, Position: {column}", without_place(&error.to_string())))
        }
        Ok(value) => {
            let value = if content.ignores_case { schema.in_its_case(&value) } else { value };
            schema.mismatch(&value, content.additional)
        }
        .map(|cause| format!("{cause} Line: 1, Position: 1")),
    }?;
    let whose = if is_request { "request" } else { "response" };
    let id = schema.id();
    Some((
        "IncorrectMessage",
        format!(
            "Body of the {whose} does not conform to the definition {id}, which is associated with the content type \
             {content_type}.\n\n{cause}"
        ),
    ))
}

fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    const POLICY: &str = "<validate-content unspecified-content-type-action=\"prevent\" max-size=\"100\" \
        size-exceeded-action=\"prevent\"><content type=\"application/json\" validate-as=\"json\" action=\"prevent\" />\
        </validate-content>";

    async fn sent(policy: &str, content_type: &str, body: &str) -> (u16, String) {
        let world = World::new();
        let header = format!("<set-header name=\"content-type\"><value>{content_type}</value></set-header>");
        let outcome = world.run_documented_with(&format!("{header}{policy}"), "", "limit=1", body).await;
        let body = String::from_utf8(outcome.response.body().to_vec()).unwrap();
        (outcome.response.status().as_u16(), body)
    }

    #[tokio::test]
    async fn a_request_fits_the_schema_of_its_operation_or_is_refused() {
        assert_eq!(sent(POLICY, "application/json; charset=utf-8", "{\"id\":1}").await.0, 200);
        for (content_type, body, text) in [
            ("application/json", "{\"id\":\"x\"}", "Body of the request does not conform to the definition order"),
            ("application/json", "{\"id\":", "Body of the request does not conform to the definition order"),
            ("application/json", "", "Body of the request does not conform to the definition order"),
            ("text/csv", "a", "Unspecified content type text/csv is not allowed."),
        ] {
            let (status, told) = sent(POLICY, content_type, body).await;
            assert_eq!(status, 400, "{body}");
            assert!(told.contains(text), "{told}");
        }
        let long = format!("{{\"id\":1,\"text\":\"{}\"}}", "a".repeat(100));
        let (status, told) = sent(POLICY, "application/json", &long).await;
        assert_eq!(status, 400);
        assert!(told.contains("bytes long and it exceeds the configured limit of 100 bytes."), "{told}");
        assert_eq!(sent(&POLICY.replace("prevent", "detect"), "application/json", "{}").await.0, 200);
    }

    #[tokio::test]
    async fn the_letter_case_of_properties_counts_unless_it_is_told_not_to() {
        assert_eq!(sent(POLICY, "application/json", "{\"ID\":1}").await.0, 400);
        let folded = POLICY.replace("validate-as", "case-insensitive-property-names=\"true\" validate-as");
        assert_eq!(sent(&folded, "application/json", "{\"ID\":1}").await.0, 200);
        assert_eq!(sent(&folded, "application/json", "{\"ID\":\"x\"}").await.0, 400);
    }

    #[tokio::test]
    async fn a_media_type_may_stand_for_another() {
        let map = "<content-type-map missing-content-type-value=\"application/json\">\
            <type from=\"text/plain\" to=\"application/json\" />\
            <type when=\"@(context.Request.Headers.GetValueOrDefault(\"content-type\",\"\") == \"odd/json\")\" to=\"application/json\" />\
            </content-type-map>";
        let policy = POLICY.replace("prevent\"><content", &format!("prevent\">{map}<content"));
        for content_type in ["text/plain", "odd/json"] {
            assert_eq!(sent(&policy, content_type, "{\"id\":1}").await.0, 200, "{content_type}");
            assert_eq!(sent(&policy, content_type, "{}").await.0, 400, "{content_type}");
        }
    }

    #[tokio::test]
    async fn a_mapped_type_goes_before_what_stands_for_any() {
        let map = |attribute: &str, types: &str| {
            let map = format!("<content-type-map {attribute}=\"text/plain\">{types}</content-type-map>");
            let policy = POLICY.replace("content-type-action=\"prevent\"", "content-type-action=\"ignore\"");
            policy.replace("prevent\"><content", &format!("prevent\">{map}<content"))
        };
        let from = "<type from=\"application/vnd.order\" to=\"application/json\" />";
        let any = map("any-content-type-value", from);
        assert_eq!(sent(&any, "application/vnd.order", "{}").await.0, 400);
        let when = map("missing-content-type-value", "<type when=\"@(true)\" to=\"application/json\" />");
        assert_eq!(sent(&when, "text/csv", "{}").await.0, 400);
        assert_eq!(sent(&map("any-content-type-value", ""), "application/json", "{}").await.0, 200);
    }

    #[tokio::test]
    async fn content_without_a_type_holds_for_what_the_operation_documents() {
        for of_all in [POLICY.replace("type=\"application/json\" ", ""), POLICY.replace("application/json", "")] {
            let detects = of_all.replace("action=\"prevent\" />", "action=\"detect\" />");
            assert_eq!(sent(&of_all, "application/json", "{}").await.0, 400);
            assert_eq!(sent(&detects, "application/json", "{}").await.0, 200);
            let (status, told) = sent(&detects, "text/csv", "{}").await;
            assert_eq!(status, 400);
            assert!(told.contains("Unspecified content type text/csv is not allowed."), "{told}");
        }
    }

    #[tokio::test]
    async fn a_response_that_does_not_fit_is_a_bad_gateway() {
        let world = World::new();
        world.answer(200, "{\"id\":\"x\"}");
        let header = "<set-header name=\"content-type\"><value>application/json</value></set-header>";
        let outcome = world.run_documented("", &format!("{header}{POLICY}")).await;
        assert_eq!(outcome.response.status(), 502);
        assert_eq!(outcome.last_error.unwrap().reason, "Response not allowed");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "outbound",
                "<validate-content max-size=\"9000000\" size-exceeded-action=\"x\"><content validate-as=\"xml\" \
                 schema-id=\"none\" /><content validate-as=\"yaml\" /></validate-content>"
            ),
            [
                "2:1: <validate-content> needs the attribute \"unspecified-content-type-action\"",
                "2:19: the attribute \"max-size\" of <validate-content> must be 4194304 at most",
                "2:38: the attribute \"size-exceeded-action\" of <validate-content> must be ignore, prevent or detect",
                "2:72: the attribute \"validate-as\" of <content>: XML schemas are not played",
                "2:90: the attribute \"schema-id\" of <content> must be a schema of the service",
                "2:118: the attribute \"validate-as\" of <content> must be json, xml or soap",
            ]
        );
    }
}
