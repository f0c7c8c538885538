//! The objects that a URL of Microsoft Graph names.

use std::fmt;

use url::form_urlencoded;
use uuid::Uuid;

use super::error::GraphError;
use crate::issuer::ServicePrincipal;

/// The root of every URL.
pub(super) const ROOT: &str = "https://graph.microsoft.com/v1.0";

/// A parsed path.
#[derive(Debug)]
pub(super) struct Path {
    /// The decoded path, for refusals.
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

/// The part of the collection that a path names.
#[derive(Debug)]
pub(super) enum Target {
    Collection,
    Object(Key),
    Assignments(Key, Direction),
    Assignment(Key, Direction, String),
}

/// The key that names one object.
#[derive(Debug)]
pub(super) enum Key {
    ObjectId(Uuid),
    AppId(Uuid),
}

/// The direction of assignments: from the API's or the holder's side.
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

    /// Reports whether the collection holds this principal. Managed identities and Microsoft's own APIs have no
    /// application here.
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

/// Reads `appId='…')`.
fn alternate_key(text: &str) -> Option<Key> {
    let id = text.strip_prefix("appId='")?.strip_suffix("')")?;
    Uuid::parse_str(id).ok().map(Key::AppId)
}

fn decoded(path: &str) -> String {
    // A path is decoded like the name of a form field, except that a plus sign stays a plus sign.
    let form = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(form.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
