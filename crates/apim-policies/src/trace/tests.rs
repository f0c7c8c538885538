use bytes::Bytes;
use http::Request;

use super::{ExpressionValue, PolicyEnd, PolicyRun, Secrets};
use crate::{
    Document, Outcome, Pipeline, Scope, Section, Service, State,
    rig::{World, document, facts},
};

fn value(name: &str, value: &str) -> ExpressionValue {
    ExpressionValue { name: name.to_owned(), value: value.to_owned() }
}

/// Returns the place of each policy, and the next step after it.
fn places(outcome: &Outcome<Bytes>) -> Vec<String> {
    let place = |run: &PolicyRun| {
        let file = run.fragment.as_deref().or(run.document.as_deref()).unwrap_or("-");
        format!("{} {} {file}:{} {:?}", run.section, run.scope, run.line, run.end)
    };
    outcome.policies.iter().map(|run| format!("{} {}", run.policy, place(run))).collect()
}

async fn run(world: &World, documents: &[&Document], request: Request<Bytes>) -> Outcome<Bytes> {
    let pipeline = Pipeline::compose(documents).unwrap();
    pipeline.run(request.clone(), facts(&request), &State::default(), world).await
}

#[tokio::test]
async fn each_policy_that_ran_says_where_it_stands_and_what_came_after_it() {
    let world = World::new();
    let fragment = "<fragment>\n\n<set-variable name=\"n\" value=\"@(1 + 1)\" /></fragment>";
    let service = Service { fragments: [("count".to_owned(), fragment.to_owned())].into(), ..Service::default() };
    let global = Document::default_global().named("global.xml");
    let text = "<policies>\n<inbound><base />\n<include-fragment fragment-id=\"count\" />\n<choose>\
                <when condition=\"@(context.Variables.ContainsKey(\"x\"))\" />\n<otherwise>\n\
                <set-header id=\"set\" name=\"x-n\"><value>@(context.Variables[\"n\"].ToString())</value></set-header>\
                </otherwise></choose></inbound>\n<backend><base /></backend>\n\
                <outbound>\n<return-response><set-status code=\"@(418)\" /></return-response>\
                <set-header name=\"never\" exists-action=\"delete\" /></outbound>\n<on-error /></policies>";
    let api = Document::load(Scope::Api, text, &service).unwrap().named("apis/a.xml");
    let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
    let outcome = run(&world, &[&global, &api], request).await;
    assert_eq!(outcome.response.status(), 418);
    assert_eq!(
        places(&outcome),
        [
            "include-fragment inbound api apis/a.xml:3 Passed",
            "set-variable inbound api count:3 Passed",
            "choose inbound api apis/a.xml:4 Passed",
            "set-header inbound api apis/a.xml:6 Passed",
            "forward-request backend global global.xml:1 Passed",
            "return-response outbound api apis/a.xml:9 Answered",
        ]
    );
    let [_, variable, choose, header, forward, answer] = &outcome.policies[..] else { panic!() };
    assert_eq!(variable.values, [value("value", "2")]);
    assert_eq!(choose.values, [value("condition", "False")]);
    assert_eq!(choose.decisions, ["no condition is true: otherwise"]);
    assert_eq!((header.path.as_str(), header.id.as_deref()), ("choose[1]/otherwise[1]", Some("set")));
    assert_eq!(header.values, [value("value", "2")]);
    assert_eq!(forward.decisions, ["sends GET https://backend.test/base/", "the backend answered 200"]);
    assert_eq!(
        (&answer.values[..], &answer.decisions[..]),
        (&[value("code", "418")][..], &["418 I'm a teapot".to_owned(), "answers 418".to_owned()][..])
    );
    // Each policy reads the clock at its start and at its end. An outer policy's time includes the reads of its inner
    // policies.
    assert_eq!(outcome.policies.iter().map(|run| run.duration.as_micros()).collect::<Vec<_>>(), [3, 1, 3, 1, 1, 1]);
}

#[tokio::test]
async fn the_policy_that_failed_says_why_and_on_error_goes_on() {
    let world = World::new();
    let inbound = "<choose><when condition=\"true\"><validate-jwt header-name=\"x-token\" /></when></choose>";
    let on_error = "<set-header name=\"x\"><value>@(context.LastError.Source)</value></set-header>";
    let outcome = world.run_sections(inbound, "<base />", "", on_error).await;
    let [choose, validate, set] = &outcome.policies[..] else { panic!("{:?}", outcome.policies) };
    assert_eq!((choose.end, &choose.decisions[..]), (PolicyEnd::Failed, &["when[1] is true".to_owned()][..]));
    assert_eq!(
        (validate.end, &validate.decisions[..]),
        (PolicyEnd::Failed, &["failed: TokenNotPresent: JWT not present.".to_owned()][..])
    );
    assert_eq!((set.section, &set.values[..]), (Section::OnError, &[value("value", "validate-jwt")][..]));
}

#[tokio::test]
async fn a_policy_that_finishes_when_the_answer_is_known_is_the_one_that_failed() {
    let world = World::new();
    world.unread.lock().unwrap().push_back(crate::Unread::Broken("gone".to_owned()));
    let inbound = "<rate-limit-by-key calls=\"5\" renewal-period=\"60\" counter-key=\"@(context.Api.Id)\" \
                   increment-condition=\"@(context.Response.Body.As&lt;string&gt;() == &quot;x&quot;)\" />";
    let outcome = world.run_sections(inbound, "<base />", "", "").await;
    let limit = &outcome.policies[0];
    assert_eq!((limit.policy, limit.end), ("rate-limit-by-key", PolicyEnd::Failed));
    assert_eq!(limit.values, [value("counter-key", "orders")]);
    assert!(limit.decisions.last().unwrap().starts_with("failed: "), "{:?}", limit.decisions);
}

#[tokio::test]
async fn nobody_who_watches_nothing_collected() {
    let world = World { is_watched: false, ..World::new() };
    let outcome = world.run_sections("<set-method>POST</set-method>", "<base />", "", "").await;
    assert!(outcome.policies.is_empty());
    assert_eq!(world.looks.into_inner(), 0);
}

#[tokio::test]
async fn a_request_of_ten_thousand_policies_keeps_the_first_and_the_last() {
    let world = World::new();
    let retry = |inside: &str| format!("<retry condition=\"true\" count=\"50\" interval=\"0\">{inside}</retry>");
    let inbound = &retry(&retry("<set-method>POST</set-method>"));
    let outcome = world.run_sections(inbound, "<base />", "", "").await;
    assert_eq!(outcome.policies.len(), 256);
    assert_eq!(outcome.policies[0].policy, "retry");
    assert_eq!(outcome.policies[0].decisions.len(), 20);
    assert_eq!(outcome.policies[255].policy, "forward-request");
}

const OPAQUE: &str = "0paque-T0ken/of+32.characters~0k=";

/// Returns all texts of a trace.
async fn shown(world: &World, inbound: &str) -> String {
    let request = Request::builder()
        .uri("/orders?subscription-key=0123456789abcdef0123456789abcdef")
        .header("Authorization", format!("Bearer {OPAQUE}"))
        .header("Ocp-Apim-Subscription-Key", "0123456789abcdef0123456789abcdef")
        .header("Cookie", "session=s3ss10n-0f-a-us3r")
        .header("x-functions-key", "fk-1")
        .header("x-plain", "plain")
        .body(Bytes::from_static(b"{\"client_secret\":\"b0dy-secret\",\"city\":\"Delft\"}"))
        .unwrap();
    let outcome = world.run(&document(inbound, "<base />", "", ""), request, &State::default()).await;
    let all = |run: &PolicyRun| format!("{:?} {:?}", run.values, run.decisions);
    outcome.policies.iter().map(all).collect()
}

#[tokio::test]
async fn tokens_keys_and_secrets_are_not_shown_whatever_an_expression_makes_of_them() {
    let mut world = World::new();
    world.service.named_values = [("partner".to_owned(), "s3cret-of-the-partner".to_owned())].into();
    world.secrets = vec!["s3cret-of-the-partner".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()];
    world.tokens = [("https://vault.azure.net".to_owned(), "vault-t0ken-in-full".to_owned())].into();
    let set = |expression: &str| format!("<set-variable name=\"v\" value=\"@({expression})\" />");
    let headers = "context.Request.Headers";
    for (expression, shows, hides) in [
        (format!("{headers}.GetValueOrDefault(\"Authorization\", \"\")"), "Bearer (redacted)", "0paque"),
        (format!("{headers}.GetValueOrDefault(\"Authorization\", \"\").Substring(9, 20)"), "(redacted)", "paque"),
        (
            format!("string.Join(\"; \", {headers}.Select(h => h.Key + \": \" + h.Value[0]))"),
            "x-plain: plain",
            "0paque|01234567|s3ss10n|fk-1",
        ),
        ("context.Request.OriginalUrl.ToString()".to_owned(), "subscription-key=(redacted)", "01234567"),
        ("\"a\" + \"{{partner}}\" + \"b\"".to_owned(), "\"a(redacted)b\"", "s3cret"),
        ("\"{{partner}}\".Substring(1, 18)".to_owned(), "(redacted)", "cret-of"),
        ("context.Request.Body.As<string>(preserveContent: true)".to_owned(), "Delft", "b0dy-secret"),
        ("\"https://b.test/c?sv=1&sig=abc%2Bdef&se=2\"".to_owned(), "sv=1&sig=(redacted)&se=2", "abc%2Bdef"),
        ("\"{\\\"access_token\\\": \\\"ya29.a0Af\\\"}\"".to_owned(), "(redacted)", "ya29"),
        ("\"eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln\"".to_owned(), "\"(redacted)\"", "eyJ|c2ln"),
        ("\"eyJhbGciOiJSUzI1NiJ9.eyJhdWQ\".Substring(0, 20)".to_owned(), "\"(redacted)\"", "eyJ"),
    ] {
        let text = shown(&world, &set(&expression)).await;
        let plain = text.replace("\\\"", "\"");
        assert!(plain.contains(shows), "{expression}: {text}");
        for hidden in hides.split('|') {
            assert!(!text.contains(hidden), "{expression}: {text}");
        }
    }
    let named = "<set-variable name=\"partner-password\" value=\"@(&quot;open &quot; + &quot;sesame&quot;)\" />\
                 <set-header name=\"X-Api-Key\"><value>@(\"abra\" + \"cadabra\")</value></set-header>\
                 <authentication-basic username=\"u\" password=\"@(&quot;hocus&quot; + &quot;pocus&quot;)\" />\
                 <authentication-managed-identity resource=\"https://vault.azure.net\" \
                 output-token-variable-name=\"t\" /><set-variable name=\"again\" value=\"@(context.Variables[&quot;t&quot;])\" />\
                 <set-body>@(\"a body\".ToUpper())</set-body>";
    let text = shown(&world, named).await;
    for hidden in ["open", "sesame", "abra", "hocus", "vault-t0ken", "A BODY"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    assert!(text.contains("(6 characters)") && text.contains("as the user u"), "{text}");
}

#[tokio::test]
async fn a_long_value_is_cut() {
    let text = shown(&World::new(), "<set-variable name=\"v\" value=\"@(new string('é', 300))\" />").await;
    assert_eq!(text.matches('é').count(), 200);
    assert!(text.contains("é…"), "{text}");
}

#[test]
fn what_is_not_secret_stays() {
    let secrets = Secrets::new(vec!["Bearer-t0ken-0f-16-and-more".to_owned(), "ab".to_owned(), String::new()]);
    for text in [
        "the token is valid: aud=api://orders, roles=Orders.Read",
        "IDX10223: Lifetime validation failed. key: kid-1, tokens: 5",
        "Basic authentication, Bearer token; ab, Bearer, eyJ",
        "total-tokens=15; cache keys: a|b; https://a.test/?page=2&code-name=x",
        "",
    ] {
        assert_eq!(secrets.redact(text), text);
    }
    assert_eq!(secrets.redact("é0f-16-and-moré"), "é(redacted)é");
    assert_eq!(secrets.redact("Authorization: Basic dTpw, x"), "Authorization: (redacted), x");
    assert_eq!(secrets.redact("Authorization=Basic"), "Authorization=(redacted)");
}
