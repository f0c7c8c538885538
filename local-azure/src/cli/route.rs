//! The URL of an HTTP function: its route template, filled with the values of its parameters.
//!
//! Syntax: <https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates>. The host has checked it.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::command_error::CommandError;

/// Characters that a route's literal may contain and a URL may not.
const NOT_IN_A_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Encodes everything but unreserved characters (RFC 3986), so that no value becomes a query or another segment.
pub(super) fn encoded(value: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(value, RESERVED).to_string()
}

/// Puts values into a URL's template. An optional parameter without a value disappears. A given parameter that is not
/// in the route is an error. Names match in any letter case.
pub(super) fn fill(template: &str, given: &[(String, String)]) -> Result<String, CommandError> {
    let mut url = String::new();
    let mut names: Vec<&str> = Vec::new();
    // The parts of the route after a parameter without a value must be absent too.
    let mut absent: Option<&str> = None;
    let needs = |name: &str| CommandError::from(format!("the route needs --param {name}=VALUE"));
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace, after) = (&rest[..at], &rest[at..=at], &rest[at + 1..]);
        if let Some(name) = absent.filter(|_| before != "/") {
            return Err(needs(name));
        }
        url.extend(utf8_percent_encode(before, NOT_IN_A_URL));
        if let Some(after) = after.strip_prefix(brace) {
            url.extend(utf8_percent_encode(brace, NOT_IN_A_URL));
            rest = after;
            continue;
        }
        let (text, remainder) = split_parameter(after).ok_or("the function's route has a { without its }")?;
        let parameter = Parameter::new(text);
        let value = given.iter().find(|(name, _)| name.eq_ignore_ascii_case(parameter.name));
        if let Some(name) = absent.filter(|_| value.is_some()) {
            return Err(needs(name));
        }
        match value {
            // A parameter that takes the rest of the path keeps its slashes.
            Some((_, value)) if parameter.catch_all => {
                let parts: Vec<_> = value.split('/').map(encoded).collect();
                url.push_str(&parts.join("/"));
            }
            Some((_, value)) => url.push_str(&encoded(value)),
            None if parameter.may_be_absent => {
                // For `{name}.{extension?}`, the dot is removed too.
                url.truncate(url.strip_suffix('.').unwrap_or(&url).len());
                absent = absent.or(Some(parameter.name));
            }
            None => return Err(needs(parameter.name)),
        }
        names.push(parameter.name);
        rest = remainder;
    }
    if let Some(name) = absent.filter(|_| !matches!(rest, "" | "/")) {
        return Err(needs(name));
    }
    check_names(given, &names)?;
    url.extend(utf8_percent_encode(rest.trim_end_matches('/'), NOT_IN_A_URL));
    Ok(if absent.is_some() { url.trim_end_matches('/').to_owned() } else { url })
}

fn check_names(given: &[(String, String)], names: &[&str]) -> Result<(), CommandError> {
    for (at, (name, _)) in given.iter().enumerate() {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(format!("the route has no parameter \"{name}\"; it has {names}").into());
        }
        if given[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Err(format!("--param {name} is given twice").into());
        }
    }
    Ok(())
}

/// Splits the text at the closing brace of a parameter. Doubled braces belong to a regular expression.
fn split_parameter(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find(['{', '}'])?;
        let brace = &text[at..=at];
        if text[at + 1..].starts_with(brace) {
            from = at + 2;
        } else if brace == "}" {
            return Some((&text[..at], &text[at + 1..]));
        } else {
            return None;
        }
    }
}

/// A parameter such as `name`, `name?`, `name:constraint(…)=default`, `*name`.
struct Parameter<'a> {
    name: &'a str,
    catch_all: bool,
    may_be_absent: bool,
}

impl<'a> Parameter<'a> {
    fn new(text: &'a str) -> Self {
        let bare = text.trim_start_matches('*');
        let catch_all = bare.len() < text.len();
        let name = bare.split([':', '=', '?']).next().unwrap_or_default();
        Self { name, catch_all, may_be_absent: catch_all || bare.ends_with('?') || has_default(bare) }
    }
}

/// Reports whether an equals sign stands outside the arguments of constraints.
fn has_default(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().any(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        depth == 0 && character == '='
    })
}

#[cfg(test)]
mod tests {
    use super::fill;

    /// A route, the given values, and the expected URL or error.
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

    fn filled(route: &str, given: &[(&str, &str)]) -> Result<String, String> {
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = fill(&format!("http://h/api/{route}"), &given).map_err(|error| error.to_string())?;
        Ok(url.strip_prefix("http://h/api").unwrap().to_owned())
    }

    #[test]
    fn route_parameters_are_filled_and_optional_ones_may_be_left_out() {
        let cases: &[Case] = &[
            ("{source}/{which?}", &[("source", "orders")], "/orders"),
            ("{Id:int}", &[("id", "7")], "/7"),
            ("{id:int?}", &[], ""),
            ("{id=1}/x", &[("id", "7")], "/7/x"),
            ("{*rest}", &[], ""),
            (r"{id:regex(^\d{{2}}$)}", &[("id", "12")], "/12"),
            ("{id:regex(^a=.$)=a=b}", &[], ""),
            ("{a}.{b?}", &[("a", "x"), ("b", "y")], "/x.y"),
            ("{a}.{b?}", &[("a", "x")], "/x"),
            ("{a?}/{b=1}/", &[], ""),
            ("{*rest}", &[("rest", "a/")], "/a/"),
            ("a/", &[], "/a"),
            ("a{{b}}c", &[], "/a%7Bb%7Dc"),
            ("a b/é/%NAME%", &[], "/a%20b/%C3%A9/%25NAME%25"),
        ];
        for (route, given, expected) in cases {
            assert_eq!(filled(route, given).as_deref(), Ok(*expected), "{route}");
        }
    }

    #[test]
    fn a_parameter_may_hold_any_character() {
        let given = [("id", "a?b/c d")];
        assert_eq!(filled("{id}", &given).unwrap(), "/a%3Fb%2Fc%20d");
        assert_eq!(filled("{*id}", &given).unwrap(), "/a%3Fb/c%20d");
    }

    #[test]
    fn what_the_route_lacks_or_is_not_given_is_named() {
        let cases: &[Case] = &[
            ("{source}", &[], "the route needs --param source=VALUE"),
            ("{id:regex(^a=.$)}", &[], "the route needs --param id=VALUE"),
            ("{id=1}/x", &[], "the route needs --param id=VALUE"),
            ("{a?}/{b?}", &[("b", "1")], "the route needs --param a=VALUE"),
            ("{a}/{b?}", &[("a", "1"), ("c", "2")], "the route has no parameter \"c\"; it has a, b"),
            ("health", &[("a", "1")], "the route has no parameter \"a\"; it has none"),
            ("{a}", &[("a", "1"), ("A", "2")], "--param A is given twice"),
        ];
        for (route, given, expected) in cases {
            assert_eq!(filled(route, given), Err((*expected).to_owned()), "{route}");
        }
    }
}
