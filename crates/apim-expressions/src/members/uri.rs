//! `System.Uri`.

use std::sync::Arc;

use super::{
    Member,
    encoding::{changed, percent_encode, unescape},
    row,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    system_uri::{SystemUri, UriError},
    value::{CollectionKind, Object, Value},
};

pub(super) const URI: &[Member] = &[
    row("EscapeDataString", "static (string stringToEscape) -> string", |call| {
        call.text(0)?;
        changed(call, |text| {
            percent_encode(text, |byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte), false)
        })
    }),
    row("EscapeUriString", "static (string stringToEscape) -> string", |call| {
        call.text(0)?;
        changed(call, |text| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:/?#[]@!$&'()*+,;=".contains(&byte);
            percent_encode(text, plain, false)
        })
    }),
    row("UnescapeDataString", "static (string stringToUnescape) -> string", |call| {
        call.text(0)?;
        changed(call, unescape)
    }),
    row("CheckSchemeName", "static (string schemeName) -> bool", |call| {
        let name = call.optional_text(0).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        Ok(Value::Bool(name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain)))
    }),
    row("UriSchemeHttp", "static string", |_| Ok("http".into())),
    row("UriSchemeHttps", "static string", |_| Ok("https".into())),
    row("UriSchemeFile", "static string", |_| Ok("file".into())),
    row("UriSchemeFtp", "static string", |_| Ok("ftp".into())),
    row("UriSchemeMailto", "static string", |_| Ok("mailto".into())),
    row("SchemeDelimiter", "static string", |_| Ok("://".into())),
    row("new", "static (string uriString) -> Uri", |call| {
        let text = call.text(0)?;
        call.work(text.len() * 2)?;
        made(call, SystemUri::parse(&text))
    }),
    row("new", "static (Uri baseUri, string relativeUri) -> Uri", |call| {
        let base = uri(call.argument(0)).ok_or_else(|| Failure::argument_null("baseUri"))?;
        let text = call.optional_text(1).unwrap_or_default();
        call.work(text.len() * 2)?;
        made(call, base.join(&text))
    }),
    row("new", "static (Uri baseUri, Uri relativeUri) -> Uri", |call| {
        let found = uri(call.argument(1)).ok_or_else(Failure::null_reference)?;
        Ok(value((*found).clone()))
    }),
    row("TryCreate", "static (Uri baseUri, string relativeUri, out Uri result) -> bool", |call| {
        let text = call.optional_text(1).unwrap_or_default();
        call.work(text.len() * 2)?;
        let found = uri(call.argument(0)).and_then(|base| base.join(&text).ok());
        let made = Value::Bool(found.is_some());
        call.set_out(2, found.map_or(Value::Null, value));
        Ok(made)
    }),
    row("Scheme", "string", |call| this(call, |uri| uri.scheme().into())),
    row("Host", "string", |call| this(call, |uri| uri.host().into())),
    row("DnsSafeHost", "string", |call| this(call, |uri| uri.host().trim_matches(['[', ']']).into())),
    row("Port", "int", |call| this(call, |uri| uri.port().map_or(-1, i32::from).into())),
    row("IsDefaultPort", "bool", |call| this(call, |uri| uri.is_default_port().into())),
    row("IsAbsoluteUri", "bool", |_| Ok(true.into())),
    row("IsFile", "bool", |call| this(call, |uri| (uri.scheme() == "file").into())),
    row("IsUnc", "bool", |call| this(call, |uri| (uri.scheme() == "file" && !uri.host().is_empty()).into())),
    row("IsLoopback", "bool", |call| {
        this(call, |uri| {
            let host = uri.host();
            let local = matches!(host, "localhost" | "loopback" | "[::1]") || host.starts_with("127.");
            (local || uri.scheme() == "file" && host.is_empty()).into()
        })
    }),
    row("AbsolutePath", "string", |call| this(call, |uri| uri.path().into())),
    row("LocalPath", "string", |call| this(call, |uri| unescape(uri.path()).into())),
    row("AbsoluteUri", "string", |call| this(call, |uri| uri.absolute_uri().into())),
    row("OriginalString", "string", |call| this(call, |uri| uri.original().into())),
    row("Query", "string", |call| this(call, |uri| uri.query().into())),
    row("Fragment", "string", |call| this(call, |uri| uri.fragment().into())),
    row("UserInfo", "string", |call| this(call, |uri| uri.user_info().into())),
    row("PathAndQuery", "string", |call| this(call, |uri| uri.path_and_query().into())),
    row("Authority", "string", |call| this(call, |uri| uri.authority_text().into())),
    row("UserEscaped", "bool", |_| Ok(false.into())),
    row("Segments", "string[]", |call| {
        let segments = uri(&call.receiver).ok_or_else(Failure::null_reference)?.segments();
        call.new_texts(CollectionKind::Array, segments)
    }),
    row("IsBaseOf", "(Uri uri) -> bool", |call| {
        let other = uri(call.argument(0)).ok_or_else(|| Failure::argument_null("uri"))?;
        this(call, |uri| {
            let folder = uri.path().rfind('/').map_or("", |slash| &uri.path()[..=slash]);
            let same = uri.origin(uri.authority_text()) == other.origin(other.authority_text());
            (same && other.path().starts_with(folder)).into()
        })
    }),
    row("GetLeftPart", "(UriPartial part) -> string", |call| {
        let part = call.flags(0);
        this(call, |uri| left_part(uri, part).into())
    }),
];

fn left_part(uri: &SystemUri, part: i32) -> String {
    let delimiter = if uri.has_authority() { "://" } else { ":" };
    let authority = format!("{}{delimiter}{}", uri.scheme(), uri.with_user());
    match part {
        0 => format!("{}{delimiter}", uri.scheme()),
        1 if uri.has_authority() => authority,
        1 => String::new(),
        2 => format!("{authority}{}", uri.path()),
        _ => format!("{authority}{}{}", uri.path(), uri.query()),
    }
}

pub(super) fn value(uri: SystemUri) -> Value {
    Value::object(Object::Uri(Arc::new(uri)))
}

fn uri(value: &Value) -> Option<Arc<SystemUri>> {
    if let Some(Object::Uri(uri)) = value.as_object() { Some(Arc::clone(uri)) } else { None }
}

pub(super) fn made(call: &mut Call<'_, '_>, uri: Result<SystemUri, UriError>) -> Outcome {
    let uri = uri.map_err(|error| Failure::uri_format(error.to_string()))?;
    call.machine.budget.memory(uri.original().len() * 4)?;
    Ok(value(uri))
}

fn this(call: &Call<'_, '_>, read: impl FnOnce(&SystemUri) -> Value) -> Outcome {
    uri(&call.receiver).map(|uri| read(&uri)).ok_or_else(Failure::null_reference)
}
