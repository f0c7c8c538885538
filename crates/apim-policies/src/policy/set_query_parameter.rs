//! `set-query-parameter`: sets, adds to or removes a query parameter of the request
//! (learn.microsoft.com/azure/api-management/set-query-parameter-policy). The other parameters stay as written.

use url::form_urlencoded::{byte_serialize, parse};

use super::exists_action::{self, Action};
use super::prelude::*;

/// The longest query in bytes. A longer URL cannot be sent.
const LONGEST_QUERY: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct SetQueryParameter {
    name: Setting<String>,
    action: Setting<Action>,
    values: Vec<Setting<String>>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetQueryParameter> {
    element.only_attributes(&["id", "name", "exists-action"], problems);
    element.not_empty(&["name"], problems);
    let name = element.required_setting("name", problems);
    let action = exists_action::read(element, problems);
    let values = exists_action::values(element, action.as_ref(), problems);
    Some(SetQueryParameter { name: name?, action: action?, values: values? })
}

impl SetQueryParameter {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let name = run.get(&self.name).await?;
        let action = run.get(&self.action).await?;
        let values = run.get_all(&self.values).await?;
        // A value may be a secret.
        run.trace(|| format!("{action} {name}"));
        let query = changed(&run.context.request.url.query, &name, action, &values);
        if query.len() > LONGEST_QUERY {
            return Err(Failure::internal("", "", format!("the query is longer than {LONGEST_QUERY} bytes")));
        }
        run.context.request.url.query = query;
        Ok(())
    }
}

fn changed(query: &str, name: &str, action: Action, values: &[String]) -> String {
    let is_named = |part: &&str| parse(part.as_bytes()).next().is_some_and(|(key, _)| key == name);
    let parts: Vec<_> = query.split('&').filter(|part| !part.is_empty()).collect();
    let present = parts.iter().any(is_named);
    let keeps_present = matches!(action, Action::Append | Action::Skip);
    let adds = match action {
        Action::Delete => false,
        Action::Skip => !present,
        Action::Append | Action::Override => true,
    };
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let kept = parts.iter().filter(|part| keeps_present || !is_named(part)).map(|part| (*part).to_owned());
    let added = values.iter().filter(|_| adds).map(|value| format!("{}={}", encoded(name), encoded(value)));
    kept.chain(added).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::{World, problems_in};

    #[test]
    fn each_action_does_what_it_says_to_a_present_and_to_an_absent_parameter() {
        let query = "a=1&b=%20x&a=2";
        let change = |name: &str, action, values: &[&str]| {
            changed(query, name, action, &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(change("a", Action::Override, &["3"]), "b=%20x&a=3");
        assert_eq!(change("c", Action::Override, &["é &", "2"]), "a=1&b=%20x&a=2&c=%C3%A9%20%26&c=2");
        assert_eq!(change("a", Action::Skip, &["3"]), query);
        assert_eq!(change("c", Action::Skip, &["3"]), "a=1&b=%20x&a=2&c=3");
        assert_eq!(change("a", Action::Append, &["3"]), "a=1&b=%20x&a=2&a=3");
        assert_eq!(change("a", Action::Delete, &[]), "b=%20x");
        assert_eq!(change("c", Action::Delete, &[]), query);
        assert_eq!(changed("", "a", Action::Append, &["1".to_owned()]), "a=1");
    }

    #[tokio::test]
    async fn the_backend_gets_the_changed_query() {
        let world = World::new();
        let inbound = "<set-query-parameter name=\"@(\"api\" + \"-version\")\"><value>@(context.Api.Id)</value>\
                       </set-query-parameter><set-query-parameter name=\"q\" exists-action=\"delete\" />";
        assert_eq!(world.run_sections(inbound, "<base />", "", "").await.last_error, None);
        assert_eq!(world.forwarded.lock().unwrap()[0].uri(), "https://backend.test/base/7?api-version=orders");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<set-query-parameter exists-action=\"remove\" /><set-query-parameter name=\"a\" exists-action=\"delete\">\
                 <value>x</value></set-query-parameter><set-query-parameter name=\"a\" value=\"b\" />"
            ),
            [
                "2:1: <set-query-parameter> needs a <value>, unless exists-action is \"delete\"",
                "2:1: <set-query-parameter> needs the attribute \"name\"",
                "2:22: the attribute \"exists-action\" of <set-query-parameter> must be override, skip, append or delete",
                "2:47: <set-query-parameter> with exists-action=\"delete\" takes no <value>",
                "2:138: <set-query-parameter> needs a <value>, unless exists-action is \"delete\"",
                "2:168: the attribute \"value\" of <set-query-parameter> is not declared",
            ]
        );
        assert_eq!(
            problems_in("outbound", "<set-query-parameter name=\"a\" exists-action=\"delete\" />"),
            ["2:1: the policy <set-query-parameter> is not allowed in <outbound>"]
        );
    }
}
