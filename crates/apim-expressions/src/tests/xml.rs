//! LINQ to XML, each form with its failure.

use super::{check, context, outcome_in};
use crate::{Body, Response, Value};
use bytes::Bytes;

const ENVELOPE: &str = r#"<s:Envelope xmlns:s="urn:soap" xmlns="urn:orders">
  <s:Body><Answer id="7"><Id>A&amp;B</Id><Id>2</Id><!-- no --></Answer></s:Body>
</s:Envelope>"#;

/// Checks rows like [`check`], with a response in the variable `soap` whose body is the envelope.
fn check_soap(rows: &[(&str, &str)]) {
    for (source, expected) in rows {
        let mut context = context();
        let body = Some(Body::new(Bytes::from_static(ENVELOPE.as_bytes())));
        let response = Response { status_code: 200, body, ..Response::default() };
        context.variables.insert("soap".to_owned(), Value::from(response));
        let found = outcome_in(&mut context, source).unwrap_or_else(|error| format!("!{error}"));
        assert_eq!(found, *expected, "{source}");
    }
}

#[test]
fn documents_are_parsed_and_looked_through() {
    check(&[
        (r#"@(XDocument.Parse("<k><Oid>o</Oid><Value>v</Value></k>").Root.Element("Oid")?.Value ?? "")"#, "String o"),
        (r#"@(System.Xml.Linq.XDocument.Parse("<k/>").Root.Element("Oid")?.Value ?? "none")"#, "String none"),
        (r#"@(XElement.Parse("<k/>").Element("Oid").Value)"#, "!Object reference not set to an instance of an object."),
        (
            r#"@(XDocument.Parse("<a><b><c>1</c></b><c>2</c></a>").Descendants().Where(r => r.Name.LocalName == "c").First().Value)"#,
            "String 1",
        ),
        (
            r#"@(XDocument.Parse("<a/>").Descendants().Where(r => r.Name.LocalName == "c").First().Value)"#,
            "!Sequence contains no elements",
        ),
        (r#"@(XElement.Parse("<a><b>1</b><c><b>2</b></c></a>").Elements("b").Count())"#, "Int32 1"),
        (r#"@(XElement.Parse("<a><b>1</b><c><b>2</b></c></a>").Descendants("b").Count())"#, "Int32 2"),
        (r#"@(string.Join(",", XElement.Parse("<a><b/>x<c/></a>").Elements().Select(e => e.Name)))"#, "String b,c"),
        (r#"@(XElement.Parse("<a><b><c/></b></a>").Element("b").Element("c").Parent.Name.LocalName)"#, "String b"),
        (r#"@(XElement.Parse("<a/>").Parent == null)"#, "Boolean True"),
        (r#"@(XDocument.Parse("<a/>").Elements("a").Elements("b").Any())"#, "Boolean False"),
        (
            r#"@("a b".Split(' ').Elements("c"))"#,
            "!parse: 'string[]' does not contain a definition for 'Elements', or it is not supported",
        ),
        (
            r#"@(XDocument.Parse("<a/>").Value)"#,
            "!parse: 'XDocument' does not contain a definition for 'Value', or it is not supported",
        ),
        (r#"@(new XElement("a"))"#, "Xml.Linq.XElement <a />"),
        (r#"@(XElement.Parse("<a/>"))"#, "Xml.Linq.XElement <a />"),
        (r#"@(XElement.Parse("<a/>").ToString())"#, "String <a />"),
    ]);
}

#[test]
fn what_is_no_xml_is_an_exception() {
    check(&[
        (r#"@(XDocument.Parse(""))"#, "!Root element is missing."),
        (r#"@(XDocument.Parse(null))"#, "!Value cannot be null. (Parameter 'value')"),
        (r#"@{ try { XDocument.Parse("<a>"); return "?"; } catch (Exception) { return "caught"; } }"#, "String caught"),
        (
            r#"@{ try { XDocument.Parse("<!DOCTYPE a><a/>"); } catch { } return "?"; }"#,
            "!XML with a document type is not supported",
        ),
    ]);
}

#[test]
fn names_have_namespaces() {
    check_soap(&[
        (
            r#"@{
                XNamespace soap = "urn:soap";
                XNamespace orders = "urn:orders";
                return ((IResponse)context.Variables["soap"]).Body.As<XDocument>(preserveContent: true)
                    .Elements(soap + "Envelope").Elements(soap + "Body").Elements(orders + "Answer")
                    .Elements(orders + "Id").FirstOrDefault().Value;
            }"#,
            "String A&B",
        ),
        (r#"@(((IResponse)context.Variables["soap"]).Body.As<XElement>().Name)"#, "Xml.Linq.XName {urn:soap}Envelope"),
        (r#"@(((IResponse)context.Variables["soap"]).Body.As<XElement>().Elements("Body").Any())"#, "Boolean False"),
        (
            r#"@(((IResponse)context.Variables["soap"]).Body.As<XElement>().Elements("{urn:soap}Body").Any())"#,
            "Boolean True",
        ),
        (
            r#"@(((IResponse)context.Variables["soap"]).Body.As<XElement>().Descendants("{urn:orders}Answer").First().Attribute("id").Value)"#,
            "String 7",
        ),
    ]);
    check(&[
        (r#"@(XName.Get("{urn:a}b").Namespace.NamespaceName + XName.Get("{urn:a}b").LocalName)"#, "String urn:ab"),
        (r#"@(XNamespace.Get("urn:a") + "b" == XName.Get("{urn:a}b"))"#, "Boolean True"),
        (r#"@(XElement.Parse("<a/>").Element("{urn:a"))"#, "!'{urn:a' is an invalid expanded name."),
        (r#"@(XElement.Parse("<a/>").Element(""))"#, "!'' is an invalid expanded name."),
        (
            r#"@(XElement.Parse("<a/>").Element("b c"))"#,
            "!The ' ' character, hexadecimal value 0x20, cannot be included in a name.",
        ),
        (
            r#"@(XElement.Parse("<a/>").Element("1b"))"#,
            "!Name cannot begin with the '1' character, hexadecimal value 0x31.",
        ),
        (r#"@(XElement.Parse("<a/>").Element(5))"#, "!parse: Argument 1: cannot convert from 'int' to 'XName'"),
        (r#"@((XNamespace)null + "b")"#, "!Value cannot be null. (Parameter 'ns')"),
    ]);
}

#[test]
fn text_and_attributes_become_values() {
    check(&[
        (
            r#"@((int)XElement.Parse("<a n='41'><b>1</b></a>").Attribute("n") + (int)XElement.Parse("<b>1</b>"))"#,
            "Int32 42",
        ),
        (r#"@((bool)XElement.Parse("<a>1</a>") && (bool)XElement.Parse("<a>true</a>"))"#, "Boolean True"),
        (r#"@((string)XElement.Parse("<a/>").Element("b") ?? "none")"#, "String none"),
        (r#"@((int?)XElement.Parse("<a/>").Attribute("b") ?? 5)"#, "Int32 5"),
        (r#"@((int)XElement.Parse("<a/>").Attribute("b"))"#, "!Value cannot be null. (Parameter 'element')"),
        (r#"@((int)XElement.Parse("<a>x</a>"))"#, "!The input string 'x' was not in a correct format."),
        (r#"@((Guid)XElement.Parse("<a>x</a>"))"#, "!Unrecognized Guid format."),
        (r#"@(XElement.Parse("<a xmlns='urn:a' b='c'/>").Attributes("b").Count())"#, "Int32 1"),
        (r#"@(XElement.Parse("<a xmlns='urn:a'/>").Attribute("xmlns"))"#, "Xml.Linq.XAttribute xmlns=\"urn:a\""),
        (r#"@("[" + XElement.Parse("<a> <b>x</b> \n y </a>").Value + "]")"#, "String [x \n y ]"),
        (r#"@("[" + XElement.Parse("<a><b/> \r\n <b/><![CDATA[ ]]>&#9;</a>").Value + "]")"#, "String [ \t]"),
        (r#"@("[" + XElement.Parse("<a xml:space='preserve'> </a>").Value + "]")"#, "String [ ]"),
        (r#"@(XElement.Parse("<a><b/></a>").HasElements && !XElement.Parse("<a>b</a>").HasElements)"#, "Boolean True"),
    ]);
}

#[test]
fn bodies_are_read_as_xml() {
    check_soap(&[
        (r#"@(((IResponse)context.Variables["soap"]).Body.As<XDocument>().Root.Name.LocalName)"#, "String Envelope"),
        (
            r#"@(((IResponse)context.Variables["response"]).Body.As<XDocument>().Root.Name.LocalName)"#,
            "!The message body is not a valid XML. unknown token at 1:1",
        ),
        (
            r#"@(((IResponse)context.Variables["soap"]).Body.As<XNode>())"#,
            "!parse: a body can be read as string, byte[], JObject, JArray, JToken, XElement or XDocument",
        ),
    ]);
}

#[test]
fn no_document_takes_more_than_an_expression_may() {
    let many = "<a>".repeat(200_000);
    let mut attributes = String::from("<a ");
    for number in 0..40_000 {
        attributes.push_str(&format!("n{number}='' "));
    }
    let mut declarations = String::new();
    for number in 0..20_000 {
        declarations.push_str(&format!("<a xmlns:n{number}='u'>"));
    }
    for text in [many, attributes + "/>", declarations] {
        let mut context = context();
        context.variables.insert("xml".to_owned(), Value::from(text));
        let found = outcome_in(&mut context, r#"@(XDocument.Parse((string)context.Variables["xml"]).Root.Value)"#);
        assert!(found.as_ref().is_err_and(|error| error.starts_with("The expression")), "{found:?}");
    }
}
