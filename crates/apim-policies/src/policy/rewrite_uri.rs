//! `rewrite-uri`: changes the path below the backend's URL, and the query
//! (learn.microsoft.com/azure/api-management/rewrite-uri-policy).

use super::prelude::*;
use percent::{encode_query, encode_segment};

#[derive(Debug)]
pub(crate) struct RewriteUri {
    /// The new path and query, with `{parameters}` of the operation's URL template.
    template: Setting<String>,
    /// Keeps the request's query parameters.
    copies: Option<Setting<bool>>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<RewriteUri> {
    element.only_attributes(&["id", "template", "copy-unmatched-params"], problems);
    element.children(&[], problems);
    let copies = element.setting("copy-unmatched-params", problems);
    let template = element.required_setting::<String>("template", problems)?;
    if matches!(&template, Setting::Literal(text) if text.is_empty()) {
        element.bad_value("template", "a path", problems);
    }
    Some(RewriteUri { template, copies })
}

impl RewriteUri {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let template = run.get(&self.template).await?;
        let copies = run.get_any(self.copies.as_ref()).await?.unwrap_or(true);
        // A fragment is not sent.
        let sent = template.split('#').next().unwrap_or_default();
        let (path, query) = sent.split_once('?').unwrap_or((sent, ""));
        let parameters = &run.context.request.matched_parameters;
        let find = |name: &str| parameters.get(name).map(String::as_str);
        let mut path = fill(path, &find, encode_segment)?;
        let mut query = fill(query, &find, encode_query)?;
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        let written = unmatched(&run.context.request.url.query, &run.context.operation.url_template);
        if copies && !written.is_empty() {
            let separator = if query.is_empty() { "" } else { "&" };
            query = format!("{query}{separator}{written}");
        }
        // The query may hold a key.
        run.trace(|| path.clone());
        run.context.request.url.query = query;
        run.set_path(path);
        Ok(())
    }
}

/// Returns the query without the parameters in the operation's URL template.
fn unmatched(query: &str, template: &str) -> String {
    let Some((_, named)) = template.split_once('?') else { return query.to_owned() };
    let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let matched: Vec<String> = named.split('&').map(name).collect();
    let kept: Vec<&str> = query.split('&').filter(|one| !matched.contains(&name(one))).collect();
    kept.join("&")
}

/// Replaces `{names}` with values.
fn fill<'v>(
    template: &str,
    find: &impl Fn(&str) -> Option<&'v str>,
    encode: impl Fn(&str) -> String,
) -> Result<String, Failure> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let value = find(name).ok_or_else(|| {
            let message = format!("The URL template of the operation has no parameter {{{name}}}.");
            Failure::internal("", "", message)
        })?;
        filled = filled + before + &encode(value);
        rest = after;
    }
    Ok(filled + rest)
}

mod percent {
    //! Percent-encodes the values of parameters.

    use std::fmt::Write as _;

    pub(super) fn encode_segment(text: &str) -> String {
        encode(text, b"-._~!$'()*+,;=:@")
    }

    pub(super) fn encode_query(text: &str) -> String {
        encode(text, b"-._~!$'()*,;:@/?")
    }

    fn encode(text: &str, plain: &[u8]) -> String {
        let mut encoded = String::new();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use http::Request;

    use crate::{
        Document, Outcome, Pipeline, Scope, Service, State,
        rig::{World, document, facts, problems_in},
    };

    async fn run(world: &World, policy: &str) -> Outcome<Bytes> {
        let document = Document::load(Scope::Api, &document(policy, "<base />", "", ""), &Service::default()).unwrap();
        let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
        let request = Request::get("/orders/7/a%2Fb?q=1").body(Bytes::new()).unwrap();
        let mut facts = facts(&request);
        facts.matched_parameters =
            BTreeMap::from([("id", "7"), ("name", "a/b c")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        pipeline.run(request, facts, &State::default(), world).await
    }

    /// Returns the target of the request, below `https://backend.test/base`.
    async fn target(policy: &str) -> String {
        let world = World::new();
        assert_eq!(run(&world, policy).await.last_error, None);
        world.forwarded.lock().unwrap()[0].uri().to_string().replace("https://backend.test/base", "")
    }

    #[tokio::test]
    async fn the_template_replaces_the_path_below_the_backend() {
        assert_eq!(target("<rewrite-uri template=\"/v2/{id}/x\" />").await, "/v2/7/x?q=1");
        assert_eq!(
            target("<rewrite-uri template=\"x/{name}\" copy-unmatched-params=\"false\" />").await,
            "/x/a%2Fb%20c"
        );
        assert_eq!(target("<rewrite-uri template=\"/x?n={name}&amp;v=1\" />").await, "/x?n=a/b%20c&v=1&q=1");
        assert_eq!(target("<rewrite-uri template=\"@(\"/\" + context.Api.Id)\" />").await, "/orders?q=1");
        let after = "<rewrite-uri template=\"/x\" /><set-backend-service base-url=\"https://other.test\" />";
        assert_eq!(target(after).await, "https://other.test/x?q=1");
    }

    /// The example of the page: the client calls `/get?a={b}` as `/get?a=b&c=d`.
    #[tokio::test]
    async fn what_the_operations_template_took_of_the_query_is_not_copied() {
        for (template, attribute, expected) in [
            ("/get?a={b}", "", "/put?c=d&e"),
            ("/get?a={b}&c={d}", "", "/put?e"),
            ("/get", "", "/put?a=b&c=d&e"),
            ("/get?a={b}", "copy-unmatched-params=\"false\"", "/put"),
        ] {
            let world = World::new();
            let request = Request::get("/orders/get?a=b&c=d&e").body(Bytes::new()).unwrap();
            let mut facts = facts(&request);
            facts.operation.url_template = template.to_owned();
            let policy = format!("<rewrite-uri template=\"/put\" {attribute} />");
            assert_eq!(world.run_with(&policy, request, facts).await.last_error, None);
            let sent = world.forwarded.lock().unwrap()[0].uri().to_string();
            assert_eq!(sent.replace("https://backend.test/base", ""), expected, "{template} {attribute}");
        }
    }

    #[tokio::test]
    async fn what_no_uri_may_hold_is_escaped_on_the_wire() {
        for (path, sent) in [
            ("/a b", "/a%20b"),
            ("/é", "/%C3%A9"),
            ("/a?q=1 2", "/a?q=1%202"),
            ("/a\\\"b", "/a%22b"),
            ("/a#f", "/a"),
            ("/a?q=1#f", "/a?q=1"),
            ("/a/../b", "/b"),
            ("/a%20b%2Fc", "/a%20b%2Fc"),
            ("/%zz|^", "/%25zz%7C%5E"),
            ("/a/./b//c/..", "/a/b//"),
            ("/%41%7E", "/A~"),
            ("/%c3%a9%2f", "/%C3%A9%2f"),
            ("/a%", "/a%25"),
            ("/a%E9", "/a%E9"),
            ("/a[b]?c=[d]", "/a[b]?c=[d]"),
            ("//a", "//a"),
            ("/日😀", "/%E6%97%A5%F0%9F%98%80"),
            ("/a:b@c;d(e)!*+", "/a:b@c;d(e)!*+"),
            ("/a?é=ü+ý", "/a?%C3%A9=%C3%BC+%C3%BD"),
            ("/a\\\\b?c\\\\d", "/a/b?c%5Cd"),
            ("/a`b<c>", "/a%60b%3Cc%3E"),
        ] {
            let policy = format!("<rewrite-uri template='@(\"{path}\")' copy-unmatched-params=\"false\" />");
            let elsewhere = format!("<set-backend-service base-url=\"https://other.test\" />{policy}");
            assert_eq!(target(&elsewhere).await, format!("https://other.test{sent}"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_parameter_that_the_operation_does_not_have_is_an_error() {
        let error = run(&World::new(), "<rewrite-uri template=\"/{other}\" />").await.last_error.unwrap();
        assert_eq!(error.message, "The URL template of the operation has no parameter {other}.");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<rewrite-uri template=\"\" copy-unmatched-params=\"1\" /><rewrite-uri uri=\"/\" /><rewrite-uri template=\"/@(1)\" />"
            ),
            [
                "2:14: the attribute \"template\" of <rewrite-uri> must be a path",
                "2:26: the attribute \"copy-unmatched-params\" of <rewrite-uri> must be true or false",
                "2:54: <rewrite-uri> needs the attribute \"template\"",
                "2:67: the attribute \"uri\" of <rewrite-uri> is not declared",
                "2:90: the attribute \"template\" of <rewrite-uri> mixes a policy expression with other text",
            ]
        );
    }
}
