use super::{escape::decoded, *};

/// Returns the path that axum gets, if the template matches.
fn matched(route: &str, path: &str) -> Option<String> {
    let template = Template::new("api", route).unwrap_or_else(|error| panic!("{error}"));
    template.matches(path).map(|values| template.axum_path(&values))
}

/// Returns the decoded values by name; `None` for an absent value.
fn values(route: &str, path: &str) -> Option<Vec<(String, Option<String>)>> {
    let template = Template::new("", route).unwrap_or_else(|error| panic!("{error}"));
    let RouteValues(values) = template.matches(path)?;
    let names = template.parameters().map(|parameter| parameter.name.clone());
    Some(names.zip(values.into_iter().map(|value| value.map(|value| decoded(&value).into_owned()))).collect())
}

fn shown(route: &str, path: &str) -> Option<String> {
    let one = |(name, value): (String, Option<String>)| value.map_or(name.clone(), |value| format!("{name}={value}"));
    Some(values(route, path)?.into_iter().map(one).collect::<Vec<_>>().join(" "))
}

#[test]
fn literals_match_in_any_case_and_values_keep_theirs() {
    assert_eq!(matched("Orders/{id}", "/API/orders/A-b%20C").as_deref(), Some("/0/A%2Db%20C"));
    assert_eq!(matched("health", "/api/he%61lth").as_deref(), Some("/0"));
    assert_eq!(shown("É/{x}", "/%C3%A9/1").as_deref(), Some("x=1"));
    assert_eq!(matched("sp ace", "/api/sp%20ace").as_deref(), Some("/0"));
}

#[test]
fn slashes_at_the_end_do_not_count() {
    for path in ["/api/health/", "/api/health//"] {
        assert!(matched("health", path).is_some(), "{path}");
    }
    assert_eq!(matched("orders/{id}", "/api/orders/7/").as_deref(), Some("/0/7"));
    for other in ["/api//health", "//api/health", "api/health", "/api/health/x", "/api/health//x", "/api", "/"] {
        assert_eq!(matched("health", other), None, "{other}");
    }
}

#[test]
fn the_last_parameters_may_be_optional() {
    for (path, expected) in [("/api/a/x", "/0/x"), ("/api/a/x/", "/0/x"), ("/api/a/x/y", "/1/x/y")] {
        assert_eq!(matched("a/{b}/{c?}", path).as_deref(), Some(expected), "{path}");
    }
    assert_eq!(matched("a/{b}/{c?}", "/api/a"), None);
    assert_eq!(matched("a/{b}/{c?}", "/api/a/x/y/z"), None);
    assert_eq!(shown("{a?}/{b?}", "/").as_deref(), Some("a b"));
    assert_eq!(shown("{a?}/b", "/b"), None, "in the middle the value must be there");
    assert_eq!(shown("{a?}/b", "/x/b").as_deref(), Some("a=x"));
    assert_eq!(Template::new("", "{a}/{b?}/{c?}").unwrap().axum_routes(), ["/0/{a}", "/1/{a}/{b}", "/2/{a}/{b}/{c}"]);
}

#[test]
fn a_default_stands_for_a_value_that_is_not_there() {
    for (route, path, expected) in [
        ("o/{id=9}", "/o", Some("id=9")),
        ("o/{id=9}", "/o/7", Some("id=7")),
        ("o/{id:int=5}/{x?}", "/o/1/2", Some("id=1 x=2")),
        ("{a=1}/b", "/b", None),
        ("o/{*rest=x/y}", "/o", Some("rest=x/y")),
    ] {
        assert_eq!(shown(route, path).as_deref(), expected, "{route} and {path}");
    }
}

#[test]
fn a_catch_all_may_be_empty_and_keeps_its_slashes() {
    for (path, expected) in [("/api", "/0"), ("/api/", "/0"), ("/API/a//b/", "/1/a%2F%2Fb%2F")] {
        assert_eq!(matched("{*rest}", path).as_deref(), Some(expected), "{path}");
    }
    assert_eq!(shown("o/{**rest}", "/o/a/b").as_deref(), Some("rest=a/b"));
    assert_eq!(shown("{*a:int}", "/"), None, "nothing is no number");
    assert_eq!(Template::new("", "{*rest}").unwrap().axum_routes(), ["/0", "/1/{rest}"]);
}

#[test]
fn several_parameters_of_a_segment_are_read_from_the_right() {
    for (route, path, expected) in [
        ("{a}-{b}_{c}", "/1-2-3_4_5", Some("a=1-2 b=3_4 c=5")),
        ("{a}.{b?}", "/x.y.z", Some("a=x.y b=z")),
        ("{a}.{b?}", "/x", Some("a=x b")),
        ("{a}.{b?}", "/x.", None),
        ("f/{name}.{extension}", "/f/a.b.txt", Some("name=a.b extension=txt")),
        ("f/{name}.{extension}", "/f/a", None),
        ("v{version}", "/V2", Some("version=2")),
        ("v{version}", "/v", None),
        ("{a}-x", "/1-X", Some("a=1")),
        ("a{b:int}c", "/a7c", Some("b=7")),
        ("a{b:int}c", "/axc", None),
        ("{{x}}-{id}", "/%7BX%7D-7", Some("id=7")),
    ] {
        assert_eq!(shown(route, path).as_deref(), expected, "{route} and {path}");
    }
}

#[test]
fn a_value_that_breaks_its_constraint_is_another_route() {
    for (constraint, right, wrong) in [
        ("int", &["-42", "+7", "007", " 7 "][..], &["2147483648", "1,000", "7.0", "0x7", "٧", "-"][..]),
        ("long", &["2147483648"], &["4.2", "9223372036854775808"]),
        ("min(18)", &["18"], &["17", "x"]),
        ("max(9)", &["9", "-1"], &["10"]),
        ("range(1,3)", &["1", "3"], &["0", "4"]),
        ("bool", &["true", "FALSE", " True "], &["1", "yes"]),
        ("double", &["1,000.5", ".5", "5.", "1e5", "1e999", "NaN", "Infinity", "-1"], &["inf", "x", ".", "1e"]),
        ("float", &["1.5"], &["x"]),
        (
            "decimal",
            &["1,000", "-2", "79228162514264337593543950335"],
            &["1e5", "NaN", "79228162514264337593543950336"],
        ),
        (
            "guid",
            &["7d9aa9f25a3c4f0e8a5f0f6b1c2d3e4f", "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f"],
            &["7", "urn:uuid:7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f"],
        ),
        (
            "guid",
            &["(7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f)", "{7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f}"],
            &["(7d9aa9f25a3c4f0e8a5f0f6b1c2d3e4f)"],
        ),
        (
            "guid",
            &["{0x7d9aa9f2,0x5a3c,0x4f0e,{0x8a,0x5f,0x0f,0x6b,0x1c,0x2d,0x3e,0x4f}}"],
            &["{0x7d9aa9f2,0x5a3c,0x4f0e,{0x8a}}"],
        ),
        (
            "datetime",
            &[
                "2026-01-01T00:00:00Z",
                "1-2-2026",
                "2026-01-31",
                "9:30 AM",
                "Sat, 31 Jan 2026 09:30:00 GMT",
                "2026-01-01 10:00:00.5+01:00",
            ],
            &["soon", "2026-13-01", "2026-02-30", "7", ""],
        ),
        ("alpha", &["Abc"], &["a1", "é"]),
        ("length(2)", &["ab", "𝄞"], &["a", "abc"]),
        ("length(2,3)", &["ab", "abc"], &["a", "abcd"]),
        ("minlength(2)", &["ab"], &["a"]),
        ("maxlength(2)", &["ab"], &["abc"]),
        (r"regex(^\d{{3}}:[a-c]+$)", &["123:ABC"], &["12:abc"]),
        ("required", &["x"], &[]),
        ("file", &["a.txt"], &["a", "a."]),
        ("nonfile", &["a"], &["a.txt"]),
        ("alpha:length(3)", &["abc"], &["ab", "ab1"]),
        ("exists", &[], &["x"]),
    ] {
        let route = format!("{{id:{constraint}}}");
        let template = Template::new("", &route).unwrap_or_else(|error| panic!("{error}"));
        let admits = |value: &&str| template.matches(&format!("/{}", encoded(value))).is_some();
        assert_eq!(
            right.iter().filter(|value| !admits(value)).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "{constraint}"
        );
        assert_eq!(wrong.iter().filter(|value| admits(value)).collect::<Vec<_>>(), Vec::<&&str>::new(), "{constraint}");
    }
}

#[test]
fn a_route_with_which_the_host_does_not_start_is_refused_by_name() {
    for route in [
        "{id",
        "id}",
        "x//y",
        "q?x",
        "{a}{b}",
        "{a}/{A}",
        "{*a}/b",
        "x{*a}",
        "{a:foo}",
        "{a:length(a)}",
        "{a:range(3,1)}",
        "{a:int(1)}",
        "{}",
        "{*}",
        "{**}",
        "{a?=1}",
        "{a:int=1?}",
        "{a}-{b?}",
        "{{{a}}}",
        "{a:regex(()}",
        "{a:regex((?=x))}",
    ] {
        let error = Template::new("api", route).err().unwrap_or_else(|| panic!("{route} is taken")).to_string();
        assert!(error.contains(route), "{error}");
    }
    for (prefix, route) in [
        ("/v1/", "x"),
        ("/", "x"),
        ("v1/", "x"),
        ("a//b", "x"),
        ("v1?", "x"),
        ("", "//x"),
        ("api", "/x"),
        ("", "~/x"),
        ("", "~x"),
        ("api", "/"),
    ] {
        assert!(Template::new(prefix, route).is_err(), "{prefix} and {route}");
    }
    for prefix in ["v1/x", "a b", "é", "v{n}", "5"] {
        assert!(Template::new(prefix, "x/").is_ok(), "{prefix}");
    }
    for (prefix, route, path) in [("/v1", "x", "/v1/x"), ("", "/x", "/x"), ("", "/", "/")] {
        let template = Template::new(prefix, route).unwrap();
        assert!(template.text() == path && template.matches(path).is_some(), "{prefix} and {route}");
    }
}

#[test]
fn values_by_name_are_those_that_the_host_sends() {
    let template = Template::new("api", "a/{b}/{c?}").unwrap();
    let path = |b: Option<&str>, c: Option<&str>| {
        let values = template.values(|name| if name == "b" { b } else { c }.map(str::to_owned))?;
        Ok(template.axum_path(&values))
    };
    assert_eq!(path(Some("x y/z"), None), Ok("/0/x%20y%2Fz".to_owned()));
    assert_eq!(path(Some("x"), Some("ü")), Ok("/1/x/%C3%BC".to_owned()));
    assert_eq!(path(None, Some("y")), Err("b".to_owned()));
}

#[test]
fn the_rest_of_the_path_is_what_the_caller_wrote() {
    let rest = |path| Template::new("api", "relay/{*path}").unwrap().rest_of(path).map(str::to_owned);
    assert_eq!(rest("/API/relay/orders/a%2Fb/").as_deref(), Some("/orders/a%2Fb/"));
    assert_eq!(rest("/api/relay//evil").as_deref(), Some("//evil"));
    assert_eq!(rest("/api/relay").as_deref(), Some("/"));
    assert_eq!(rest("/api/relay/").as_deref(), Some("/"));
    assert_eq!(Template::new("api", "relay/{path}").unwrap().rest_of("/api/relay/x"), None);
}
