//! Who signed the token: discovery, configured keys, and the order in which they are tried.

use super::{Rules, ValidateJwt, refusal::Refusal};
use crate::{
    outside::Outside,
    token::{self, OpenIdCache, SignedJwt, SigningKey},
};

impl ValidateJwt {
    /// Checks the signature; gives the issuers that the discovery documents publish.
    ///
    /// A key that the token names by its ID decides alone; when none has that ID, every key is tried, as the
    /// documentation says of `issuer-signing-keys`.
    pub(super) async fn verify_signature<O: Outside>(
        &self,
        token: &SignedJwt,
        rules: &Rules,
        cache: &OpenIdCache,
        outside: &O,
    ) -> Result<Vec<String>, Refusal> {
        let key_id = token.jwt.key_id.as_deref();
        // A configured key that has the ID spares looking for it at the issuer.
        let wanted = key_id.filter(|id| !self.keys.iter().any(|key| key.id.as_deref() == Some(id)));
        let mut providers = Vec::new();
        for url in &rules.open_id {
            providers.push(cache.provider(url, wanted, outside).await.map_err(Refusal::Discovery)?);
        }
        let issuers = providers.iter().map(|provider| provider.issuer.clone()).collect();
        if token.jwt.algorithm == "none" {
            let unsigned_is_fine = !rules.require_signed && token.signature.is_empty();
            return if unsigned_is_fine { Ok(issuers) } else { Err(Refusal::Unsigned) };
        }
        let keys = self.keys.iter().chain(providers.iter().flat_map(|provider| &provider.keys));
        try_keys(token, &keys.collect::<Vec<_>>())?;
        Ok(issuers)
    }
}

fn try_keys(token: &SignedJwt, keys: &[&SigningKey]) -> Result<(), Refusal> {
    let name = &token.jwt.algorithm;
    let algorithm = token::algorithm(name).ok_or_else(|| Refusal::Algorithm(name.clone()))?;
    let key_id = token.jwt.key_id.clone();
    let named: Vec<_> = keys.iter().filter(|key| key_id.is_some() && key.id == key_id).copied().collect();
    let tried = if named.is_empty() { keys } else { &named };
    if tried.iter().any(|key| key.verifies(token, algorithm)) {
        return Ok(());
    }
    Err(match key_id {
        _ if keys.is_empty() => Refusal::NoKeys,
        Some(id) if named.is_empty() => Refusal::UnknownKey(id),
        Some(id) => Refusal::Signature(id),
        None => Refusal::SignatureWithoutKeyId,
    })
}
