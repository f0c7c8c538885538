//! What lives as long as the gateway, for all of its requests.

use crate::token::OpenIdCache;

/// Shared by all requests of a gateway. Kept in memory alone: a gateway that starts knows nothing.
#[derive(Debug, Default)]
pub struct State {
    /// Discovery documents and keys of token issuers.
    pub(crate) open_id: OpenIdCache,
}
