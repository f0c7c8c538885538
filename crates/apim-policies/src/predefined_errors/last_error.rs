//! Reads every field of `context.LastError` in `on-error`, as policies do.

use bytes::Bytes;
use http::Request;

use crate::{
    Document, Facts, Failure, Outcome, Pipeline, Scope, Section, Service, State,
    rig::{World, document, facts},
};

/// Puts the fields into a header.
const SHOW: &str = "<set-header name=\"x-fields\"><value>@(context.LastError.Source + \"|\" + \
    context.LastError.Reason + \"|\" + context.LastError.Message + \"|\" + context.LastError.Scope + \"|\" + \
    context.LastError.Section + \"|\" + context.LastError.Path + \"|\" + context.LastError.PolicyId + \"|\" + \
    context.Response.StatusCode)</value></set-header>";

/// Fails in any place.
const FAIL: &str = "<set-header name=\"x\"><value>@(context.Product.Name)</value></set-header>";
const NULL: &str = "Expression evaluation failed. Object reference not set to an instance of an object.";

fn fields(outcome: &Outcome<Bytes>) -> &str {
    outcome.response.headers()["x-fields"].to_str().unwrap()
}

#[tokio::test]
async fn source_reason_and_message_are_those_of_the_failure() {
    let outcome = World::new().run_sections("<validate-jwt header-name=\"x\" />", "", "", SHOW).await;
    assert_eq!(fields(&outcome), "validate-jwt|TokenNotPresent|JWT not present.|api|inbound|||401");
}

#[tokio::test]
async fn a_built_in_step_has_no_place() {
    let document = format!("<policies><on-error>{SHOW}</on-error></policies>");
    let document = Document::load(Scope::Global, &document, &Service::default()).unwrap();
    let pipeline = Pipeline::compose(&[&document]).unwrap();
    let (request, failure) = (Request::new(Bytes::new()), Failure::operation_not_found());
    let outcome = pipeline.refuse(failure, request, Facts::default(), &State::default(), &World::new()).await;
    let message = "Unable to match incoming request to an operation.";
    assert_eq!(fields(&outcome), format!("configuration|OperationNotFound|{message}|||||404"));
}

#[tokio::test]
async fn the_scope_is_that_of_the_document_whose_policy_failed() {
    for failing in [Scope::Global, Scope::Product, Scope::Api, Scope::Operation] {
        let documents = [Scope::Global, Scope::Product, Scope::Api, Scope::Operation].map(|scope| {
            let inbound = format!("<base />{}", if scope == failing { FAIL } else { "" });
            let show = if scope == Scope::Global { SHOW } else { "<base />" };
            Document::load(scope, &document(&inbound, "<base />", "<base />", show), &Service::default()).unwrap()
        });
        let pipeline = Pipeline::compose(&documents.each_ref()).unwrap();
        let request = Request::get("/orders").body(Bytes::new()).unwrap();
        let facts = facts(&request);
        let outcome = pipeline.run(request, facts, &State::default(), &World::new()).await;
        let expected = format!("set-header|ExpressionValueEvaluationFailure|{NULL}|{failing}|inbound|||500");
        assert_eq!(fields(&outcome), expected);
    }
}

#[tokio::test]
async fn the_section_is_the_one_that_failed() {
    for (sections, name) in [([FAIL, "", ""], "inbound"), (["", FAIL, ""], "backend"), (["", "", FAIL], "outbound")] {
        let [inbound, backend, outbound] = sections;
        let outcome = World::new().run_sections(inbound, backend, outbound, SHOW).await;
        let expected = format!("set-header|ExpressionValueEvaluationFailure|{NULL}|api|{name}|||500");
        assert_eq!(fields(&outcome), expected);
    }
    // After a failure in on-error itself, no policy runs. So the test reads the gateway's own record.
    let outcome = World::new().run_sections(FAIL, "", "", FAIL).await;
    let error = outcome.last_error.unwrap();
    assert_eq!((error.source, error.section), ("set-header", Some(Section::OnError)));
}

#[tokio::test]
async fn the_path_leads_to_the_policy() {
    let nothing = "<choose><when condition=\"false\" /></choose>";
    let third = format!(
        "{nothing}{nothing}<choose><when condition=\"false\" /><when condition=\"true\">{FAIL}</when></choose>"
    );
    let outcome = World::new().run_sections(&third, "", "", SHOW).await;
    let failed = "set-header|ExpressionValueEvaluationFailure";
    assert_eq!(fields(&outcome), format!("{failed}|{NULL}|api|inbound|choose[3]/when[2]||500"));
    let deeper = format!(
        "<choose><when condition=\"false\" /><otherwise><retry condition=\"false\" count=\"1\" interval=\"0\">{FAIL}\
         </retry></otherwise></choose>"
    );
    let outcome = World::new().run_sections("", "", &deeper, SHOW).await;
    assert_eq!(fields(&outcome), format!("{failed}|{NULL}|api|outbound|choose[1]/otherwise[1]/retry[1]||500"));
}

#[tokio::test]
async fn the_policys_own_id_is_kept() {
    let with_id = FAIL.replace("<set-header", "<set-header id=\"who\"");
    let outcome = World::new().run_sections(&format!("{with_id}{FAIL}"), "", "", SHOW).await;
    let expected = format!("set-header|ExpressionValueEvaluationFailure|{NULL}|api|inbound||who|500");
    assert_eq!(fields(&outcome), expected);
}

#[tokio::test]
async fn it_is_null_when_nothing_failed() {
    let show = "<set-header name=\"x-null\"><value>@(context.LastError == null)</value></set-header>";
    let outcome = World::new().run_sections("", "<base />", show, "").await;
    assert_eq!((outcome.response.headers()["x-null"].as_bytes(), outcome.last_error), (&b"True"[..], None));
}
