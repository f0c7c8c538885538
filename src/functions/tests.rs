//! The table and the folders that get deployed say the same.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::*;

// What `cargo local new` makes a function of; here they are compiled.
#[path = "../../templates/http.rs"]
mod http_template;
#[path = "../../templates/timer.rs"]
mod timer_template;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn json(path: impl AsRef<Path>) -> Value {
    let path = Path::new(ROOT).join(path);
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
}

fn binding(function: &Function, kind: &str) -> Value {
    let document = json(format!("functions/{}/function.json", function.name));
    let bindings = document["bindings"].as_array().unwrap();
    let found: Vec<_> = bindings.iter().filter(|binding| binding["type"] == kind).collect();
    assert_eq!(found.len(), 1, "{} has not exactly one {kind}", function.name);
    found[0].clone()
}

fn methods(filter: MethodFilter) -> Vec<&'static str> {
    const ALL: [(MethodFilter, &str); 8] = [
        (MethodFilter::DELETE, "delete"),
        (MethodFilter::GET, "get"),
        (MethodFilter::HEAD, "head"),
        (MethodFilter::OPTIONS, "options"),
        (MethodFilter::PATCH, "patch"),
        (MethodFilter::POST, "post"),
        (MethodFilter::PUT, "put"),
        (MethodFilter::TRACE, "trace"),
    ];
    ALL.iter().filter(|(one, _)| filter.or(*one) == filter).map(|(_, name)| *name).collect()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_ascii_lowercase()).collect()
}

#[test]
fn every_function_has_a_folder_and_every_folder_a_function() {
    let folders = fs::read_dir(Path::new(ROOT).join("functions")).unwrap();
    let folders: BTreeSet<_> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<_> = ALL.iter().map(|function| function.name.to_owned()).collect();
    assert_eq!(names, folders);
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn triggers_are_those_of_function_json() {
    for function in ALL {
        match function.trigger {
            Trigger::Timer { .. } => {
                let timer = binding(function, "timerTrigger");
                assert_eq!(timer["name"], "timer", "{}", function.name);
                // Written out, or the name of a setting.
                let schedule = timer["schedule"].as_str().unwrap();
                let setting = schedule.strip_prefix('%').and_then(|name| name.strip_suffix('%'));
                assert!(setting.is_none_or(|name| crate::config::VARIABLES.contains(&name)), "{}", function.name);
            }
            Trigger::Http { methods: filter, route, .. } => {
                let http = binding(function, "httpTrigger");
                let mut named = strings(&http["methods"]);
                named.sort();
                assert_eq!(named, methods(filter), "{}", function.name);
                assert_eq!(http["route"], route, "{}", function.name);
                assert_eq!(http["name"], "req", "{}", function.name);
                assert_eq!(binding(function, "http")["name"], "res", "{}", function.name);
            }
        }
    }
}

#[test]
fn only_health_is_anonymous() {
    for function in ALL.iter().filter(|function| matches!(function.trigger, Trigger::Http { .. })) {
        let expected = if function.name == "health" { "anonymous" } else { "function" };
        assert_eq!(binding(function, "httpTrigger")["authLevel"], expected, "{}", function.name);
    }
}

#[test]
fn the_host_starts_the_handler_and_passes_http_through_unchanged() {
    let host = json("host.json");
    let handler = &host["customHandler"];
    assert_eq!(handler["description"]["defaultExecutablePath"], "handler");
    assert_eq!(handler["enableForwardingHttpRequest"], true);
    assert_eq!(handler["enableProxyingHttpRequest"], true);
}

#[test]
fn the_templates_of_new_functions_agree_with_their_folders() {
    let http = json("templates/http.json");
    let http = &http["bindings"][0];
    match http_template::FUNCTION.trigger {
        Trigger::Http { methods: filter, route, .. } => {
            assert_eq!(http["route"], route);
            assert_eq!(strings(&http["methods"]), methods(filter));
        }
        Trigger::Timer { .. } => panic!("the template of an HTTP function is none"),
    }
    assert!(matches!(timer_template::FUNCTION.trigger, Trigger::Timer { .. }));
    assert_eq!(json("templates/timer.json")["bindings"][0]["name"], "timer");
    assert_eq!((http_template::FUNCTION.name, timer_template::FUNCTION.name), ("NAME", "NAME"));
}
