//! `set-header`: sets, adds to or removes a header of the request (inbound, backend) or of the response (outbound,
//! on-error), as learn.microsoft.com/azure/api-management/set-header-policy says.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Kind, Policy};
use crate::{
    load::{Count, Element},
    problem::Problems,
    scope::Section,
};

pub(super) const KIND: Kind = Kind { name: "set-header", sections: &Section::ALL, load };

/// The documentation says that these cannot be changed.
const FORBIDDEN: [&str; 4] = ["connection", "content-length", "keep-alive", "transfer-encoding"];

/// Several values of these are sent as separate lines, those of any other header as one line with commas.
const SEPARATE: [HeaderName; 9] = [
    header::USER_AGENT,
    header::WWW_AUTHENTICATE,
    header::COOKIE,
    header::SET_COOKIE,
    header::DATE,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
];

#[derive(Debug)]
pub(crate) struct SetHeader {
    name: HeaderName,
    action: Action,
    values: Vec<HeaderValue>,
}

/// What happens when the header is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Override,
    Skip,
    Append,
    Delete,
}

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&["id", "name", "exists-action"], problems);
    let name = name(element, problems);
    let action = action(element, problems);
    let values = values(element, problems);
    if action == Some(Action::Delete) && !values.is_empty() {
        element.problem(problems, "<set-header> with exists-action=\"delete\" takes no <value>");
    }
    if action != Some(Action::Delete) && values.is_empty() {
        element.problem(problems, "<set-header> needs a <value>, unless exists-action is \"delete\"");
    }
    let (name, action) = (name?, action?);
    if name == header::SERVER && action == Action::Delete {
        element.problem(problems, "<set-header> cannot delete the header Server");
    }
    let values = values.into_iter().collect::<Option<_>>()?;
    Some(Policy::SetHeader(SetHeader { name, action, values }))
}

fn name(element: &Element<'_>, problems: &mut Problems) -> Option<HeaderName> {
    let name: HeaderName = {
        element.required("name", problems)?;
        element.parsed("name", "a header name", problems)?
    };
    if FORBIDDEN.contains(&name.as_str()) {
        element.problem(problems, format!("<set-header> cannot change the header {name}"));
        return None;
    }
    Some(name)
}

fn action(element: &Element<'_>, problems: &mut Problems) -> Option<Action> {
    if !element.has("exists-action") {
        return Some(Action::Override);
    }
    match element.attribute("exists-action", problems)? {
        "override" => Some(Action::Override),
        "skip" => Some(Action::Skip),
        "append" => Some(Action::Append),
        "delete" => Some(Action::Delete),
        _ => {
            element.bad_value("exists-action", "override, skip, append or delete", problems);
            None
        }
    }
}

/// One entry for each `<value>`, empty when it cannot be used.
fn values(element: &Element<'_>, problems: &mut Problems) -> Vec<Option<HeaderValue>> {
    let mut values = Vec::new();
    for child in element.children(&[("value", Count::Any)], problems) {
        child.only_attributes(&[], problems);
        values.push(child.text(problems).and_then(|text| {
            let value = HeaderValue::from_str(&text).ok().filter(|_| text.is_ascii());
            if value.is_none() {
                child.problem(problems, "the <value> of <set-header> is not visible ASCII");
            }
            value
        }));
    }
    values
}

impl SetHeader {
    pub(super) fn run(&self, headers: &mut HeaderMap) {
        match self.action {
            Action::Delete => {
                headers.remove(&self.name);
            }
            Action::Skip if headers.contains_key(&self.name) => {}
            Action::Skip | Action::Override => self.set(headers, self.values.clone()),
            Action::Append => {
                let present = headers.get_all(&self.name).iter().cloned();
                self.set(headers, present.chain(self.values.iter().cloned()).collect());
            }
        }
    }

    fn set(&self, headers: &mut HeaderMap, values: Vec<HeaderValue>) {
        headers.remove(&self.name);
        if SEPARATE.contains(&self.name) {
            for value in values {
                headers.append(&self.name, value);
            }
        } else if let Ok(joined) =
            HeaderValue::from_bytes(&values.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b','))
        {
            headers.insert(&self.name, joined);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: HeaderName, action: Action, values: &[&str], present: &[&'static str]) -> Vec<String> {
        let values = values.iter().map(|value| HeaderValue::from_str(value).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in present {
            headers.append(&name, HeaderValue::from_static(value));
        }
        SetHeader { name: name.clone(), action, values }.run(&mut headers);
        headers.get_all(&name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn each_action_does_what_it_says_to_a_present_and_to_an_absent_header() {
        let accept = || header::ACCEPT;
        assert_eq!(run(accept(), Action::Override, &["new"], &["old"]), ["new"]);
        assert_eq!(run(accept(), Action::Override, &["new"], &[]), ["new"]);
        assert_eq!(run(accept(), Action::Skip, &["new"], &["old"]), ["old"]);
        assert_eq!(run(accept(), Action::Skip, &["new"], &[]), ["new"]);
        assert_eq!(run(accept(), Action::Append, &["new"], &["old"]), ["old,new"]);
        assert_eq!(run(accept(), Action::Append, &["new"], &[]), ["new"]);
        assert!(run(accept(), Action::Delete, &[], &["old", "older"]).is_empty());
    }

    #[test]
    fn several_values_are_one_line_except_for_headers_that_cannot_be_joined() {
        assert_eq!(run(header::ACCEPT, Action::Override, &["a", "b"], &[]), ["a,b"]);
        assert_eq!(run(header::SET_COOKIE, Action::Append, &["b", "c"], &["a"]), ["a", "b", "c"]);
    }
}
