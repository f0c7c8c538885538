//! `Authorization`: the value that `get-authorization-context` puts into a variable
//! (learn.microsoft.com/azure/api-management/get-authorization-context-policy).

use std::fmt;

use serde_json::{Map, Value as Json};

use super::{
    json::Token,
    types::{Class, Type},
    value::{Dictionary, Object, Value},
};

/// A connection's access token, and the token endpoint's whole answer.
#[derive(Clone)]
pub struct Authorization {
    /// The access token: the text after `Bearer `.
    pub access_token: String,
    /// The members of the token endpoint's answer (RFC 6749, section 5.1). The documentation does not say which of them
    /// a live gateway keeps: this crate keeps all.
    pub claims: Map<String, Json>,
}

/// Shows only the names of the claims.
impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.claims.keys()).finish()
    }
}

impl From<Authorization> for Value {
    fn from(authorization: Authorization) -> Self {
        let class = Type::new(Class::ReadOnlyDictionary, vec![Class::String.into(), Class::Object.into()]);
        let claims = Dictionary::new(class, false);
        for (name, claim) in &authorization.claims {
            claims.insert(&name.as_str().into(), value_of(claim));
        }
        let facts = [("AccessToken", authorization.access_token.into()), ("Claims", claims.into())];
        Self::object(Object::Facts(Class::Authorization, facts.into()))
    }
}

/// Converts JSON as Newtonsoft reads JSON into `object`.
fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, number) => number.map_or(Value::Null, Value::from),
        },
        Json::Array(_) | Json::Object(_) => Token::parse(&json.to_string()).map_or(Value::Null, Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{Context, Entropy, Expression};

    /// Evaluates an expression where the variable `auth` is an authorization and `none` is null.
    fn evaluated(expression: &str) -> Result<Value, String> {
        let mut context = Context::new(jiff::Timestamp::UNIX_EPOCH, Uuid::nil(), Entropy::seeded(1));
        let Json::Object(claims) = json!({
            "token_type": "Bearer", "expires_in": 3599, "part": 0.5, "fresh": true, "none": null, "more": { "a": [1] }
        }) else {
            unreachable!()
        };
        let authorization = Authorization { access_token: "t0k3n".to_owned(), claims };
        assert!(!format!("{authorization:?}").contains("t0k3n"));
        context.variables.insert("auth".to_owned(), authorization.into());
        context.variables.insert("none".to_owned(), Value::Null);
        let expression = Expression::parse(expression).map_err(|error| error.to_string())?;
        expression.evaluate(&mut context).map_err(|error| error.to_string())
    }

    fn text(expression: &str) -> String {
        evaluated(expression).unwrap().to_text().unwrap().to_string()
    }

    #[test]
    fn every_form_that_the_pages_show_reads_the_token() {
        assert_eq!(
            text("@(\"Bearer \" + ((Authorization)context.Variables.GetValueOrDefault(\"auth\"))?.AccessToken)"),
            "Bearer t0k3n"
        );
        assert_eq!(text("@(((Authorization)context.Variables[\"auth\"]).AccessToken)"), "t0k3n");
        assert_eq!(text("@(context.Variables.GetValueOrDefault<Authorization>(\"auth\").AccessToken)"), "t0k3n");
        for absent in ["none", "absent"] {
            let read = format!(
                "@(\"Bearer \" + ((Authorization)context.Variables.GetValueOrDefault(\"{absent}\"))?.AccessToken)"
            );
            assert_eq!(text(&read), "Bearer ");
        }
        assert_eq!(
            evaluated("@(((Authorization)context.Variables[\"none\"]).AccessToken)").unwrap_err(),
            "Object reference not set to an instance of an object."
        );
    }

    #[test]
    fn claims_are_objects_of_their_own_types() {
        let claim = |name: &str| {
            evaluated(&format!("@(((Authorization)context.Variables[\"auth\"]).Claims[\"{name}\"])"))
                .map(|value| (value.type_name(), value.to_text().unwrap().to_string()))
        };
        for (name, class, text) in [
            ("token_type", "System.String", "Bearer"),
            ("expires_in", "System.Int64", "3599"),
            ("part", "System.Double", "0.5"),
            ("fresh", "System.Boolean", "True"),
            ("none", "null", ""),
        ] {
            assert_eq!(claim(name).unwrap(), (class.to_owned(), text.to_owned()));
        }
        assert_eq!(claim("more").unwrap().0, "Newtonsoft.Json.Linq.JObject");
        assert_eq!(claim("absent").unwrap_err(), "The given key 'absent' was not present in the dictionary.");
        assert_eq!(
            text("@((string)((Authorization)context.Variables[\"auth\"]).Claims.GetValueOrDefault(\"token_type\"))"),
            "Bearer"
        );
    }

    #[test]
    fn what_it_does_not_have_and_what_is_none_is_named() {
        assert_eq!(
            evaluated("@(((Authorization)context.Variables[\"auth\"]).RefreshToken)").unwrap_err(),
            "'Authorization' does not contain a definition for 'RefreshToken', or it is not supported"
        );
        assert_eq!(
            evaluated("@((Authorization)(object)\"text\")").unwrap_err(),
            "Unable to cast object of type 'System.String' to type 'Authorization'."
        );
    }
}
