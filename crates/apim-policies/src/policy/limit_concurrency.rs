//! `limit-concurrency`: limits the concurrent requests in the policies inside it, and refuses further requests at once
//! (learn.microsoft.com/azure/api-management/limit-concurrency-policy).
//!
//! The page gives the status, 429, and no body or reason.

use super::prelude::*;
use crate::step::{AnyPolicy, Steps, load_all, run_all};
use http::StatusCode;

#[derive(Debug)]
pub(crate) struct LimitConcurrency<P> {
    key: Setting<String>,
    most: u32,
    pub(crate) steps: Steps<P>,
}

pub(super) fn load<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Option<LimitConcurrency<P>> {
    element.only_attributes(&["id", "key", "max-count"], problems);
    let key = element.required_setting("key", problems);
    element.not_empty(&["key"], problems);
    element.required("max-count", problems);
    let most = element.parsed::<u32>("max-count", "a whole number, 1 at least", problems);
    if most == Some(0) {
        element.bad_value("max-count", "a whole number, 1 at least", problems);
    }
    let steps = load_all(element, problems);
    Some(LimitConcurrency { key: key?, most: most?, steps })
}

impl<P: AnyPolicy> LimitConcurrency<P> {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        let key = run.get(&self.key).await?;
        let state = run.state;
        let Some(_slot) = state.slots.enter(key, self.most) else {
            let message = format!("{} requests are inside already", self.most);
            let told = "Too many requests".to_owned();
            return Err(Failure::new("", "", message, StatusCode::TOO_MANY_REQUESTS, told).into());
        };
        run_all(&self.steps, run).await
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    #[tokio::test]
    async fn one_too_many_is_refused_and_a_place_is_free_again_after() {
        let (world, state) = (World::new(), State::default());
        let text = document(
            "",
            "<limit-concurrency key=\"@(context.Request.Method)\" max-count=\"1\"><forward-request /></limit-concurrency>",
            "",
            "",
        );
        let send = async || {
            let request = http::Request::builder().uri("/orders").body(bytes::Bytes::new()).unwrap();
            world.run(&text, request, &state).await
        };
        // This slot stands for a first request that waits inside when the second one comes.
        let inside = state.slots.enter("GET".to_owned(), 1).unwrap();
        let refused = send().await;
        assert_eq!(refused.response.status(), 429);
        assert_eq!(refused.last_error.unwrap().source, "limit-concurrency");
        assert!(world.forwarded.lock().unwrap().is_empty());
        drop(inside);
        assert_eq!(
            (send().await.response.status(), send().await.response.status()),
            (200.try_into().unwrap(), 200.try_into().unwrap())
        );
        assert!(state.slots.enter("other".to_owned(), 1).is_some());
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in("inbound", "<limit-concurrency max-count=\"0\" x=\"\"><nothing /></limit-concurrency>"),
            [
                "2:1: <limit-concurrency> needs the attribute \"key\"",
                "2:20: the attribute \"max-count\" of <limit-concurrency> must be a whole number, 1 at least",
                "2:34: the attribute \"x\" of <limit-concurrency> is not declared",
                "2:39: <nothing> is not a policy",
            ]
        );
    }
}
