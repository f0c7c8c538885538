//! The object that a path names.

use super::{
    error::GraphError,
    path::{Collection, Key},
    representation,
};
use crate::issuer::{Entra, ServicePrincipal};

/// Returns the service principal, or the application, with a key.
pub(super) fn find<'w>(
    entra: &'w Entra,
    collection: Collection,
    key: &Key,
) -> Result<&'w ServicePrincipal, GraphError> {
    let is_it = |one: &&ServicePrincipal| match key {
        Key::AppId(id) => one.app_id == *id,
        Key::ObjectId(id) => representation::object_id(entra, collection, one) == *id,
    };
    let mut objects = entra.directory.principals().iter().filter(|one| collection.has(one));
    objects.find(is_it).ok_or_else(|| GraphError::NotFound(key.to_string()))
}
