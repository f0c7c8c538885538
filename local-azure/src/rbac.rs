//! Azure RBAC: built-in roles, and whether one lets an identity do something somewhere.

/// A built-in role.
#[derive(Debug)]
pub struct Role {
    /// Display name.
    pub name: &'static str,
}

impl Role {
    /// The role with this display name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        ROLES.iter().find(|role| role.name == name)
    }

    /// Display names of every role known here.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        ROLES.iter().map(|role| role.name).collect()
    }
}

const ROLES: &[Role] = &[Role { name: "Key Vault Secrets User" }, Role { name: "Storage Blob Data Contributor" }];
