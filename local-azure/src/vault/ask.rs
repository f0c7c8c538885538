//! The operation of a request to a vault, by its method and path.

use http::Method;

use super::{refusal::VaultRefusal, secret::Which};
use crate::rbac::Operation;

/// One of Key Vault's operations on secrets, with the secret's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretRequest<'a> {
    Get(&'a str, Which<'a>),
    Set(&'a str),
    Update(&'a str, Which<'a>),
    Delete(&'a str),
    List,
    ListVersions(&'a str),
    Backup(&'a str),
    Restore,
    ListDeleted,
    GetDeleted(&'a str),
    Recover(&'a str),
    Purge(&'a str),
}

impl<'a> SecretRequest<'a> {
    /// Finds the operation of a request. Clients write the latest version as a slash after the name.
    ///
    /// `Err` means a path or a method that secrets do not have.
    pub(super) fn from_path(method: &Method, path: &'a str) -> Result<Self, VaultRefusal> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<&str> = path.split('/').collect();
        let (is_get, is_post) = (method == Method::GET, method == Method::POST);
        let ask = match segments.as_slice() {
            ["secrets"] if is_get => Self::List,
            ["secrets", "restore"] if is_post => Self::Restore,
            ["secrets", name] => match *method {
                Method::GET => Self::Get(name, Which::Latest),
                Method::PUT => Self::Set(name),
                Method::PATCH => Self::Update(name, Which::Latest),
                Method::DELETE => Self::Delete(name),
                _ => return Err(VaultRefusal::MethodNotAllowed(method.clone())),
            },
            ["secrets", name, "versions"] if is_get => Self::ListVersions(name),
            ["secrets", name, "backup"] if is_post => Self::Backup(name),
            ["secrets", name, version] if is_get => Self::Get(name, Which::Exactly(version)),
            ["secrets", name, version] if *method == Method::PATCH => Self::Update(name, Which::Exactly(version)),
            ["deletedsecrets"] if is_get => Self::ListDeleted,
            ["deletedsecrets", name] if is_get => Self::GetDeleted(name),
            ["deletedsecrets", name] if *method == Method::DELETE => Self::Purge(name),
            ["deletedsecrets", name, "recover"] if is_post => Self::Recover(name),
            ["secrets"]
            | ["secrets", _, _]
            | ["deletedsecrets"]
            | ["deletedsecrets", _]
            | ["deletedsecrets", _, "recover"] => return Err(VaultRefusal::MethodNotAllowed(method.clone())),
            _ => return Err(VaultRefusal::Unsupported(format!("{method} /{path}"))),
        };
        Ok(ask)
    }

    /// Returns the secret's name; `None` for an operation on the vault.
    pub(super) const fn name(&self) -> Option<&'a str> {
        match self {
            Self::Get(name, _)
            | Self::Set(name)
            | Self::Update(name, _)
            | Self::Delete(name)
            | Self::ListVersions(name)
            | Self::Backup(name)
            | Self::GetDeleted(name)
            | Self::Recover(name)
            | Self::Purge(name) => Some(name),
            Self::List | Self::Restore | Self::ListDeleted => None,
        }
    }

    /// Returns the operation's name in RBAC:
    /// <https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault>.
    ///
    /// The documentation does not say that reading a deleted secret is `readMetadata`. This is derived: the answer has
    /// no value.
    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::Get(..) => Operation::GetSecret,
            Self::Set(_) => Operation::SetSecret,
            Self::Update(..) => Operation::UpdateSecret,
            Self::Delete(_) => Operation::DeleteSecret,
            Self::List | Self::ListVersions(_) | Self::ListDeleted | Self::GetDeleted(_) => {
                Operation::ReadSecretMetadata
            }
            Self::Backup(_) => Operation::BackupSecret,
            Self::Restore => Operation::RestoreSecret,
            Self::Recover(_) => Operation::RecoverSecret,
            Self::Purge(_) => Operation::PurgeSecret,
        }
    }

    /// Reports whether the answer has pages.
    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Self::List | Self::ListVersions(_) | Self::ListDeleted)
    }
}
