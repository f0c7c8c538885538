//! Every `host.json` and `function.json` is either served as Azure serves it or refused by name. It is never served
//! differently without a message.
//!
//! The tables below state Azure's reaction to each value, member by member, as recorded on Microsoft's host. They are
//! written here a second time, independent of the code that reads the documents.

use std::{collections::BTreeMap, fs};

use functions_host::ScriptSummary;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Azure's reaction to a value, from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Azure {
    Takes,
    /// Azure accepts the value. This host may refuse it if it names it.
    Ignores,
    LeavesOutTheFunction,
    Stops,
}

use Azure::{Ignores, LeavesOutTheFunction, Stops, Takes};

type Member = (&'static str, Vec<(Value, Azure)>);

fn flags() -> Vec<(Value, Azure)> {
    let taken = [json!(true), json!("true"), json!("True"), json!("false"), json!(1), json!(0)];
    let refused = [json!(null), json!("yes"), json!("1"), json!([])];
    taken.map(|value| (value, Takes)).into_iter().chain(refused.map(|value| (value, LeavesOutTheFunction))).collect()
}

/// Returns the members of a binding of any type.
fn any_trigger() -> Vec<Member> {
    vec![
        ("dataType", vec![(json!("binary"), Takes), (json!("STRING"), Takes), (json!("x"), LeavesOutTheFunction)]),
        ("cardinality", vec![(json!("many"), Takes), (json!("few"), LeavesOutTheFunction)]),
        (
            "direction",
            vec![
                (json!("in"), Takes),
                (json!("IN"), Takes),
                (json!("out"), LeavesOutTheFunction),
                (json!("inout"), LeavesOutTheFunction),
                (json!("x"), LeavesOutTheFunction),
            ],
        ),
        ("connection", vec![(json!("x"), Takes)]),
        ("magic", vec![(json!(1), Ignores)]),
    ]
}

fn http_trigger() -> Vec<Member> {
    let stopping = [
        "{a",
        "x//y",
        "/lead",
        "q?x",
        "{a}{b}",
        "{a}/{A}",
        "{*a}/b",
        "{a:foo}",
        "{a:length(b)}",
        "{a:range(3,1)}",
        "a}",
    ];
    let mut members = any_trigger();
    members.extend([
        (
            "authLevel",
            vec![
                (json!("anonymous"), Takes),
                (json!("ADMIN"), Takes),
                (json!(0), Takes),
                (json!(""), Takes),
                (json!(null), Takes),
                (json!("nobody"), LeavesOutTheFunction),
            ],
        ),
        (
            "methods",
            vec![
                (json!(null), Takes),
                (json!([]), Takes),
                (json!(["get", "FOO"]), Takes),
                (json!("get"), LeavesOutTheFunction),
            ],
        ),
        (
            "route",
            ["", "a/{id}", "x/", "{*rest}", "a/{id:int}/{b?}", "100%", "%UNSET%"]
                .map(|route| (json!(route), Takes))
                .into_iter()
                .chain([(json!(null), Takes), (json!(5), Takes)])
                .chain(["administrators", "Runtime/x"].map(|route| (json!(route), LeavesOutTheFunction)))
                .chain(stopping.map(|route| (json!(route), Stops)))
                .collect(),
        ),
        ("properties", vec![(json!({}), Takes), (json!({ "supportsDeferredBinding": "True" }), LeavesOutTheFunction)]),
        ("webHookType", vec![(json!("x"), Ignores)]),
    ]);
    members
}

fn timer_trigger() -> Vec<Member> {
    let mut members = any_trigger();
    members.extend([
        (
            "schedule",
            [
                "0 */5 * * * *",
                "*/5 * * * *",
                "00:05:00",
                "%TICK%",
                "%tick%",
                "%A:B%",
                "0 0 6 * * 1\n",
                "0 0 22-4 * * *",
            ]
            .map(|schedule| (json!(schedule), Takes))
            .into_iter()
            .chain([(json!(5), Takes)])
            .chain(["0", "00:00:00", "-5"].map(|schedule| (json!(schedule), Ignores)))
            .chain(
                ["%UNSET%", "%A__B%", "7 7", "0 0 0 * * 7", "? * * * * *", "0 1/2147483647 * * * *"]
                    .map(|schedule| (json!(schedule), LeavesOutTheFunction)),
            )
            .collect(),
        ),
        ("runOnStartup", flags()),
        ("useMonitor", flags()),
    ]);
    members
}

fn function_json() -> Vec<Member> {
    let fixed = json!({ "strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "00:00:01" });
    vec![
        (
            "retry",
            vec![
                (json!(null), Takes),
                (fixed, Takes),
                (json!({ "strategy": "x", "maxRetryCount": 1 }), LeavesOutTheFunction),
            ],
        ),
        ("scriptFile", vec![(json!(""), Takes), (json!("nowhere.js"), LeavesOutTheFunction)]),
        ("configurationSource", vec![(json!("attributes"), LeavesOutTheFunction), (json!("config"), Takes)]),
        ("language", vec![(json!("x"), Ignores)]),
        ("disabled", vec![(json!(true), Takes)]),
        ("sorcery", vec![(json!(1), Ignores)]),
    ]
}

fn host_json() -> Vec<Member> {
    let booleans = || {
        let taken = [json!(true), json!("True"), json!("false")].map(|value| (value, Takes));
        let stopping = [json!(1), json!("1"), json!(""), json!(null), json!("yes")].map(|value| (value, Stops));
        taken.into_iter().chain(stopping).collect()
    };
    let limits = || {
        let taken = [json!(-1), json!("5")].map(|value| (value, Takes));
        // Every call is answered 500.
        let failing = [json!(0), json!(-2)].map(|value| (value, Ignores));
        taken.into_iter().chain(failing).chain([(json!("x"), Stops)]).collect()
    };
    vec![
        (
            "functionTimeout",
            [json!(null), json!("00:05:00"), json!("-1"), json!(5)]
                .map(|value| (value, Takes))
                .into_iter()
                .chain([json!("soon"), json!("00:00:00"), json!("-00:05:00")].map(|value| (value, Stops)))
                .collect(),
        ),
        ("customHandler.enableForwardingHttpRequest", booleans()),
        ("customHandler.enableProxyingHttpRequest", booleans()),
        ("customHandler.description.useStdErrorStreamForErrorsOnly", booleans()),
        (
            "customHandler.description.arguments",
            vec![(json!("--a b"), Takes), (json!("[\"a\"]"), Takes), (json!(["a"]), Takes)],
        ),
        ("customHandler.type", vec![(json!("HTTP"), Takes), (json!("None"), Takes), (json!("foo"), Stops)]),
        (
            "customHandler.port",
            vec![(json!(3000), Takes), (json!("3000"), Takes), (json!("x"), Stops), (json!(null), Stops)],
        ),
        ("customHandler.magic", vec![(json!(1), Ignores)]),
        ("customHandler.http.enableProxying", vec![(json!(true), Takes)]),
        ("extensions.http.maxOutstandingRequests", limits()),
        ("extensions.http.maxConcurrentRequests", limits()),
        ("extensions.http.dynamicThrottlesEnabled", booleans()),
        ("extensions.http.customHeaders", vec![(json!({ "X-A": 1 }), Takes), (json!({ "X A": "1" }), Ignores)]),
        ("extensions.queues.batchSize", vec![(json!("x"), Takes)]),
        ("logging.logLevel.default", vec![(json!("debug"), Takes), (json!("foo"), Stops)]),
        ("logging.fileLoggingMode", vec![(json!("never"), Takes), (json!("foo"), Stops)]),
        ("singleton.lockPeriod", vec![(json!("00:00:15"), Takes), (json!("foo"), Stops)]),
        ("healthMonitor.enabled", booleans()),
        ("functions", vec![(json!([]), Takes), (json!("other"), Takes), (json!(["ONE"]), Takes)]),
        (
            "retry",
            vec![
                (json!({ "strategy": "foo", "maxRetryCount": 1 }), Stops),
                (json!({ "strategy": "fixedDelay" }), Stops),
            ],
        ),
        ("configurationProfile", vec![(json!("default"), Takes), (json!(""), Takes), (json!("foo"), Stops)]),
        ("sorcery", vec![(json!({ "a": 1 }), Ignores)]),
    ]
}

/// Chooses at most four of the members, each with one of its values.
fn some_of(members: Vec<Member>) -> impl Strategy<Value = Vec<(&'static str, Value, Azure)>> {
    let one = proptest::sample::select(members).prop_flat_map(|(name, values)| {
        proptest::sample::select(values).prop_map(move |(value, azure)| (name, value, azure))
    });
    proptest::collection::vec(one, 0..=4).prop_map(|mut chosen| {
        chosen.sort_by_key(|(name, ..)| *name);
        chosen.dedup_by_key(|(name, ..)| *name);
        chosen
    })
}

fn worst(chosen: &[(&str, Value, Azure)]) -> Azure {
    chosen.iter().map(|(.., azure)| *azure).max().unwrap_or(Takes)
}

/// Writes a document with names in another letter case, or with the extensions that Newtonsoft's reader accepts.
fn written(document: &Value, shouting: bool, lenient: bool) -> String {
    fn shout(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.to_uppercase(), shout(value))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(shout).collect()),
            other => other.clone(),
        }
    }
    let text = if shouting { shout(document).to_string() } else { document.to_string() };
    match text.strip_suffix('}').filter(|_| lenient) {
        Some(open) => format!("\u{feff}// a comment\n{open}, /* the end */ }}"),
        None => text,
    }
}

/// Sets the value at a path such as `a.b.c` in a document.
fn set(document: &mut Value, path: &str, value: Value) {
    let node = path.split('.').fold(document, |node, step| &mut node[step]);
    *node = value;
}

proptest! {
    #[test]
    fn any_documents_are_served_as_in_azure_or_refused_by_name(
        host in some_of(host_json()),
        is_http in any::<bool>(),
        http in some_of(http_trigger()),
        timer in some_of(timer_trigger()),
        outer in some_of(function_json()),
        outputs in 0..3_usize,
        shouting in any::<bool>(),
        lenient in any::<bool>(),
    ) {
        let trigger_members = if is_http { http } else { timer };
        let mut trigger = Map::from_iter([
            ("type".to_owned(), json!(if is_http { "httpTrigger" } else { "TimerTrigger" })),
            ("name".to_owned(), json!("t")),
        ]);
        if !is_http {
            trigger.insert("schedule".to_owned(), json!("0 0 0 1 1 *"));
        }
        trigger.extend(trigger_members.iter().map(|(name, value, _)| ((*name).to_owned(), value.clone())));
        let mut bindings = vec![Value::Object(trigger)];
        bindings.extend((0..outputs).map(|at| json!({ "type": "http", "direction": "out", "name": format!("res{at}") })));
        let mut function = json!({ "bindings": bindings });
        for (name, value, _) in &outer {
            function[*name] = value.clone();
        }
        let mut document = json!({
            "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "handler" } },
        });
        for (path, value, _) in &host {
            set(&mut document, path, value.clone());
        }
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        file("handler", "");
        file("host.json", &written(&document, shouting, lenient));
        file("one/function.json", &written(&function, false, lenient));
        let settings = BTreeMap::from([
            ("TICK".to_owned(), "0 0 6 * * *".to_owned()),
            ("A__B".to_owned(), "0 0 7 * * *".to_owned()),
        ]);
        let (host_azure, function_azure) = (worst(&host), worst(&trigger_members).max(worst(&outer)));
        // A route is checked only if the function has no other problem.
        let others = trigger_members.iter().chain(&outer).filter(|(name, ..)| *name != "route");
        let other_azure = others.map(|(.., azure)| *azure).max().unwrap_or(Takes);
        let function_azure = if other_azure == LeavesOutTheFunction { LeavesOutTheFunction } else { function_azure };
        let names: Vec<&str> = host
            .iter()
            .chain(&trigger_members)
            .chain(&outer)
            .filter(|(.., azure)| *azure == Ignores)
            .map(|(name, ..)| name.rsplit('.').next().unwrap())
            .collect();
        let named = |text: &str| {
            let text = text.to_lowercase();
            names.iter().any(|name| text.contains(&name.to_lowercase())) || text.contains("interval") || text.contains("header")
        };
        match ScriptSummary::read(folder.path(), &settings) {
            Err(error) => match (host_azure, function_azure) {
                (Stops, _) | (_, Stops) => {}
                (Ignores, _) => prop_assert!(named(&error.to_string()), "{error}"),
                _ => prop_assert!(false, "Azure starts: {error}"),
            },
            Ok(summary) => {
                prop_assert!(host_azure < Ignores, "Azure does not start, or the host ignores silently: {document}");
                match (function_azure, summary.functions.len()) {
                    (Takes, served) => prop_assert!(served == 1, "Azure serves it: {:?}", summary.problems),
                    (Ignores, 1) => {}
                    (Ignores, _) => {
                        let problem = summary.problems[0].to_string();
                        prop_assert!(named(&problem), "{problem}");
                    }
                    (LeavesOutTheFunction, served) => prop_assert!(served == 0, "Azure leaves it out: {function}"),
                    // An ignored member is refused before the route is checked.
                    (Stops, served) => prop_assert!(served == 0 && other_azure == Ignores, "Azure stops: {function}"),
                }
            }
        }
    }

    #[test]
    fn no_text_in_place_of_a_document_makes_the_reader_fail_otherwise_than_by_a_message(
        host in "\\PC{0,200}",
        function in r#"\{ *('bindings'|"bindings") *: *\[[{}\[\]:,'"a-z0-9 \\/*-]{0,80}\] *\}"#,
    ) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("one")).unwrap();
        fs::write(folder.path().join("host.json"), host).unwrap();
        fs::write(folder.path().join("handler"), "").unwrap();
        prop_assert!(ScriptSummary::read(folder.path(), &BTreeMap::new()).is_err());
        let good = r#"{ "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "handler" } } }"#;
        fs::write(folder.path().join("host.json"), good).unwrap();
        fs::write(folder.path().join("one/function.json"), &function).unwrap();
        if let Ok(summary) = ScriptSummary::read(folder.path(), &BTreeMap::new()) {
            prop_assert_eq!(summary.functions.len() + summary.problems.len(), 1);
        }
    }
}
