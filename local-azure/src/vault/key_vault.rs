//! The state of a running Key Vault.

use std::sync::Arc;

use super::vaults::Vaults;
use crate::issuer::Entra;

/// The vaults of a run, and the tenant whose tokens give access to them.
pub(crate) struct KeyVault {
    pub(crate) entra: Arc<Entra>,
    pub(crate) vaults: Vaults,
}
