//! The common part of `json-to-xml` and `xml-to-json`: the conditions of a conversion, and the changes after it.

use bytes::Bytes;
use http::{HeaderValue, header};

use super::{media_type, prelude::*};

/// The conditions of a conversion.
#[derive(Debug)]
pub(super) struct Conversion {
    apply: Setting<Apply>,
    /// Converts only for a caller that asks for the new type.
    considers_accept: Option<Setting<bool>>,
}

/// The attribute `apply`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apply {
    Always,
    ContentTypeJson,
    ContentTypeXml,
}

/// The old and the new format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    JsonToXml,
    XmlToJson,
}

words! {
    Apply, "always, or content-type-json in json-to-xml and content-type-xml in xml-to-json";
    "always" => Always;
    "content-type-json" => ContentTypeJson;
    "content-type-xml" => ContentTypeXml;
}

impl Direction {
    fn content_type(self) -> &'static str {
        match self {
            Self::JsonToXml => "application/xml",
            Self::XmlToJson => "application/json",
        }
    }

    /// Reports whether `apply` may have this value here.
    fn takes(self, apply: Apply) -> bool {
        match apply {
            Apply::Always => true,
            Apply::ContentTypeJson => self == Self::JsonToXml,
            Apply::ContentTypeXml => self == Self::XmlToJson,
        }
    }

    /// Reports whether a body of this type is converted.
    fn converts(self, media_type: &str) -> bool {
        match self {
            Self::JsonToXml => media_type::is_json(media_type),
            Self::XmlToJson => media_type::is_xml(media_type),
        }
    }

    /// Reports whether an `Accept` header asks for the new type by name.
    fn is_asked_for(self, accept: &str) -> bool {
        accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()).any(
            |range| match self {
                Self::JsonToXml => media_type::is_xml(&range),
                Self::XmlToJson => media_type::is_json(&range),
            },
        )
    }
}

impl Conversion {
    pub(super) const ATTRIBUTES: [&str; 3] = ["id", "apply", "consider-accept-header"];

    pub(super) fn load(element: &Element<'_>, direction: Direction, problems: &mut Problems) -> Option<Self> {
        let considers_accept = element.setting("consider-accept-header", problems);
        let apply = element.required_setting("apply", problems)?;
        if matches!(&apply, Setting::Literal(apply) if !direction.takes(*apply)) {
            element.bad_value("apply", Apply::EXPECTED, problems);
        }
        Some(Self { apply, considers_accept })
    }

    /// Returns the body if it must be converted.
    pub(super) async fn body<O: Outside>(
        &self,
        direction: Direction,
        run: &mut Run<'_, O>,
    ) -> Result<Option<Bytes>, Failure> {
        let apply = run.get(&self.apply).await?;
        if !direction.takes(apply) {
            return Err(Failure::expression(&format!("apply must be {}.", Apply::EXPECTED)));
        }
        let considers_accept = run.get_any(self.considers_accept.as_ref()).await?.unwrap_or(true);
        let accept = run.context.request.headers.get_all(header::ACCEPT).iter();
        let is_asked_for = accept.filter_map(|value| value.to_str().ok()).any(|accept| direction.is_asked_for(accept));
        if considers_accept && !is_asked_for {
            run.trace(|| format!("the caller does not ask for {}", direction.content_type()));
            return Ok(None);
        }
        let media_type = media_type::of(run.headers().get(header::CONTENT_TYPE));
        if apply != Apply::Always && !media_type.as_deref().is_some_and(|media_type| direction.converts(media_type)) {
            run.trace(|| "the content type is not one to convert".to_owned());
            return Ok(None);
        }
        Ok(Some(run.body().await?).filter(|body| !body.trim_ascii().is_empty()))
    }

    /// Replaces the body with the converted one.
    pub(super) fn replace<O: Outside>(direction: Direction, body: String, run: &mut Run<'_, O>) {
        run.trace(|| format!("{} bytes of {}", body.len(), direction.content_type()));
        run.set_body(body.into());
        run.headers().insert(header::CONTENT_TYPE, HeaderValue::from_static(direction.content_type()));
    }
}
