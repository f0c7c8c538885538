//! The versions of the Key Vault API.

/// The versions that SDK clients ask for, old and new. The previews are those of beta clients. Source of the stable
/// versions:
/// <https://github.com/Azure/azure-sdk-for-python/blob/main/sdk/keyvault/azure-keyvault-secrets/azure/keyvault/secrets/_shared/client_base.py>
pub(super) const API_VERSIONS: &[&str] = &[
    "2016-10-01",
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "2025-07-01",
    "2026-04-01",
    "7.4-preview.1",
    "7.5-preview.1",
    "7.6-preview.1",
    "7.6-preview.2",
    "2025-06-01-preview",
    "2026-03-01-preview",
];
/// The version that a refusal recommends.
pub(super) const LATEST_API_VERSION: &str = "2026-04-01";
