//! `xml-to-json`: converts an XML body of the request or response to JSON
//! (learn.microsoft.com/azure/api-management/xml-to-json-policy).
//!
//! - Seen on a live gateway, for `kind="direct"`: the declaration is a member `version`, `$` follows a prefix,
//!   attributes and namespaces begin with `@`, and all values are text.
//! - Derived: elements with the same name are a list.
//! - Chosen here: text beside attributes or elements is `#text`, an empty element is empty text, and the content type
//!   is `application/json`.
//!
//! The output of `kind="javascript-friendly"` is not documented, so that kind is refused.

use std::fmt::Write as _;

use indexmap::IndexMap;
use roxmltree::{Document, Node};

use super::{
    conversion::{Conversion, Direction},
    prelude::*,
};
use crate::expression::xml_parsing_steps;

const DIRECTION: Direction = Direction::XmlToJson;

/// The most steps of the parser beyond reading a text once: about 3,000 attributes of one element.
const MOST_STEPS: usize = 10_000_000;

/// The deepest nesting of elements.
const DEEPEST_XML: usize = 128;

#[derive(Debug)]
pub(crate) struct XmlToJson {
    conversion: Conversion,
    kind: Setting<ConversionKind>,
    lists: Option<Setting<bool>>,
    empty: Option<EmptyValues>,
    trims: Option<Setting<bool>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConversionKind {
    Direct,
    JavaScriptFriendly,
}

words! {
    ConversionKind, "direct or javascript-friendly";
    "direct" => Direct;
    "javascript-friendly" => JavaScriptFriendly;
}

const NOT_PLAYED: &str = "kind=\"javascript-friendly\" of <xml-to-json>: the shape that it makes is not documented";

/// `empty-values`: the JSON value of an empty element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EmptyValues {
    Preserve,
    AsNull,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<XmlToJson> {
    let own = ["kind", "always-array-child-elements", "empty-values", "trim"];
    element.only_attributes(&[&Conversion::ATTRIBUTES[..], &own].concat(), problems);
    element.children(&[], problems);
    let kind = element.required_setting("kind", problems);
    if matches!(kind, Some(Setting::Literal(ConversionKind::JavaScriptFriendly))) {
        element.unsupported(problems, NOT_PLAYED);
    }
    let empty = match element.attribute("empty-values", problems) {
        None => None,
        Some("preserve") => Some(EmptyValues::Preserve),
        Some("asNull") => Some(EmptyValues::AsNull),
        Some(_) => {
            element.bad_value("empty-values", "preserve or asNull", problems);
            None
        }
    };
    let (lists, trims) = (element.setting("always-array-child-elements", problems), element.setting("trim", problems));
    let conversion = Conversion::load(element, DIRECTION, problems);
    Some(XmlToJson { conversion: conversion?, kind: kind?, lists, empty, trims })
}

impl XmlToJson {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(body) = self.conversion.body(DIRECTION, run).await? else { return Ok(()) };
        if run.get(&self.kind).await? == ConversionKind::JavaScriptFriendly {
            return Err(Failure::internal("", "", NOT_PLAYED.to_owned()));
        }
        let writer = Writer {
            lists: run.get_any(self.lists.as_ref()).await?.unwrap_or(false),
            null_for_empty: self.empty == Some(EmptyValues::AsNull),
            trims: run.get_any(self.trims.as_ref()).await?.unwrap_or(false),
        };
        let json = writer.convert(&body).map_err(|error| Failure::internal("", "", format!("xml-to-json: {error}")))?;
        Conversion::replace(DIRECTION, json, run);
        Ok(())
    }
}

struct Writer {
    /// Writes every element below the root as a list.
    lists: bool,
    null_for_empty: bool,
    trims: bool,
}

impl Writer {
    fn convert(&self, body: &[u8]) -> Result<String, String> {
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if xml_parsing_steps(text) > MOST_STEPS {
            return Err("the body has too many attributes or namespaces".to_owned());
        }
        let document = Document::parse(text).map_err(|error| format!("the body is not XML: {error}"))?;
        let root = document.root_element();
        let mut json = "{".to_owned();
        if let Some(version) = version(text) {
            let _ = write!(json, "\"version\":{},", quoted(version));
        }
        let _ = write!(json, "{}:", quoted(&name_of(root)));
        self.element(root, 0, &mut json)?;
        json.push('}');
        Ok(json)
    }

    fn element(&self, node: Node<'_, '_>, depth: usize, json: &mut String) -> Result<(), String> {
        if depth > DEEPEST_XML {
            return Err(format!("elements are nested more than {DEEPEST_XML} deep"));
        }
        let text: String = node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
        let mut children: IndexMap<String, Vec<Node<'_, '_>>> = IndexMap::new();
        for child in node.children().filter(Node::is_element) {
            children.entry(name_of(child)).or_default().push(child);
        }
        let attributes = attributes(node);
        // White space between elements is not text.
        let text = if self.trims || !children.is_empty() { text.trim() } else { &text };
        if attributes.is_empty() && children.is_empty() {
            let is_null = text.is_empty() && self.null_for_empty;
            json.push_str(&if is_null { "null".to_owned() } else { quoted(text) });
            return Ok(());
        }
        let mut members = Vec::new();
        for (name, value) in attributes {
            members.push(format!("{}:{}", quoted(&format!("@{name}")), quoted(&value)));
        }
        if !text.is_empty() {
            members.push(format!("\"#text\":{}", quoted(text)));
        }
        for (name, nodes) in children {
            let mut values = Vec::with_capacity(nodes.len());
            for node in nodes {
                let mut value = String::new();
                self.element(node, depth + 1, &mut value)?;
                values.push(value);
            }
            let is_list = self.lists || values.len() > 1;
            let value = if is_list { format!("[{}]", values.join(",")) } else { values.concat() };
            members.push(format!("{}:{value}", quoted(&name)));
        }
        let _ = write!(json, "{{{}}}", members.join(","));
        Ok(())
    }
}

/// Returns the version in the XML declaration.
fn version(text: &str) -> Option<&str> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("version")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

/// Returns the element's name as written, with `$` after its prefix.
fn name_of(node: Node<'_, '_>) -> String {
    let written = &node.document().input_text()[node.range()];
    let end = written.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(written.len());
    written[1..end].replacen(':', "$", 1)
}

/// Returns the attributes in the order of the tag, including namespaces, with `$` after prefixes.
fn attributes(node: Node<'_, '_>) -> Vec<(String, String)> {
    let written = &node.document().input_text()[node.range()];
    let mut plain = node.attributes();
    attribute_names(written)
        .map(|name| {
            let value = match (name, name.strip_prefix("xmlns:")) {
                ("xmlns", _) => node.default_namespace().unwrap_or_default(),
                (_, Some(prefix)) => node.lookup_namespace_uri(Some(prefix)).unwrap_or_default(),
                _ => plain.next().map_or("", |attribute| attribute.value()),
            };
            (name.replacen(':', "$", 1), value.to_owned())
        })
        .collect()
}

/// Returns the names in a start tag, which must be well formed.
fn attribute_names(tag: &str) -> impl Iterator<Item = &str> {
    let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(tag.len());
    let mut rest = &tag[end..];
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.starts_with(['/', '>']) {
            return None;
        }
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next()?;
        rest = after[1..].split_once(quote)?.1;
        Some(name.trim())
    })
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use crate::rig::{problems_in, sent_on};

    async fn sent(attributes: &str, headers: &[(&str, &str)], body: &'static str) -> (String, String) {
        sent_on(&format!("<xml-to-json kind=\"direct\" {attributes} />"), headers, body).await
    }

    const XML: (&str, &str) = ("content-type", "text/xml");
    const ALWAYS: &str = "apply=\"always\" consider-accept-header=\"false\"";

    async fn json(attributes: &str, body: &'static str) -> String {
        sent(&format!("{ALWAYS} {attributes}"), &[XML], body).await.0
    }

    #[tokio::test]
    async fn the_shapes_are_those_of_the_service() {
        let soap = "<?xml version=\"1.0\"?><s:Envelope xmlns=\"urn:obs\" xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
                    <s:Body><Find><Id>17</Id></Find></s:Body></s:Envelope>";
        assert_eq!(
            json("", soap).await,
            "{\"version\":\"1.0\",\"s$Envelope\":{\"@xmlns\":\"urn:obs\",\
             \"@xmlns$s\":\"http://schemas.xmlsoap.org/soap/envelope/\",\"s$Body\":{\"Find\":{\"Id\":\"17\"}}}}"
        );
        for (body, expected) in [
            ("<a>x</a>", r#"{"a":"x"}"#),
            ("<a>&lt;&amp;&gt;&quot;&apos;</a>", r#"{"a":"<&>\"'"}"#),
            ("<a><b>1</b><c/><b>2</b></a>", r#"{"a":{"b":["1","2"],"c":""}}"#),
            (
                "<a x='1' p:y=\"2\" xmlns:p='urn:p'> t </a>",
                r##"{"a":{"@x":"1","@p$y":"2","@xmlns$p":"urn:p","#text":" t "}}"##,
            ),
            ("<a>\n <b>1</b>\n</a>", r#"{"a":{"b":"1"}}"#),
        ] {
            assert_eq!(json("", body).await, expected, "{body}");
        }
    }

    #[tokio::test]
    async fn attributes_change_the_shape() {
        let list = "always-array-child-elements=\"true\"";
        assert_eq!(json(list, "<a><b>1</b></a>").await, r#"{"a":{"b":["1"]}}"#);
        assert_eq!(json("empty-values=\"asNull\"", "<a><b/><c> </c></a>").await, r#"{"a":{"b":null,"c":" "}}"#);
        assert_eq!(json("trim=\"true\"", "<a><c> x </c></a>").await, r#"{"a":{"c":"x"}}"#);
    }

    #[tokio::test]
    async fn an_expression_may_say_the_kind() {
        let of_kind = async |kind: &str| {
            sent_on(&format!("<xml-to-json kind=\"@(\"{kind}\")\" {ALWAYS} />"), &[XML], "<a>x</a>").await
        };
        assert_eq!(of_kind("direct").await.0, r#"{"a":"x"}"#);
        let (message, status) = of_kind("javascript-friendly").await;
        assert_eq!((message.as_str(), status.as_str()), (super::NOT_PLAYED, "500 Internal Server Error"));
        assert_eq!(of_kind("other").await.1, "500 Internal Server Error");
    }

    #[tokio::test]
    async fn only_bodies_that_are_asked_for_are_converted() {
        const BODY: &str = "<a><b>1</b></a>";
        let is_converted = async |attributes: &str, headers: &[(&str, &str)]| {
            let (body, content_type) = sent(attributes, headers, BODY).await;
            assert_eq!(body == r#"{"a":{"b":"1"}}"#, content_type == "application/json", "{body}");
            body != BODY
        };
        assert!(!is_converted("apply=\"always\"", &[XML]).await);
        assert!(is_converted("apply=\"always\"", &[XML, ("accept", "application/json")]).await);
        assert!(!is_converted("apply=\"always\"", &[XML, ("accept", "text/xml")]).await);
        let of_type = "apply=\"content-type-xml\" consider-accept-header=\"false\"";
        assert!(is_converted(of_type, &[("content-type", "application/soap+xml")]).await);
        assert!(!is_converted(of_type, &[("content-type", "text/plain")]).await);
    }

    #[tokio::test]
    async fn a_body_that_is_no_xml_fails() {
        let (message, status) = sent(ALWAYS, &[XML], "{}").await;
        assert!(message.starts_with("xml-to-json: the body is not XML: "), "{message}");
        assert_eq!(status, "500 Internal Server Error");
        let bomb = "<!DOCTYPE a [<!ENTITY b \"b\">]><a>&b;</a>";
        assert!(json("", bomb).await.starts_with("xml-to-json: the body is not XML: "));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<xml-to-json kind=\"direct\" apply=\"always\" always-array-children=\"true\" />\n\
                 <xml-to-json kind=\"javascript-friendly\" apply=\"always\" empty-values=\"x\" />\n<xml-to-json />"
            ),
            [
                "2:43: the attribute \"always-array-children\" of <xml-to-json> is not declared",
                "3:1: kind=\"javascript-friendly\" of <xml-to-json>: the shape that it makes is not documented",
                "3:56: the attribute \"empty-values\" of <xml-to-json> must be preserve or asNull",
                "4:1: <xml-to-json> needs the attribute \"apply\"",
                "4:1: <xml-to-json> needs the attribute \"kind\"",
            ]
        );
    }
}
