//! A storage account.

use std::sync::Arc;

use url::Url;

use super::{delegation_secret::DelegationSecret, store::Store};
use crate::issuer::Entra;

/// A running storage account.
pub(crate) struct Account {
    pub(super) entra: Arc<Entra>,
    pub(super) name: String,
    pub(super) store: Arc<Store>,
    pub(super) delegation_secret: DelegationSecret,
}

impl Account {
    pub(super) fn host(&self) -> String {
        format!("{}.blob.core.windows.net", self.name)
    }

    /// The account's URL, as lists name it.
    pub(super) fn endpoint(&self) -> String {
        format!("https://{}/", self.host())
    }

    pub(super) fn blob_url(&self, container: &str, name: &str) -> Option<String> {
        let mut url = Url::parse(&self.endpoint()).ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().push(container).extend(name.split('/'));
        Some(url.into())
    }
}
