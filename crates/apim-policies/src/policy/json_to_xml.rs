//! `json-to-xml`: converts a JSON body of the request or response to XML
//! (learn.microsoft.com/azure/api-management/json-to-xml-policy).
//!
//! - Seen on a live gateway: an object with several properties is wrapped in `<Document>`, true is `True`, null is an
//!   element with `xsi:nil`, a list is one element for each item, and an empty list is one empty element.
//! - Derived: an object with one property is that element, false is `False`, and a name is split at the separator if
//!   its first part is a declared prefix.
//! - Chosen here: the content type `application/xml`, and a failure for JSON that is not an object at the top.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

use super::{
    conversion::{Conversion, Direction},
    prelude::*,
};
use crate::json_text::{depth, items, members};

const DIRECTION: Direction = Direction::JsonToXml;

/// The deepest nesting of JSON, as in .NET's readers of JSON.
const DEEPEST_JSON: usize = 64;

/// The most bytes of the XML. A list writes the name of its property for each item, so a short text can make a long
/// one.
const LONGEST_XML: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct JsonToXml {
    conversion: Conversion,
    separator: Option<Setting<String>>,
    /// Properties of this name and the separator declare namespaces.
    prefix: Option<Setting<String>>,
    /// The object of this name holds attributes.
    attributes: Option<Setting<String>>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<JsonToXml> {
    let own = ["parse-date", "namespace-separator", "namespace-prefix", "attribute-block-name"];
    element.only_attributes(&[&Conversion::ATTRIBUTES[..], &own].concat(), problems);
    element.children(&[], problems);
    // A time keeps its JSON text with either value.
    let _as_written = element.flag("parse-date", problems);
    let separator = element.setting("namespace-separator", problems);
    let prefix = element.setting("namespace-prefix", problems);
    let attributes = element.setting("attribute-block-name", problems);
    Some(JsonToXml { conversion: Conversion::load(element, DIRECTION, problems)?, separator, prefix, attributes })
}

impl JsonToXml {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(body) = self.conversion.body(DIRECTION, run).await? else { return Ok(()) };
        let names = Names {
            separator: run.get_any(self.separator.as_ref()).await?.unwrap_or_else(|| "_".to_owned()),
            prefix: run.get_any(self.prefix.as_ref()).await?.filter(|prefix| !prefix.is_empty()),
            attributes: run.get_any(self.attributes.as_ref()).await?.filter(|name| !name.is_empty()),
        };
        let xml = names.convert(&body).map_err(|error| Failure::internal("", "", format!("json-to-xml: {error}")))?;
        Conversion::replace(DIRECTION, xml, run);
        Ok(())
    }
}

/// The name and value of an attribute.
type Attribute = (String, String);

/// The name of a property and the text of its value.
type Property<'t> = (String, &'t str);

/// The conversion of property names to XML names.
struct Names {
    separator: String,
    prefix: Option<String>,
    attributes: Option<String>,
}

impl Names {
    fn convert(&self, body: &[u8]) -> Result<String, String> {
        let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| format!("the body is not JSON: {error}"))?;
        if depth(text) > DEEPEST_JSON {
            return Err(format!("the body is JSON of more than {DEEPEST_JSON} levels"));
        }
        if !text.starts_with('{') {
            return Err("the body is JSON, but no object; what Azure makes of it is not documented".to_owned());
        }
        let properties: Vec<_> = members(text).collect();
        let mut xml = String::new();
        match properties.as_slice() {
            [(name, value)] if !value.starts_with('[') => self.element(name, value, &mut Vec::new(), &mut xml)?,
            _ => self.element("Document", text, &mut Vec::new(), &mut xml)?,
        }
        Ok(xml)
    }

    /// Writes a value as an element. A list becomes one element for each item.
    fn element(&self, name: &str, value: &str, declared: &mut Vec<String>, xml: &mut String) -> Result<(), String> {
        if value.starts_with('[') {
            let mut empty = true;
            for item in items(value) {
                empty = false;
                match item.starts_with('[') {
                    // A list in a list becomes an element that holds its items.
                    true => self.list(name, item, declared, xml)?,
                    false => self.element(name, item, declared, xml)?,
                }
            }
            if empty {
                let name = self.name(name, declared);
                let _ = write!(xml, "<{name}/>");
            }
            return fits(xml);
        }
        let outer = declared.len();
        let (attributes, children) =
            if value.starts_with('{') { self.split(value, declared) } else { Default::default() };
        let name = self.name(name, declared);
        let _ = write!(xml, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(xml, " {attribute}=\"{}\"", escaped(&value));
        }
        let content = match value.as_bytes().first() {
            Some(b'{') => {
                let mut content = String::new();
                for (name, value) in &children {
                    self.element(name, value, declared, &mut content)?;
                }
                content
            }
            Some(b'n') => {
                xml.push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"");
                String::new()
            }
            _ => escaped(&scalar(value)),
        };
        let _ = if content.is_empty() { write!(xml, "/>") } else { write!(xml, ">{content}</{name}>") };
        declared.truncate(outer);
        fits(xml)
    }

    fn list(&self, name: &str, list: &str, declared: &mut Vec<String>, xml: &mut String) -> Result<(), String> {
        let written = self.name(name, declared);
        let _ = write!(xml, "<{written}>");
        self.element(name, list, declared, xml)?;
        let _ = write!(xml, "</{written}>");
        fits(xml)
    }

    /// Splits an object into its attributes, including namespaces, and the properties that become elements.
    fn split<'t>(&self, object: &'t str, declared: &mut Vec<String>) -> (Vec<Attribute>, Vec<Property<'t>>) {
        let (mut attributes, mut children, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in members(object) {
            if self.attributes.as_deref() == Some(&name) && value.starts_with('{') {
                blocks.push(value);
            } else if let Some(prefix) = self.declaration(&name).filter(|_| value.starts_with('"')) {
                let attribute = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
                attributes.push((attribute, scalar(value)));
                declared.push(prefix);
            } else {
                children.push((name, value));
            }
        }
        for (name, value) in blocks.into_iter().flat_map(members) {
            attributes.push((self.name(&name, declared), scalar(value)));
        }
        (attributes, children)
    }

    /// Returns the prefix that a property declares; empty for the default namespace.
    fn declaration(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.prefix.as_deref()?)?;
        if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix(&self.separator).map(encoded) }
    }

    /// Returns the name with its prefix, if the prefix is declared.
    fn name(&self, name: &str, declared: &[String]) -> String {
        match name.split_once(&self.separator) {
            Some((prefix, local)) if !local.is_empty() && declared.iter().any(|known| known == prefix) => {
                format!("{prefix}:{}", encoded(local))
            }
            _ => encoded(name),
        }
    }
}

fn fits(xml: &str) -> Result<(), String> {
    if xml.len() > LONGEST_XML { Err(format!("the XML would be longer than {LONGEST_XML} bytes")) } else { Ok(()) }
}

/// Returns a scalar as text: true is `True`.
fn scalar(value: &str) -> String {
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value).unwrap_or_default(),
        Some(b't') => "True".to_owned(),
        Some(b'f') => "False".to_owned(),
        Some(b'n') => String::new(),
        _ => value.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' | '\t' | '\n' => drop(write!(out, "&#x{:X};", u32::from(c))),
            // XML cannot hold the other control characters, nor these two.
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `XmlConvert.EncodeLocalName`: characters that a name cannot hold are written as `_x0020_`.
fn encoded(name: &str) -> String {
    let begins = |c: char| c.is_alphabetic() || c == '_';
    let mut out = String::new();
    for (index, c) in name.chars().enumerate() {
        if begins(c) || (index > 0 && (c.is_numeric() || matches!(c, '-' | '.'))) {
            out.push(c);
        } else {
            let _ = write!(out, "_x{:04X}_", u32::from(c));
        }
    }
    if out.is_empty() { "_".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use crate::rig::{problems_in, sent_on};

    async fn sent(attributes: &str, headers: &[(&str, &str)], body: &'static str) -> (String, String) {
        sent_on(&format!("<json-to-xml {attributes} />"), headers, body).await
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const ALWAYS: &str = "apply=\"always\" consider-accept-header=\"false\"";

    async fn xml(attributes: &str, body: &'static str) -> String {
        sent(&format!("{ALWAYS} {attributes}"), &[JSON], body).await.0
    }

    #[tokio::test]
    async fn the_shapes_are_those_of_the_service() {
        assert_eq!(
            xml(
                "",
                r#"{"name":"Ann","isOpen":true,"age":25,"home":{"city":"Ulm"},"tel":[{"t":"h"},{"t":"m"}],"kids":[],"boss":null}"#
            )
            .await,
            "<Document><name>Ann</name><isOpen>True</isOpen><age>25</age><home><city>Ulm</city></home><tel><t>h</t></tel>\
             <tel><t>m</t></tel><kids/><boss xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/></Document>"
        );
        for (body, expected) in [
            (r#"{"a":{"b":1}}"#, "<a><b>1</b></a>"),
            (r#"{"a":[1,"x"]}"#, "<Document><a>1</a><a>x</a></Document>"),
            (r#"{}"#, "<Document/>"),
            (r#"{"a":{},"b":false}"#, "<Document><a/><b>False</b></Document>"),
            (
                r#"{"a":"<&>\"","b c":1.50}"#,
                "<Document><a>&lt;&amp;&gt;&quot;</a><b_x0020_c>1.50</b_x0020_c></Document>",
            ),
            (r#"{"a":{"b":[[1],[]]}}"#, "<a><b><b>1</b></b><b><b/></b></a>"),
            (r#"{"e_a":1}"#, "<e_a>1</e_a>"),
            (
                "{\"a\":\"x\\u0000\\u001f\\ufffe\\uffff\\u007f\\t\"}",
                "<a>x\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{7f}&#x9;</a>",
            ),
        ] {
            assert_eq!(xml("", body).await, expected, "{body}");
        }
    }

    #[tokio::test]
    async fn names_carry_prefixes_and_a_block_holds_attributes() {
        let body = r##"{"e:Envelope":{"xmlns:e":"urn:e","xmlns:v":"urn:v","e:Header":{},"e:Body":{"v:L":{"#attrs":{"n":"t"},"name":"d"}}}}"##;
        let attributes =
            "parse-date=\"false\" namespace-separator=\":\" namespace-prefix=\"xmlns\" attribute-block-name=\"#attrs\"";
        assert_eq!(
            xml(attributes, body).await,
            "<e:Envelope xmlns:e=\"urn:e\" xmlns:v=\"urn:v\"><e:Header/><e:Body><v:L n=\"t\"><name>d</name></v:L></e:Body></e:Envelope>"
        );
        let derived = r#"{"e_A":{"xmlns_e":"urn:e","e_b":1,"c_d":2}}"#;
        assert_eq!(
            xml("namespace-prefix=\"@(&quot;xmlns&quot;)\"", derived).await,
            "<e:A xmlns:e=\"urn:e\"><e:b>1</e:b><c_d>2</c_d></e:A>"
        );
        let default = r#"{"A":{"xmlns":"urn:e","b":1}}"#;
        assert_eq!(xml("namespace-prefix=\"xmlns\"", default).await, "<A xmlns=\"urn:e\"><b>1</b></A>");
    }

    #[tokio::test]
    async fn only_bodies_that_are_asked_for_are_converted() {
        const BODY: &str = r#"{"a":{"b":1}}"#;
        let is_converted = async |attributes: &str, headers: &[(&str, &str)]| {
            let (body, content_type) = sent(attributes, headers, BODY).await;
            assert_eq!(body == "<a><b>1</b></a>", content_type == "application/xml", "{body}");
            body != BODY
        };
        let accept = |value| ("accept", value);
        assert!(!is_converted("apply=\"always\"", &[JSON]).await);
        assert!(!is_converted("apply=\"always\"", &[JSON, accept("application/json")]).await);
        assert!(is_converted("apply=\"always\"", &[JSON, accept("text/html, application/xml;q=0.9")]).await);
        let of_type = "apply=\"content-type-json\" consider-accept-header=\"false\"";
        assert!(is_converted(of_type, &[JSON]).await);
        assert!(is_converted(of_type, &[("content-type", "application/problem+json; charset=utf-8")]).await);
        assert!(!is_converted(of_type, &[("content-type", "text/plain")]).await);
        assert!(!is_converted(of_type, &[]).await);
        assert!(is_converted(ALWAYS, &[("content-type", "text/plain")]).await);
    }

    #[tokio::test]
    async fn a_body_that_is_no_json_object_fails() {
        let message = "json-to-xml: the body is not JSON: expected value at line 1 column 1";
        assert_eq!(sent(ALWAYS, &[JSON], "x").await, (message.to_owned(), "500 Internal Server Error".to_owned()));
        assert!(xml("", "[1]").await.starts_with("json-to-xml: the body is JSON, but no object"));
        assert_eq!(sent(ALWAYS, &[JSON], "").await, (String::new(), "application/json".to_owned()));
    }

    #[tokio::test]
    async fn what_a_body_can_cost_is_bounded() {
        let nested = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels)).leak();
        assert!(xml("", nested(64)).await.starts_with("<a><a>"));
        for levels in [65, 1_000_000] {
            assert_eq!(xml("", nested(levels)).await, "json-to-xml: the body is JSON of more than 64 levels");
        }
        let repeated = format!("{{\"{}\":[{}0]}}", "n".repeat(100_000), "0,".repeat(100_000)).leak();
        assert_eq!(xml("", repeated).await, "json-to-xml: the XML would be longer than 16777216 bytes");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<json-to-xml apply=\"content-type-xml\" parse-date=\"x\" kind=\"direct\" /><json-to-xml />"
            ),
            [
                "2:14: the attribute \"apply\" of <json-to-xml> must be always, or content-type-json in json-to-xml and \
                 content-type-xml in xml-to-json",
                "2:39: the attribute \"parse-date\" of <json-to-xml> must be true or false",
                "2:54: the attribute \"kind\" of <json-to-xml> is not declared",
                "2:70: <json-to-xml> needs the attribute \"apply\"",
            ]
        );
    }
}
