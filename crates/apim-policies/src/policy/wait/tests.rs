//! Tests which policies run concurrently, when the waiting ends, and what is refused.

use bytes::Bytes;
use http::Response;

use crate::{
    NoReply, Outcome,
    rig::{World, problems_in},
};

fn send(variable: &str) -> String {
    format!(
        "<send-request response-variable-name=\"{variable}\"><set-url>https://{variable}.test/</set-url>\
         <set-method>GET</set-method></send-request>"
    )
}

fn set(variable: &str, value: &str) -> String {
    format!("<set-variable name=\"{variable}\" value=\"{value}\" />")
}

fn when(policies: &str) -> String {
    format!("<choose><when condition=\"true\">{policies}</when></choose>")
}

/// Returns a world that answers three requests.
fn world() -> World {
    let world = World::new();
    for body in ["1", "2", "3"] {
        world.replies.lock().unwrap().push_back(Ok(Response::new(Bytes::from_static(body.as_bytes()))));
    }
    world
}

async fn run(world: &World, wait: &str) -> Outcome<Bytes> {
    world.run_sections(wait, "<base />", "", "").await
}

fn names(outcome: &Outcome<Bytes>) -> Vec<&str> {
    outcome.variables.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn all_requests_are_on_their_way_together() {
    let (a, b, c) = (send("a"), when(&format!("{}{}", send("b"), set("d", "1"))), send("c"));
    let world = world();
    let outcome = run(&world, &format!("<wait>{a}{b}{c}</wait>")).await;
    assert_eq!(outcome.last_error, None);
    assert_eq!((names(&outcome), world.on_their_way.lock().unwrap().1), (vec!["a", "b", "c", "d"], 3));
    // Without `wait`, the requests go one after the other.
    let world = self::world();
    run(&world, &format!("{a}{b}{c}")).await;
    assert_eq!(world.on_their_way.lock().unwrap().1, 1);
}

#[tokio::test]
async fn a_child_goes_on_in_its_own_order() {
    let inner = "<choose><when condition=\"@(((IResponse)context.Variables[\"a\"]).Body.As<string>(true) == \"1\")\">";
    let first = when(&format!("{}{inner}{}</when></choose>{}", send("a"), send("b"), set("c", "after")));
    let world = world();
    let outcome = run(&world, &format!("<wait for=\"all\">{first}{}</wait>", set_when("d"))).await;
    assert_eq!((outcome.last_error.as_ref(), names(&outcome)), (None, vec!["a", "b", "c", "d"]));
    assert_eq!((world.sent.lock().unwrap().len(), world.on_their_way.lock().unwrap().1), (2, 1));
}

fn set_when(variable: &str) -> String {
    when(&set(variable, "x"))
}

#[tokio::test]
async fn the_first_to_end_may_be_enough() {
    let slow = when(&format!("{}{}", send("a"), send("b")));
    for any in ["any", "@(\"a\" + \"ny\")"] {
        let world = world();
        let outcome = run(&world, &format!("<wait for=\"{any}\">{slow}{}</wait>", send("c"))).await;
        let seen = names(&outcome);
        assert!(seen.contains(&"c") && !seen.contains(&"b"), "{seen:?}");
    }
    // A child that waits for nothing ends first.
    let world = world();
    let lookup = "<cache-lookup-value key=\"k\" variable-name=\"v\" default-value=\"x\" />";
    let outcome = run(&world, &format!("<wait for=\"any\">{slow}{lookup}</wait>")).await;
    assert_eq!((names(&outcome), world.sent.lock().unwrap().len()), (vec!["v"], 0));
}

#[tokio::test]
async fn a_failure_or_a_response_ends_it() {
    let world = World::new();
    world.replies.lock().unwrap().push_back(Err(NoReply::TimedOut));
    let wait = format!("<wait>{}{}</wait>", set_when("a"), when(&format!("{}{}", send("b"), set("c", "1"))));
    let error = run(&world, &wait).await.last_error.unwrap();
    assert_eq!(
        (error.source, error.reason, error.path.as_str()),
        ("send-request", "Timeout", "wait[1]/choose[2]/when[1]")
    );
    assert!(world.forwarded.lock().unwrap().is_empty());

    let answer = when("<return-response><set-status code=\"202\" /></return-response>");
    let outcome = run(&self::world(), &format!("<wait>{}{answer}</wait>", send("a"))).await;
    assert_eq!((outcome.response.status().as_u16(), outcome.variables.len()), (202, 0));

    let throws = when("<set-variable name=\"x\" value=\"@(context.Product.Name)\" />");
    let error = run(&self::world(), &format!("<wait>{}{throws}</wait>", send("a"))).await.last_error.unwrap();
    assert_eq!((error.source, error.path.as_str()), ("set-variable", "wait[1]/choose[1]/when[1]"));
}

#[test]
fn what_is_not_understood_is_refused() {
    assert_eq!(
        problems_in(
            "inbound",
            "<wait for=\"some\" timeout=\"1\"><set-body>a</set-body><cache-lookup-value /></wait>\n<wait />"
        ),
        [
            "2:7: the attribute \"for\" of <wait> must be all or any",
            "2:18: the attribute \"timeout\" of <wait> is not declared",
            "2:30: <set-body> is not declared in <wait>",
            "2:52: <cache-lookup-value> needs the attribute \"key\"",
            "2:52: <cache-lookup-value> needs the attribute \"variable-name\"",
            "3:1: <wait> needs at least one <send-request>, <cache-lookup-value> or <choose>",
        ]
    );
    assert_eq!(
        problems_in("on-error", "<wait><choose><when condition=\"true\" /></choose></wait>"),
        ["2:1: the policy <wait> is not allowed in <on-error>"]
    );
}
