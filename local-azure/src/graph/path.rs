//! What a URL of Microsoft Graph names.

use std::fmt;

use url::form_urlencoded;
use uuid::Uuid;

use super::error::GraphError;
use crate::issuer::ServicePrincipal;

/// Root of every URL.
pub(super) const ROOT: &str = "https://graph.microsoft.com/v1.0";

/// A path that is understood.
#[derive(Debug)]
pub(super) struct Path {
    /// Decoded, for refusals.
    pub(super) text: String,
    pub(super) collection: Collection,
    pub(super) target: Target,
}

/// A collection of directory objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    ServicePrincipals,
    Applications,
}

/// What of the collection.
#[derive(Debug)]
pub(super) enum Target {
    Collection,
    Object(Key),
    Assignments(Key, Direction),
    Assignment(Key, Direction, String),
}

/// How one object is named.
#[derive(Debug)]
pub(super) enum Key {
    ObjectId(Uuid),
    AppId(Uuid),
}

/// From which side assignments are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// `appRoleAssignedTo`: the object is the API.
    OfApi,
    /// `appRoleAssignments`: the object holds the roles.
    OfHolder,
}

impl Collection {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ServicePrincipals => "servicePrincipals",
            Self::Applications => "applications",
        }
    }

    /// Whether it holds this one: managed identities and Microsoft's own APIs have no application here.
    pub(super) fn has(self, principal: &ServicePrincipal) -> bool {
        self == Self::ServicePrincipals || principal.has_application()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectId(id) | Self::AppId(id) => write!(f, "{id}"),
        }
    }
}

impl Path {
    /// Reads a path; quotation marks and parentheses may be percent-encoded.
    pub(super) fn parse(path: &str) -> Result<Self, GraphError> {
        let text = decoded(path);
        let unknown = || GraphError::bad_request(format!("local-azure does not serve {text} of Microsoft Graph"));
        let mut segments = text.strip_prefix("/v1.0/").ok_or_else(unknown)?.split('/');
        let first = segments.next().ok_or_else(unknown)?;
        let (name, alternate_key) = match first.split_once('(') {
            Some((name, key)) => (name, Some(alternate_key(key).ok_or_else(unknown)?)),
            None => (first, None),
        };
        let collection = match name {
            "servicePrincipals" => Collection::ServicePrincipals,
            "applications" => Collection::Applications,
            _ => return Err(unknown()),
        };
        let key = match alternate_key {
            Some(key) => Some(key),
            None => match segments.next() {
                Some(id) => Some(Key::ObjectId(Uuid::parse_str(id).map_err(|_| GraphError::NotFound(id.to_owned()))?)),
                None => None,
            },
        };
        let direction = |name| match name {
            "appRoleAssignedTo" => Some(Direction::OfApi),
            "appRoleAssignments" => Some(Direction::OfHolder),
            _ => None,
        };
        let target = match (key, segments.next(), segments.next(), segments.next()) {
            (None, None, ..) => Target::Collection,
            (Some(key), None, ..) => Target::Object(key),
            (Some(key), Some(name), id, None) if collection == Collection::ServicePrincipals => {
                let direction = direction(name).ok_or_else(unknown)?;
                match id {
                    None => Target::Assignments(key, direction),
                    Some(id) => Target::Assignment(key, direction, id.to_owned()),
                }
            }
            _ => return Err(unknown()),
        };
        Ok(Self { collection, target, text })
    }
}

/// `appId='…')`.
fn alternate_key(text: &str) -> Option<Key> {
    let id = text.strip_prefix("appId='")?.strip_suffix("')")?;
    Uuid::parse_str(id).ok().map(Key::AppId)
}

fn decoded(path: &str) -> String {
    // A path is decoded like a form's name, except that a plus sign means itself.
    let form = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(form.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
