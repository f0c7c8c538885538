//! The tenant of a run: its data from the seed, and its current keys and directory.

use std::sync::Arc;

use super::{Directory, KeyError, SigningKeys, WorkloadIssuer};
use crate::seed::Seed;

/// Entra ID. Services verify tokens with it; the identity endpoint and the gateway's own identities get tokens from it.
pub(crate) struct Entra {
    pub(crate) seed: Arc<Seed>,
    pub(crate) signing_keys: SigningKeys,
    pub(crate) directory: Directory,
    /// The issuer of workload tokens, if the seed has one.
    pub(crate) workload: Option<WorkloadIssuer>,
}

impl Entra {
    /// Creates a tenant with new keys.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub(crate) fn new(seed: Arc<Seed>) -> Result<Self, KeyError> {
        Ok(Self {
            signing_keys: SigningKeys::generate()?,
            directory: Directory::new(&seed),
            workload: seed.workload_identity.clone().map(WorkloadIssuer::new).transpose()?,
            seed,
        })
    }
}
