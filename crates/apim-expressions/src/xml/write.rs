//! `ToString()`: indented by two blanks, without a declaration.

use super::{Attribute, Content, Name, Xml};
use crate::{json::write::NEW_LINE, limits::Writer, problem::Failure, types::Class};

/// Prefixes and their namespaces, the innermost last.
type Scope = Vec<(String, String)>;

pub(crate) fn node(node: &Xml, out: &mut Writer<'_>) -> Result<(), Failure> {
    let mut known = Scope::new();
    // Declarations around the node also name its prefixes, but are not written.
    let mut around = Vec::new();
    let mut holder = node.holder();
    while let Some(one) = holder {
        around.push(one.clone());
        holder = one.holder();
    }
    for one in around.iter().rev() {
        declare(one, &mut known);
    }
    let outer = known.len();
    written(node, 0, false, &mut known, outer, out)
}

pub(crate) fn attribute(attribute: &Attribute, out: &mut Writer<'_>) -> Result<(), Failure> {
    let name = attribute.name();
    let prefix = match name.declares() {
        Some("") | None => "",
        Some(_) => "xmlns:",
    };
    out.push(&format!("{prefix}{}=\"", name.local))?;
    escaped(&attribute.value(), true, out)?;
    out.push("\"")
}

fn declare(node: &Xml, scope: &mut Scope) {
    for attribute in node.attributes() {
        if let Some(prefix) = attribute.name().declares() {
            scope.push((prefix.to_owned(), attribute.value().to_string()));
        }
    }
}

/// Writes a node. The first `outer` prefixes of the scope are declared outside of the written text.
fn written(
    node: &Xml,
    depth: usize,
    mixed: bool,
    scope: &mut Scope,
    outer: usize,
    out: &mut Writer<'_>,
) -> Result<(), Failure> {
    out.budget.steps(1)?;
    match &node.node.content() {
        Content::Text(text) => escaped(text, false, out),
        Content::Data(text) => out.push(&format!("<![CDATA[{text}]]>")),
        Content::Comment(text) => out.push(&format!("<!--{text}-->")),
        Content::Instruction(target, data) => {
            let blank = if data.is_empty() { "" } else { " " };
            out.push(&format!("<?{target}{blank}{data}?>"))
        }
        Content::Document => {
            for (index, child) in node.children().enumerate() {
                if index > 0 {
                    out.push(NEW_LINE)?;
                }
                written(&child, depth, mixed, scope, outer, out)?;
            }
            Ok(())
        }
        Content::Element { name, .. } => {
            let before = scope.len();
            declare(node, scope);
            let mut added = Vec::new();
            let qualified = qualify(name, false, scope, outer, &mut added);
            out.push(&format!("<{qualified}"))?;
            for attribute in node.attributes() {
                let (name, value) = (attribute.name(), attribute.value());
                let written_name = match name.declares() {
                    Some("") => "xmlns".to_owned(),
                    Some(prefix) => format!("xmlns:{prefix}"),
                    None => qualify(name, true, scope, outer, &mut added),
                };
                out.push(&format!(" {written_name}=\""))?;
                escaped(&value, true, out)?;
                out.push("\"")?;
            }
            for (prefix, uri) in added {
                let colon = if prefix.is_empty() { "" } else { ":" };
                out.push(&format!(" xmlns{colon}{prefix}=\""))?;
                escaped(&uri, true, out)?;
                out.push("\"")?;
            }
            children(node, &qualified, depth, mixed, scope, outer, out)?;
            scope.truncate(before);
            Ok(())
        }
    }
}

/// Writes the content of an element, and its end.
fn children(
    node: &Xml,
    qualified: &str,
    depth: usize,
    mut mixed: bool,
    scope: &mut Scope,
    outer: usize,
    out: &mut Writer<'_>,
) -> Result<(), Failure> {
    if node.is_empty() {
        return out.push(" />");
    }
    out.push(">")?;
    let mut any = false;
    for child in node.children() {
        let text = matches!(child.class(), Class::XText | Class::XCData);
        mixed |= text;
        if !mixed {
            out.push(NEW_LINE)?;
            out.push(&"  ".repeat(depth + 1))?;
        }
        written(&child, depth + 1, mixed, scope, outer, out)?;
        any = true;
    }
    if any && !mixed {
        out.push(NEW_LINE)?;
        out.push(&"  ".repeat(depth))?;
    }
    out.push(&format!("</{qualified}>"))
}

/// Returns the name with the prefix of its namespace. If no prefix in scope stands for the namespace, adds a
/// declaration to `added`.
fn qualify(name: &Name, attribute: bool, scope: &mut Scope, outer: usize, added: &mut Vec<(String, String)>) -> String {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    let local = &name.local;
    let current = |scope: &Scope, prefix: &str| scope.iter().rposition(|(known, _)| known == prefix);
    if name.namespace.is_empty() {
        let default = current(scope, "").filter(|at| !scope[*at].1.is_empty());
        if !attribute && default.is_some_and(|at| at >= outer) {
            scope.push((String::new(), String::new()));
            added.push((String::new(), String::new()));
        }
        return local.to_string();
    }
    if &*name.namespace == XML {
        return format!("xml:{local}");
    }
    let found = (0..scope.len()).rev().find(|at| {
        let (prefix, uri) = &scope[*at];
        *uri == *name.namespace && current(scope, prefix) == Some(*at) && !(attribute && prefix.is_empty())
    });
    let prefix = match found {
        Some(at) => {
            let prefix = scope[at].0.clone();
            if at < outer && !added.iter().any(|(known, _)| *known == prefix) {
                added.push((prefix.clone(), name.namespace.to_string()));
                scope.push((prefix.clone(), name.namespace.to_string()));
            }
            prefix
        }
        None => {
            let prefix = if attribute { format!("p{}", scope.len() + 1) } else { String::new() };
            added.push((prefix.clone(), name.namespace.to_string()));
            scope.push((prefix.clone(), name.namespace.to_string()));
            prefix
        }
    };
    if prefix.is_empty() { local.to_string() } else { format!("{prefix}:{local}") }
}

fn escaped(text: &str, attribute: bool, out: &mut Writer<'_>) -> Result<(), Failure> {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' if attribute => written.push_str("&quot;"),
            '\t' if attribute => written.push_str("&#x9;"),
            '\n' if attribute => written.push_str("&#xA;"),
            '\r' if attribute => written.push_str("&#xD;"),
            '\r' | '\n' => written.push_str(NEW_LINE),
            c => written.push(c),
        }
    }
    out.push(&written)
}
