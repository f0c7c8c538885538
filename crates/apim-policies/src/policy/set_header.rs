//! `set-header`: sets, adds to or removes a header of the request (inbound, backend) or of the response (outbound,
//! on-error), as learn.microsoft.com/azure/api-management/set-header-policy says.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::exists_action::{self, Action};
use super::prelude::*;

/// Longer headers reach no backend and no caller.
const LONGEST: usize = 64 * 1024;

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
    name: Setting<HeaderName>,
    action: Setting<Action>,
    values: Vec<Setting<HeaderValue>>,
}

impl Readable for HeaderValue {
    const EXPECTED: &'static str = "visible ASCII";

    fn read(text: &str) -> Option<Self> {
        Self::from_str(text).ok().filter(|_| text.is_ascii())
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetHeader> {
    read(element, problems)
}

/// Reads the element, which other policies hold, too.
pub(super) fn read(element: &Element<'_>, problems: &mut Problems) -> Option<SetHeader> {
    element.only_attributes(&["id", "name", "exists-action"], problems);
    let name: Option<Setting<HeaderName>> = element.required_setting("name", problems);
    let action = exists_action::read(element, problems);
    let values = exists_action::values(element, action.as_ref(), problems);
    let (name, action) = (name?, action?);
    if let (Setting::Literal(name), Setting::Literal(action)) = (&name, &action)
        && let Err(refusal) = changeable(name, *action)
    {
        element.problem(problems, refusal);
        return None;
    }
    Some(SetHeader { name, action, values: values? })
}

/// Which headers a policy may not touch.
fn changeable(name: &HeaderName, action: Action) -> Result<(), String> {
    if FORBIDDEN.contains(&name.as_str()) {
        return Err(format!("<set-header> cannot change the header {name}"));
    }
    if *name == header::SERVER && action == Action::Delete {
        return Err("<set-header> cannot delete the header Server".to_owned());
    }
    Ok(())
}

impl SetHeader {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let change = self.change(run).await?;
        change.apply(run.headers())
    }

    /// What the settings say for this request.
    pub(super) async fn change<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Change, Failure> {
        let name = run.get(&self.name).await?;
        let action = run.get(&self.action).await?;
        changeable(&name, action).map_err(|refusal| Failure::expression(&refusal))?;
        let values = run.get_all(&self.values).await?;
        // A value may be a secret.
        run.trace(|| format!("{action} {name}"));
        Ok(Change { name, action, values })
    }
}

/// What happens to a header.
pub(super) struct Change {
    name: HeaderName,
    action: Action,
    values: Vec<HeaderValue>,
}

impl Change {
    pub(super) fn apply(self, headers: &mut HeaderMap) -> Result<(), Failure> {
        let Self { name, action, values } = self;
        let length = |values: &mut dyn Iterator<Item = &HeaderValue>| values.map(HeaderValue::len).sum::<usize>();
        if length(&mut values.iter()) + length(&mut headers.get_all(&name).iter()) > LONGEST {
            return Err(Failure::internal("", "", format!("the header {name} is longer than {LONGEST} bytes")));
        }
        match action {
            Action::Delete => {
                headers.remove(&name);
            }
            Action::Skip if headers.contains_key(&name) => {}
            Action::Skip | Action::Override => set(&name, values, headers),
            Action::Append => {
                let present = headers.get_all(&name).iter().cloned();
                set(&name, present.chain(values).collect(), headers);
            }
        }
        Ok(())
    }
}

fn set(name: &HeaderName, values: Vec<HeaderValue>, headers: &mut HeaderMap) {
    headers.remove(name);
    if SEPARATE.contains(name) {
        for value in values {
            headers.append(name, value);
        }
    } else if let [value] = values.as_slice() {
        headers.insert(name, value.clone());
    } else if let Ok(joined) =
        HeaderValue::from_bytes(&values.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b','))
    {
        headers.insert(name, joined);
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
        Change { name: name.clone(), action, values }.apply(&mut headers).unwrap();
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
