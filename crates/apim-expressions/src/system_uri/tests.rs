//! Values of .NET 8.

use super::SystemUri;

#[test]
fn absolute_uris_are_written_as_dotnet_escapes_them() {
    let mut wrong = Vec::new();
    for (text, absolute, shown) in [
        ("https://example.com/a b", "https://example.com/a%20b", "https://example.com/a b"),
        ("http://example.com/a?b=c d", "http://example.com/a?b=c%20d", "http://example.com/a?b=c d"),
        ("http://example.com/é", "http://example.com/%C3%A9", "http://example.com/é"),
        ("http://example.com/a/b/..", "http://example.com/a/", "http://example.com/a/"),
        ("http://example.com/a%20b", "http://example.com/a%20b", "http://example.com/a b"),
        ("http://example.com/%7Euser", "http://example.com/~user", "http://example.com/~user"),
        ("http://example.com/a#f", "http://example.com/a#f", "http://example.com/a#f"),
        ("http://user:pass@example.com/a", "http://user:pass@example.com/a", "http://user:pass@example.com/a"),
        ("api://abc-def/scope", "api://abc-def/scope", "api://abc-def/scope"),
        ("HTTPS://Example.COM:443/A", "https://example.com/A", "https://example.com/A"),
        ("http://h\t/", "", ""),
        ("http://h/\"<>`{}|^", "http://h/%22%3C%3E%60%7B%7D%7C%5E", "http://h/\"<>`{}|^"),
        ("http://h/a\\b?c\\d", "http://h/a/b?c%5Cd", "http://h/a/b?c\\d"),
        ("http://h/%20%22%3C%C3%A9", "http://h/%20%22%3C%C3%A9", "http://h/ \"<é"),
        ("http://h/%2F%3f%23%25%5C%E9", "http://h/%2F%3f%23%25%5C%E9", "http://h/%2F%3f%23%25%5C%E9"),
        ("http://h/%41%7E%c3%a9%zz", "http://h/A~%C3%A9%25zz", "http://h/A~é%25zz"),
        ("http://h/%2E%2E/b?x=/../y", "http://h/b?x=/../y", "http://h/b?x=/../y"),
        ("http://h/a/./b", "http://h/a/b", "http://h/a/b"),
        ("http://h?", "http://h/?", "http://h/?"),
        ("  http://h/a  ", "http://h/a", "http://h/a"),
        ("urn:a:b", "urn:a:b", "urn:a:b"),
        ("mailto:a@b.c", "mailto:a@b.c", "mailto:a@b.c"),
        ("data:text/plain,hi", "data:text/plain,hi", "data:text/plain,hi"),
        ("/a/b", "file:///a/b", "file:///a/b"),
        ("http://127.1/", "http://127.0.0.1/", "http://127.0.0.1/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://bücher.de/", "http://bücher.de/", "http://bücher.de/"),
        ("http://h:/a", "http://h/a", "http://h/a"),
        ("wss://h:443/a", "wss://h/a", "wss://h/a"),
        ("ftp://h:21/a", "ftp://h/a", "ftp://h/a"),
        ("http://h/a//../b", "http://h/a/b", "http://h/a/b"),
    ] {
        let found = SystemUri::parse(text).map(|uri| (uri.absolute_uri(), uri.to_string())).unwrap_or_default();
        if found != (absolute.to_owned(), shown.to_owned()) {
            wrong.push(format!("{text}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_dotnet_refuses_has_its_message() {
    for (text, message) in [
        ("", "Invalid URI: The URI is empty."),
        (" ", "Invalid URI: The URI is empty."),
        ("a/b", "Invalid URI: The format of the URI could not be determined."),
        ("example.com", "Invalid URI: The format of the URI could not be determined."),
        ("http://a:65536/", "Invalid URI: Invalid port specified."),
        ("http://a:99999999/", "Invalid URI: Invalid port specified."),
        ("http://a:q/", "Invalid URI: Invalid port specified."),
        ("http://", "Invalid URI: The hostname could not be parsed."),
        ("http:///a", "Invalid URI: The hostname could not be parsed."),
        ("http://a b/", "Invalid URI: The hostname could not be parsed."),
        ("http://a..b/", "Invalid URI: The hostname could not be parsed."),
        ("1http://a/", "Invalid URI: The URI scheme is not valid."),
    ] {
        assert_eq!(SystemUri::parse(text).unwrap_err().to_string(), message, "{text}");
    }
    assert!(SystemUri::parse(&format!("http://h/{}", "a".repeat(65_519))).is_err());
}

#[test]
fn a_relative_reference_joins_its_base() {
    let base = SystemUri::parse("https://u@h:8443/a/b?q#f").unwrap();
    for (reference, joined) in [
        ("c", "https://u@h:8443/a/c"),
        ("../c", "https://u@h:8443/c"),
        ("/c?d", "https://u@h:8443/c?d"),
        ("?d", "https://u@h:8443/a/b?d"),
        ("#g", "https://u@h:8443/a/b?q#g"),
        ("//x/y", "https://x/y"),
        ("http://x/y", "http://x/y"),
        ("", "https://u@h:8443/a/b?q"),
    ] {
        assert_eq!(base.join(reference).unwrap().absolute_uri(), joined, "{reference}");
    }
}

#[test]
fn ports_are_those_of_the_scheme_or_none() {
    let port = |text: &str| SystemUri::parse(text).unwrap().port();
    assert_eq!(port("api://abc/s"), None);
    assert_eq!(port("ftp://h/"), Some(21));
    assert_eq!(port("https://h:444/"), Some(444));
    assert_eq!(SystemUri::parse("https://h:444/").unwrap().authority_text(), "h:444");
}
