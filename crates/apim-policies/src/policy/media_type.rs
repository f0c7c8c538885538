//! Reads the type of a body from its content type.

use http::HeaderValue;

/// Returns the media type of a header, in small letters and without parameters.
pub(super) fn of(content_type: Option<&HeaderValue>) -> Option<String> {
    let text = content_type?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Reports whether the type is `application/json`, `text/json`, or another kind of JSON, as `application/problem+json`.
pub(super) fn is_json(media_type: &str) -> bool {
    matches!(media_type, "application/json" | "text/json") || media_type.ends_with("+json")
}

/// Reports whether the type is `application/xml`, `text/xml`, or another kind of XML, as `application/soap+xml`.
pub(super) fn is_xml(media_type: &str) -> bool {
    matches!(media_type, "application/xml" | "text/xml") || media_type.ends_with("+xml")
}
