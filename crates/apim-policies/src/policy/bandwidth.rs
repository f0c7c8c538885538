//! `bandwidth` of `quota` and `quota-by-key`: a limit of kilobytes in a period.
//!
//! Azure does not document which bytes count. Here they are the bytes of bodies: of the request as the client sends it,
//! and of the response as the gateway sends it, counted while they pass. A kilobyte has 1024 bytes. A request that
//! begins before the limit is reached passes whole; later ones are refused.

use super::allowance;
use super::prelude::*;
use crate::run::After;
use crate::state::LimitRequest;

/// Refuses a request if a period has no bytes left.
pub(super) fn check<O: Outside>(wants: &[LimitRequest], run: &mut Run<'_, O>) -> Result<(), Failure> {
    for want in wants {
        let left = run.state.counters.look(want, run.outside.now()).map_err(allowance::bandwidth_exceeded)?;
        run.trace(|| format!("{left} of {} bytes remain", want.limit));
    }
    Ok(())
}

/// Counts the bytes of the request and its response from now on. They count for the period when the response is known.
/// So no policy refuses a request for its own bytes.
pub(super) fn count<O: Outside>(wants: impl IntoIterator<Item = LimitRequest>, run: &mut Run<'_, O>) {
    for want in wants {
        run.meter();
        run.after.push(After::Bytes(want));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};
    use jiff::SignedDuration;

    use crate::{
        Outcome, Scope, State,
        rig::{World, document, subscribed},
    };

    /// Sends a body of the first size through the documents of a product. The backend answers with a body of the second
    /// size.
    async fn send(world: &World, state: &State, [inbound, outbound]: [&str; 2], sizes: [usize; 2]) -> Outcome<Bytes> {
        world.answers.lock().unwrap().push_back(Ok(Response::new(Bytes::from(vec![b'a'; sizes[1]]))));
        let request = Request::post("/orders").body(Bytes::from(vec![b'q'; sizes[0]])).unwrap();
        let text = document(inbound, "<base />", outbound, "");
        let document = crate::Document::load(Scope::Product, &text, &world.service).unwrap();
        let pipeline = crate::Pipeline::compose(&[&crate::Document::default_global(), &document]).unwrap();
        let outcome = pipeline.run(request, subscribed("a"), state, world).await;
        if outcome.last_error.is_some() {
            world.answers.lock().unwrap().pop_back();
        }
        outcome
    }

    /// Returns the number of calls with bodies of these sizes that pass before a refusal; at most ten.
    async fn passes(policies: [&str; 2], sizes: [usize; 2]) -> usize {
        let (world, state) = (World::new(), State::default());
        for count in 0..10 {
            let outcome = send(&world, &state, policies, sizes).await;
            if let Some(error) = outcome.last_error {
                assert_eq!((outcome.response.status().as_u16(), error.reason), (403, "QuotaExceeded"));
                assert!(error.message.starts_with("Out of bandwidth quota."), "{error}");
                assert_eq!(world.forwarded.lock().unwrap().len(), count);
                return count;
            }
        }
        10
    }

    const QUOTA: &str = "<quota bandwidth=\"3\" renewal-period=\"3600\" />";
    const BY_KEY: &str = "<quota-by-key bandwidth=\"3\" renewal-period=\"3600\" counter-key=\"k\" />";

    #[tokio::test]
    async fn the_bytes_of_both_bodies_run_out() {
        for policy in [QUOTA, BY_KEY] {
            assert_eq!(passes([policy, ""], [1024, 0]).await, 3);
            assert_eq!(passes([policy, ""], [0, 1024]).await, 3);
            assert_eq!(passes([policy, ""], [512, 512]).await, 3);
            // One byte is left at the beginning of the third call.
            assert_eq!(passes([policy, ""], [0, 1535]).await, 3);
            assert_eq!(passes([policy, ""], [0, 9999]).await, 1);
            assert_eq!(passes([policy, ""], [0, 0]).await, 10);
        }
    }

    #[tokio::test]
    async fn it_is_the_bodies_on_the_callers_side_that_count() {
        let read = "<set-variable name=\"x\" value=\"@(context.Request.Body.As<string>())\" />";
        let replaced = "<set-body>short</set-body>";
        for inbound in [format!("{read}{QUOTA}"), format!("{QUOTA}{read}"), format!("{read}{replaced}{QUOTA}")] {
            assert_eq!(passes([&inbound, ""], [1024, 0]).await, 3, "{inbound}");
        }
        assert_eq!(passes([QUOTA, replaced], [0, 1024]).await, 10);
    }

    #[tokio::test]
    async fn several_policies_count_a_byte_once_for_a_key_and_apis_have_their_own() {
        let twice = format!("{BY_KEY}{BY_KEY}");
        assert_eq!(passes([&twice, ""], [1024, 0]).await, 3);
        let api = "<quota calls=\"9\" renewal-period=\"60\"><api id=\"orders\" bandwidth=\"1\" renewal-period=\"60\" /></quota>";
        assert_eq!(passes([api, ""], [1024, 0]).await, 1);
        let other = api.replace("orders", "billing");
        let (world, state) = (World::new(), State::default());
        for _ in 0..3 {
            assert_eq!(send(&world, &state, [&other, ""], [1024, 0]).await.response.status(), 200);
        }
    }

    #[tokio::test]
    async fn the_condition_decides_about_bytes_too() {
        let when = |condition: &str| {
            BY_KEY.replace(" counter-key", &format!(" increment-condition=\"{condition}\" counter-key"))
        };
        assert_eq!(passes([&when("true"), ""], [512, 512]).await, 3);
        assert_eq!(passes([&when("false"), ""], [512, 512]).await, 10);
        assert_eq!(passes([&when("@(context.Response.StatusCode == 200)"), ""], [512, 512]).await, 3);
        assert_eq!(passes([&when("@(context.Response.StatusCode == 404)"), ""], [512, 512]).await, 10);
    }

    #[tokio::test]
    async fn calls_and_bytes_are_limited_together_until_the_period_ends() {
        let both = "<quota calls=\"2\" bandwidth=\"1\" renewal-period=\"60\" />";
        let (world, state) = (World::new(), State::default());
        let message = async |sizes| {
            let error = send(&world, &state, [both, ""], sizes).await.last_error;
            error.map_or_else(|| "pass".to_owned(), |error| error.message[..11].to_owned())
        };
        assert_eq!((message([0, 1]).await.as_str(), message([0, 1]).await.as_str()), ("pass", "pass"));
        assert_eq!(message([0, 1]).await, "Out of call");
        world.advance(SignedDuration::from_secs(60));
        assert_eq!(message([0, 1024]).await, "pass");
        // A call that is refused for its bytes does not count as a call.
        assert_eq!((message([0, 0]).await.as_str(), message([0, 0]).await.as_str()), ("Out of band", "Out of band"));
        world.advance(SignedDuration::from_secs(60));
        assert_eq!((message([0, 1]).await.as_str(), message([0, 1]).await.as_str()), ("pass", "pass"));
    }

    #[tokio::test]
    async fn one_without_a_period_is_never_replenished() {
        let (world, state) = (World::new(), State::default());
        let policy = QUOTA.replace("3600", "0");
        send(&world, &state, [&policy, ""], [4096, 0]).await;
        world.advance(SignedDuration::from_hours(10_000));
        let refused = send(&world, &state, [&policy, ""], [0, 0]).await;
        assert_eq!(refused.response.body(), "{ \"statusCode\": 403, \"message\": \"Out of bandwidth quota.\" }");
        assert!(!refused.response.headers().contains_key("retry-after"));
    }
}
