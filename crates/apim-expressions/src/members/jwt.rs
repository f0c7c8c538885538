//! `Jwt` and `BasicAuthCredentials`, and the extension methods that read them; `Authorization`.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use super::{Member, context::text_lists, row};
use crate::{
    evaluate::{Call, Outcome},
    jwt::Jwt,
    problem::Failure,
    types::Class,
    value::{
        CollectionKind, DateTime, Object, Value,
        time::{TICKS_PER_SECOND, UNIX_EPOCH, Zone},
    },
};

/// Extension methods of `string`.
pub(super) const READ: &[Member] = &[
    row("AsJwt", "extension () -> Jwt", as_jwt),
    row("TryParseJwt", "extension (out Jwt) -> bool", |call| tried(call, 0, as_jwt)),
    row("AsBasic", "extension () -> BasicAuthCredentials", as_basic),
    row("TryParseBasic", "extension (out BasicAuthCredentials) -> bool", |call| tried(call, 0, as_basic)),
];

/// The same methods under the name of their class, as deployed files write them (Azure/api-management-policy-snippets,
/// "Check group membership of app using JWT and Graph API").
pub(super) const READ_STATIC: &[Member] = &[
    row("AsJwt", "static (string) -> Jwt", |call| {
        call.receiver = call.argument(0).clone();
        as_jwt(call)
    }),
    row("TryParseJwt", "static (string, out Jwt) -> bool", |call| {
        call.receiver = call.argument(0).clone();
        tried(call, 1, as_jwt)
    }),
    row("AsBasic", "static (string) -> BasicAuthCredentials", |call| {
        call.receiver = call.argument(0).clone();
        as_basic(call)
    }),
    row("TryParseBasic", "static (string, out BasicAuthCredentials) -> bool", |call| {
        call.receiver = call.argument(0).clone();
        tried(call, 1, as_basic)
    }),
];

pub(super) const JWT: &[Member] = &[
    row("Algorithm", "string", |call| header(call, "alg")),
    row("Type", "string", |call| header(call, "typ")),
    row("Id", "string", |call| claim(call, "jti")),
    row("Issuer", "string", |call| claim(call, "iss")),
    row("Subject", "string", |call| claim(call, "sub")),
    row("ExpirationTime", "DateTime?", |call| time(call, "exp")),
    row("IssuedAt", "DateTime?", |call| time(call, "iat")),
    row("NotBefore", "DateTime?", |call| time(call, "nbf")),
    row("Audiences", "IEnumerable<string>", |call| {
        let jwt = this(call)?;
        let audiences = jwt.claims.get("aud").map(Jwt::values).unwrap_or_default();
        call.new_texts(CollectionKind::Sequence, audiences)
    }),
    row("Claims", "ITextLists", |call| {
        let jwt = this(call)?;
        let values = |claim: &Json| Jwt::values(claim).into_iter().map(Value::from).collect();
        let lists = jwt.claims.iter().map(|(name, claim)| (name.as_str().into(), values(claim))).collect();
        text_lists(call, lists, false)
    }),
];

pub(super) const CREDENTIALS: &[Member] =
    &[row("UserId", "string", super::context::fact), row("Password", "string", super::context::fact)];

pub(super) const AUTHORIZATION: &[Member] = &[
    row("AccessToken", "string", super::context::fact),
    row("Claims", "IReadOnlyDictionary<string, object>", super::context::fact),
];

/// Reads a value into the `out` parameter at this position, and reports whether there is one.
fn tried(call: &mut Call<'_, '_>, out: usize, read: fn(&mut Call<'_, '_>) -> Outcome) -> Outcome {
    let value = read(call)?;
    let found = !value.is_null();
    call.set_out(out, value);
    Ok(Value::Bool(found))
}

fn this(call: &Call<'_, '_>) -> Result<Arc<Jwt>, Failure> {
    if let Value::Jwt(jwt) = &call.receiver { Ok(Arc::clone(jwt)) } else { Err(Failure::null_reference()) }
}

fn as_jwt(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.this_text();
    call.machine.budget.memory(text.len())?;
    Ok(Jwt::parse(&text).map_or(Value::Null, Value::from))
}

/// Reads `Basic base64(user:password)`.
fn as_basic(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.this_text();
    call.machine.budget.memory(text.len())?;
    let scheme = text.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case("basic "));
    let decoded = scheme.and_then(|_| STANDARD.decode(text[6..].trim()).ok());
    let Some(decoded) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Ok(Value::Null) };
    let Some((user, password)) = decoded.split_once(':') else { return Ok(Value::Null) };
    let facts = [("UserId", user.into()), ("Password", password.into())];
    Ok(Value::object(Object::Facts(Class::Credentials, facts.into())))
}

fn text_of(value: Option<&Json>) -> Value {
    value.and_then(Json::as_str).map_or(Value::Null, Value::from)
}

fn header(call: &mut Call<'_, '_>, name: &str) -> Outcome {
    Ok(text_of(this(call)?.header.get(name)))
}

fn claim(call: &mut Call<'_, '_>, name: &str) -> Outcome {
    Ok(text_of(this(call)?.claims.get(name)))
}

/// Returns a claim in seconds since 1970 as a time.
fn time(call: &mut Call<'_, '_>, name: &str) -> Outcome {
    let jwt = this(call)?;
    let seconds = jwt.claims.get(name).and_then(Json::as_i64);
    let ticks = seconds.and_then(|s| s.checked_mul(TICKS_PER_SECOND)).and_then(|t| t.checked_add(UNIX_EPOCH));
    Ok(ticks.and_then(|ticks| DateTime::new(ticks, Zone::Utc)).map_or(Value::Null, Value::DateTime))
}
