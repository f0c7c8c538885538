//! `set-header`: sets, adds to or removes a header of the request (inbound, backend) or of the response (outbound,
//! on-error), as learn.microsoft.com/azure/api-management/set-header-policy says.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::exists_action::{self, Action};
use super::prelude::*;

/// The longest header in bytes. Longer headers reach neither backend nor caller.
const LONGEST_HEADER: usize = 64 * 1024;

/// The headers that policies cannot change, by the documentation.
const FORBIDDEN: [&str; 4] = ["connection", "content-length", "keep-alive", "transfer-encoding"];

/// The headers whose values are sent as separate lines. Several values of any other header are one line with commas.
const SEPARATE: [HeaderName; 12] = [
    header::USER_AGENT,
    header::WWW_AUTHENTICATE,
    header::PROXY_AUTHENTICATE,
    header::COOKIE,
    header::SET_COOKIE,
    header::DATE,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::RETRY_AFTER,
    header::WARNING,
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

/// Reads the element. Other policies hold it, too.
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

/// Refuses a change of a header that policies must not touch.
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
        if change.name == header::HOST && matches!(run.section, Section::Inbound | Section::Backend) {
            let is_there = run.headers().contains_key(header::HOST);
            run.names_host = match change.action {
                Action::Override | Action::Append => true,
                Action::Skip => run.names_host || !is_there,
                Action::Delete => false,
            };
        }
        change.apply(run.headers())
    }

    /// Evaluates the settings for this request.
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

/// The change of a header.
pub(super) struct Change {
    name: HeaderName,
    action: Action,
    values: Vec<HeaderValue>,
}

impl Change {
    pub(super) fn apply(self, headers: &mut HeaderMap) -> Result<(), Failure> {
        let Self { name, action, values } = self;
        let length = |values: &mut dyn Iterator<Item = &HeaderValue>| values.map(HeaderValue::len).sum::<usize>();
        if length(&mut values.iter()) + length(&mut headers.get_all(&name).iter()) > LONGEST_HEADER {
            return Err(Failure::internal("", "", format!("the header {name} is longer than {LONGEST_HEADER} bytes")));
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
    use bytes::Bytes;
    use http::{HeaderMap, Request, Response};

    use crate::{
        State,
        rig::{World, document},
    };

    /// Returns the lines of a header that the backend and the caller get. Request and response arrive with the lines in
    /// `present`.
    async fn run(name: &str, action: &str, values: &[&str], present: &[&str]) -> [Vec<String>; 2] {
        let values: String = values.iter().map(|value| format!("<value>{value}</value>")).collect();
        let policy = format!("<set-header name=\"{name}\" exists-action=\"{action}\">{values}</set-header>");
        let (mut request, mut response) = (Request::builder().uri("/orders"), Response::builder());
        for line in present {
            request = request.header(name, *line);
            response = response.header(name, *line);
        }
        let world = World::new();
        world.answers.lock().unwrap().push_back(Ok(response.body(Bytes::new()).unwrap()));
        let text = document(&policy, "<base />", &policy, "");
        let outcome = world.run(&text, request.body(Bytes::new()).unwrap(), &State::default()).await;
        let lines = |headers: &HeaderMap| {
            headers.get_all(name).iter().map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let sent = lines(world.forwarded.lock().unwrap()[0].headers());
        [sent, lines(outcome.response.headers())]
    }

    async fn both(name: &str, action: &str, values: &[&str], present: &[&str]) -> Vec<String> {
        let [sent, answered] = run(name, action, values, present).await;
        assert_eq!(sent, answered, "{name} {action}");
        sent
    }

    #[tokio::test]
    async fn each_action_does_what_it_says_to_a_present_and_to_an_absent_header() {
        for (action, values, present, expected) in [
            ("override", &["new"][..], &["old"][..], &["new"][..]),
            ("override", &["new"], &[], &["new"]),
            ("skip", &["new"], &["old"], &["old"]),
            ("skip", &["new"], &[], &["new"]),
            ("append", &["new"], &["old"], &["old,new"]),
            ("append", &["new"], &[], &["new"]),
            ("delete", &[], &["old", "older"], &[]),
        ] {
            assert_eq!(both("x-mark", action, values, present).await, expected, "{action} {present:?}");
        }
    }

    #[tokio::test]
    async fn several_values_are_one_line_except_for_headers_that_cannot_be_joined() {
        assert_eq!(both("x-mark", "override", &["a", "b"], &[]).await, ["a,b"]);
        for name in ["set-cookie", "user-agent", "www-authenticate", "proxy-authenticate", "warning", "retry-after"] {
            assert_eq!(both(name, "append", &["b", "c"], &["a"]).await, ["a", "b", "c"], "{name}");
        }
    }
}
