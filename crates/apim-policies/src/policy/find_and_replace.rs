//! `find-and-replace`: replaces text in the body of the request or response
//! (learn.microsoft.com/azure/api-management/find-and-replace-policy).

use super::prelude::*;

/// The longest body that a replacement may create.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct FindAndReplace {
    from: Setting<String>,
    to: Setting<String>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<FindAndReplace> {
    element.only_attributes(&["id", "from", "to"], problems);
    element.children(&[], problems);
    let from = element.required_setting::<String>("from", problems);
    if matches!(&from, Some(Setting::Literal(text)) if text.is_empty()) {
        element.bad_value("from", "a text to look for", problems);
    }
    let to = element.required_setting("to", problems);
    Some(FindAndReplace { from: from?, to: to? })
}

impl FindAndReplace {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let from = run.get(&self.from).await?;
        let to = run.get(&self.to).await?;
        let body = run.body().await?;
        replace(&String::from_utf8_lossy(&body), &from, &to, run)
    }
}

/// Replaces every `from` in the text with `to`, and makes the result the body of the request or response. If the text
/// has no `from`, the body stays, byte by byte.
pub(super) fn replace<O: Outside>(text: &str, from: &str, to: &str, run: &mut Run<'_, O>) -> Result<(), Failure> {
    let count = if from.is_empty() { 0 } else { text.matches(from).count() };
    run.trace(|| format!("{count} places"));
    let length = (text.len() - count * from.len()).saturating_add(count.saturating_mul(to.len()));
    if length > LONGEST_BODY {
        return Err(Failure::internal("", "", format!("the body would be longer than {LONGEST_BODY} bytes")));
    }
    if count > 0 {
        run.set_body(text.replace(from, to).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    #[tokio::test]
    async fn every_place_is_replaced_in_the_request_or_the_response() {
        let world = World::new();
        world.answer(200, "notfound, notes");
        let inbound = "<find-and-replace from=\"a.\" to=\"@(context.Request.Method)\" />";
        let outbound = "<find-and-replace from=\"@(\"not\")\" to=\"\" /><find-and-replace from=\"x\" to=\"y\" />";
        let request = Request::post("/orders").body(Bytes::from_static(b"a.b a.c ab")).unwrap();
        let outcome = world.run(&document(inbound, "<base />", outbound, ""), request, &State::default()).await;
        assert_eq!(world.forwarded.lock().unwrap()[0].body(), "POSTb POSTc ab");
        assert_eq!(outcome.response.body(), "found, es");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in("outbound", "<find-and-replace from=\"\" with=\"x\"><x /></find-and-replace>"),
            [
                "2:1: <find-and-replace> needs the attribute \"to\"",
                "2:19: the attribute \"from\" of <find-and-replace> must be a text to look for",
                "2:27: the attribute \"with\" of <find-and-replace> is not declared",
                "2:36: <x> is not declared in <find-and-replace>",
            ]
        );
    }
}
