//! What an API Management service defines besides its policy documents, which refer to it by name.

use std::collections::BTreeMap;

/// Named values, fragments and backends. A document that names something else is refused, as on upload.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Named values by display name; `{{name}}` is replaced by the text, which may be secret.
    pub named_values: BTreeMap<String, String>,
    /// The texts of fragment files by their identifier.
    pub fragments: BTreeMap<String, String>,
    /// Backends by identifier.
    pub backends: BTreeMap<String, Backend>,
}

/// A backend entity (learn.microsoft.com/azure/api-management/backends).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Where requests go, without the operation's path.
    pub url: url::Url,
}
