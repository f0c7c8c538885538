//! The form field `claims`: the claims that a client requests for its token, and a claims challenge that it forwards.
//!
//! Clients with continuous access evaluation send `xms_cc` with every token request, merged with a resource's
//! challenge: <https://learn.microsoft.com/entra/identity-platform/claims-challenge>. No service here evaluates access
//! continuously, so the token is an ordinary one.

use serde_json::{Map, Value};

use super::refusal::EntraRefusal;

/// Claims of the access token that a client may request: its capabilities, and the claims that a challenge names.
const OF_ACCESS_TOKEN: &[&str] = &["xms_cc", "nbf", "xms_caeerror", "xms_rp_ipaddr"];
/// Claims of an ID token. Libraries request them in every grant, even in grants without a user.
const OF_ID_TOKEN: &[&str] = &["signin_state", "login_hint"];

/// Refuses a text that is no claims request, and unknown claims.
pub(super) fn check(text: &str) -> Result<(), EntraRefusal> {
    let Ok(Value::Object(request)) = serde_json::from_str(text) else {
        return Err(EntraRefusal::not_understood("the form field claims is not a JSON object"));
    };
    for (token, claims) in &request {
        let known = match token.as_str() {
            "access_token" => OF_ACCESS_TOKEN,
            "id_token" => OF_ID_TOKEN,
            other => {
                return Err(EntraRefusal::not_understood(format!(
                    "the form field claims has the unknown part {other}"
                )));
            }
        };
        check_claims(token, members(claims, token)?, known)?;
    }
    Ok(())
}

fn check_claims(token: &str, claims: &Map<String, Value>, known: &[&str]) -> Result<(), EntraRefusal> {
    for (name, asked) in claims {
        if !known.contains(&name.as_str()) {
            let text = format!("the form field claims asks for the claim {name} of the {token}, which is not known");
            return Err(EntraRefusal::not_understood(text));
        }
        for (member, value) in members(asked, name)? {
            let fits = match member.as_str() {
                "essential" => value.is_boolean(),
                "value" => value.is_string() || value.is_number(),
                "values" => value.as_array().is_some_and(|values| values.iter().all(Value::is_string)),
                _ => false,
            };
            if !fits {
                let text = format!("the form field claims has the member {member} of {name}, which is not understood");
                return Err(EntraRefusal::not_understood(text));
            }
        }
    }
    Ok(())
}

/// Returns the members of a part; `null` requests a claim without details (OpenID Connect Core, 5.5.1).
fn members<'v>(value: &'v Value, name: &str) -> Result<&'v Map<String, Value>, EntraRefusal> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match value {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(&NONE),
        _ => Err(EntraRefusal::not_understood(format!("the form field claims has {name}, which is not an object"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_client_libraries_send_is_understood() {
        for text in [
            // MSAL.NET and MSAL for Go; MSAL for Python with blanks; MSAL for JavaScript in lower case.
            r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#,
            r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#,
            r#"{"id_token":{"signin_state":{"essential":false},"login_hint":{"essential":false}},"access_token":{"xms_cc":{"values":["cp1"]}}}"#,
            // A challenge, alone and merged with other claims.
            r#"{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}"#,
            r#"{"access_token":{"xms_cc":{"values":["CP1"]},"nbf":{"essential":true,"value":"1604106651"}}}"#,
            r#"{"access_token":{"xms_cc":null}}"#,
            "{}",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, name) in [
            ("{", "not a JSON object"),
            ("[]", "not a JSON object"),
            (r#"{"userinfo":{}}"#, "userinfo"),
            (r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#, "acrs"),
            (r#"{"id_token":{"xms_cc":{"values":["cp1"]}}}"#, "xms_cc"),
            (r#"{"access_token":{"xms_cc":{"values":"cp1"}}}"#, "values"),
            (r#"{"access_token":{"xms_cc":{"any":[]}}}"#, "any"),
            (r#"{"access_token":{"nbf":5}}"#, "nbf"),
            (r#"{"access_token":[]}"#, "access_token"),
        ] {
            let refusal = check(text).unwrap_err();
            assert!(format!("{refusal:?}").contains(name), "{refusal:?}");
        }
    }
}
