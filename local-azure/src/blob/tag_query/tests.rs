use proptest::prelude::*;

use super::*;

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_search_compares_text() {
    let found = tags(&[("project", "one"), ("year", "2026"), ("a b", "x")]);
    for (text, fits) in [
        ("project='one'", true),
        ("\"project\" = 'one' AND year > '2025'", true),
        ("year >= '2026' and year < '2027'", true),
        ("year > '3'", false),
        ("year < '3'", true),
        ("\"a b\"='x'", true),
        ("absent='x'", false),
        ("absent < 'x'", false),
    ] {
        assert_eq!(TagQuery::search(text, true).unwrap().matches(&found), fits, "{text}");
    }
    let query = TagQuery::search("@container = 'logs' AND project='one'", true).unwrap();
    assert_eq!(query.container.as_deref(), Some("logs"));
    assert_eq!(query.named(&found), tags(&[("project", "one")]));
}

#[test]
fn a_condition_knows_or_and_not_equal() {
    let found = tags(&[("a", "1"), ("b", "2")]);
    for (text, fits) in [
        ("a = '1' AND (b = '3' OR b = '2')", true),
        ("a <> '1' OR b <> '2'", false),
        ("\"a\" <> '2'", true),
        ("a = '1' AND b = '3' OR b = '2'", true),
    ] {
        assert_eq!(TagQuery::condition(text).unwrap().matches(&found), fits, "{text}");
    }
    assert!(!TagQuery::condition("c <> '1'").unwrap().matches(&found), "a tag that is not there fits nothing");
    assert!(TagQuery::condition("tag=tagValue").is_err());
    assert!(TagQuery::condition("@container='c'").is_err());
}

#[test]
fn a_search_that_is_not_understood_is_refused_at_its_place() {
    const AT: &str = "Error parsing query at or near character position";
    for (text, refusal) in [
        ("1='x'", format!("{AT} 1: unexpected '1'")),
        ("project='one' AND year = Year", format!("{AT} 26: unexpected 'Year'")),
        ("a='1' OR b='2'", format!("{AT} 7: unexpected 'OR'")),
        ("a <> '1'", format!("{AT} 3: unexpected '<>'")),
        ("(a='1')", format!("{AT} 1: unexpected '('")),
        ("a='1", format!("{AT} 3: unexpected end of query")),
        ("", format!("{AT} 1: unexpected end of query")),
        ("a='c#'", format!("{AT} 5: '#' not permitted in tag name or value")),
        (
            "a='1' AND a='2'",
            "Error parsing query: can't have multiple conditions for a single tag unless they define a range"
                .to_owned(),
        ),
    ] {
        assert_eq!(TagQuery::search(text, true).unwrap_err(), QueryError(refusal), "{text}");
    }
    let many = (0..11).map(|n| format!("k{n}='v'")).collect::<Vec<_>>().join(" AND ");
    assert!(TagQuery::search(&many, true).unwrap_err().0.ends_with("at most 10 unique tags in a query"));
    assert_eq!(
        TagQuery::search("@container='c' AND a='1'", false).unwrap_err().0,
        "Error parsing query: Cannot have container in both uri and query"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z0-9@'\"<>=() ANDOR_äöü]{0,60}") {
        let _ = (TagQuery::search(&text, true), TagQuery::condition(&text));
    }
}
