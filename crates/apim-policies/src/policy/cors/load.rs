//! Reads the `<cors>` element.

use http::HeaderName;

use super::{Cors, origin::Origin};
use crate::policy::prelude::*;
use crate::policy::token_policy::list;

/// The children in the order of the documentation's policy statement.
const CHILDREN: [(&str, Count); 4] = [
    ("allowed-origins", Count::AtMostOne),
    ("allowed-methods", Count::AtMostOne),
    ("allowed-headers", Count::AtMostOne),
    ("expose-headers", Count::AtMostOne),
];

pub(in crate::policy) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Cors> {
    element.only_attributes(&["id", "allow-credentials", "terminate-unmatched-request"], problems);
    if element.is_repeated() {
        element.problem(problems, "<cors> may stand in a section once");
    }
    let mut policy = Cors {
        credentials: element.setting("allow-credentials", problems),
        terminate: element.setting("terminate-unmatched-request", problems),
        origins: Vec::new(),
        methods: None,
        max_age: None,
        headers: Vec::new(),
        expose: Vec::new(),
    };
    let children = element.children(&CHILDREN, problems);
    if !children.iter().any(|child| child.name() == "allowed-origins") {
        element.problem(problems, "<cors> needs <allowed-origins>");
    }
    if !children.iter().any(|child| child.name() == "allowed-headers") {
        element.warn(problems, "<cors> without <allowed-headers> allows no header beyond those of simple requests");
    }
    for child in children {
        match child.name() {
            "allowed-origins" => policy.origins = origins(&child, problems),
            "allowed-methods" => methods(&child, &mut policy, problems),
            "allowed-headers" => policy.headers = header_names(&child, problems),
            _ => policy.expose = header_names(&child, problems),
        }
    }
    Some(policy)
}

fn origins(element: &Element<'_>, problems: &mut Problems) -> Vec<Origin> {
    let entries = list(element, "origin", problems);
    let mut origins = Vec::new();
    for entry in &entries {
        entry.only_attributes(&[], problems);
        match entry.text(problems).as_deref() {
            None => {}
            Some("*") if entries.len() > 1 => entry.problem(problems, "<origin> * stands alone"),
            Some("*") => origins.push(Origin::Any),
            Some(text) => match Origin::parse(text) {
                Some(origin) => origins.push(origin),
                None => entry.problem(problems, "the text of <origin> must be * or a scheme, a host and a port"),
            },
        }
    }
    origins
}

fn methods(element: &Element<'_>, policy: &mut Cors, problems: &mut Problems) {
    element.only_attributes(&["preflight-result-max-age"], problems);
    policy.max_age = element.setting("preflight-result-max-age", problems);
    let entries = element.children(&[("method", Count::Any)], problems);
    if entries.is_empty() {
        element.problem(problems, "<allowed-methods> needs at least one <method>");
    }
    let methods = entries.iter().filter_map(|entry| {
        entry.only_attributes(&[], problems);
        let method: Setting<String> = entry.text_setting(problems)?;
        if matches!(&method, Setting::Literal(method) if method.parse::<http::Method>().is_err()) {
            entry.problem(problems, "the text of <method> must be an HTTP method or *");
        }
        Some(method)
    });
    policy.methods = Some(methods.collect());
}

fn header_names(element: &Element<'_>, problems: &mut Problems) -> Vec<String> {
    let entries = list(element, "header", problems);
    let mut names = Vec::new();
    for entry in &entries {
        entry.only_attributes(&[], problems);
        let Some(name) = entry.text(problems) else { continue };
        if name.parse::<HeaderName>().is_err() {
            entry.problem(problems, "the text of <header> must be a header name or *");
        }
        names.push(name);
    }
    names
}
