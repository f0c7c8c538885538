//! `jsonp`: JSON as the argument of a function that the caller names
//! (learn.microsoft.com/azure/api-management/jsonp-policy).
//!
//! The name of the function comes from the client's query. The page writes the JSON in quotes; here the JSON itself is
//! the argument, which is the meaning of JSONP. Chosen here, because it is not documented: the content type
//! `text/javascript`, no change to a response that is not JSON, and a name of one identifier without dots. For an
//! invalid name, reason and message are those of
//! learn.microsoft.com/azure/api-management/api-management-error-handling-policies. Its status, 400, and the message to
//! the caller were not seen on a live gateway.

use super::{media_type, prelude::*};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

#[derive(Debug)]
pub(crate) struct Jsonp {
    /// Name of the query parameter that holds the function's name.
    parameter: Setting<String>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Jsonp> {
    const PARAMETER: &str = "callback-parameter-name";
    element.only_attributes(&["id", PARAMETER], problems);
    element.children(&[], problems);
    if element.is_repeated() {
        element.problem(problems, "<jsonp> may stand in a section once");
    }
    let parameter = element.required_setting(PARAMETER, problems)?;
    if matches!(&parameter, Setting::Literal(name) if String::is_empty(name)) {
        element.bad_value(PARAMETER, "the name of a query parameter", problems);
    }
    Some(Jsonp { parameter })
}

impl Jsonp {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let parameter = run.get(&self.parameter).await?;
        let query = run.context.request.original_url.query.clone();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let Some((_, function)) = pairs.find(|(name, _)| *name == parameter) else {
            run.trace(|| format!("the query has no {parameter}"));
            return Ok(());
        };
        if !is_identifier(&function) {
            return Err(refusal(&parameter));
        }
        let media_type = media_type::of(run.response().headers.get(header::CONTENT_TYPE));
        if !media_type.as_deref().is_some_and(media_type::is_json) {
            run.trace(|| "the response is not JSON".to_owned());
            return Ok(());
        }
        let json = run.body().await?;
        run.trace(|| format!("the response is a call of {function}"));
        run.set_body(Bytes::from([function.as_bytes(), b"(", &json, b");"].concat()));
        run.response().headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript"));
        Ok(())
    }
}

fn refusal(parameter: &str) -> Failure {
    let message = format!("Value of callback parameter {parameter} is not a valid JavaScript identifier.");
    Failure::new("", "CallbackParameterInvalid", message.clone(), StatusCode::BAD_REQUEST, message)
}

fn is_identifier(text: &str) -> bool {
    let begins = |c: char| c.is_alphabetic() || matches!(c, '_' | '$');
    text.starts_with(begins) && text.chars().all(|c| begins(c) || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};

    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    /// Returns the caller's answer for this query: status, content type and body.
    async fn answer(policy: &str, query: &str, content_type: &str) -> (u16, String, String) {
        let world = World::new();
        let response = Response::builder().header("content-type", content_type).header("content-length", "7");
        world.answers.lock().unwrap().push_back(Ok(response.body(Bytes::from("{\"a\":1}")).unwrap()));
        let request = Request::builder().uri(format!("/orders?{query}")).body(Bytes::new()).unwrap();
        // The backend gets another query, which must not matter.
        let inbound = "<set-query-parameter name=\"cb\" exists-action=\"delete\" />";
        let outcome = world.run(&document(inbound, "<base />", policy, ""), request, &State::default()).await;
        let (parts, body) = outcome.response.into_parts();
        assert_eq!(parts.headers.contains_key("content-length"), body == "{\"a\":1}", "{query}");
        let content_type = parts.headers["content-type"].to_str().unwrap().to_owned();
        (parts.status.as_u16(), content_type, String::from_utf8(body.to_vec()).unwrap())
    }

    const CB: &str = "<jsonp callback-parameter-name=\"cb\" />";
    const JSON: &str = "application/json; charset=utf-8";

    #[tokio::test]
    async fn json_becomes_the_argument_of_the_callers_function() {
        let plain = |content_type: &str| (200, content_type.to_owned(), "{\"a\":1}".to_owned());
        let call = |function: &str| (200, "text/javascript".to_owned(), format!("{function}({{\"a\":1}});"));
        assert_eq!(answer(CB, "", JSON).await, plain(JSON));
        assert_eq!(answer(CB, "CB=f&x=1", JSON).await, plain(JSON));
        assert_eq!(answer(CB, "x=1&cb=$done_1", JSON).await, call("$done_1"));
        assert_eq!(answer(CB, "cb=f", "application/problem+json").await, call("f"));
        assert_eq!(answer(CB, "cb=f", "text/plain").await, plain("text/plain"));
        let expression = "<jsonp callback-parameter-name=\"@(\"c\" + context.Response.StatusCode)\" />";
        assert_eq!(answer(expression, "c200=%C3%A9", JSON).await, call("é"));
    }

    #[tokio::test]
    async fn what_is_no_identifier_is_refused() {
        let body = "{ \"statusCode\": 400, \"message\": \"Value of callback parameter cb is not a valid JavaScript \
                    identifier.\" }";
        for bad in ["", "1f", "f()", "a.b", "alert(1)//", "a%20b", "f;"] {
            let expected = (400, "application/json".to_owned(), body.to_owned());
            assert_eq!(answer(CB, &format!("cb={bad}"), JSON).await, expected, "{bad}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in("outbound", "<jsonp callback=\"cb\"><x /></jsonp>\n<jsonp callback-parameter-name=\"\" />"),
            [
                "2:1: <jsonp> needs the attribute \"callback-parameter-name\"",
                "2:8: the attribute \"callback\" of <jsonp> is not declared",
                "2:22: <x> is not declared in <jsonp>",
                "3:1: <jsonp> may stand in a section once",
                "3:8: the attribute \"callback-parameter-name\" of <jsonp> must be the name of a query parameter",
            ]
        );
        assert_eq!(problems_in("inbound", CB), ["2:1: the policy <jsonp> is not allowed in <inbound>"]);
    }
}
