//! The built-in roles of <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>, reduced to the
//! actions that local-azure supports.

/// A built-in role.
#[derive(Debug)]
pub(crate) struct Role {
    /// Display name.
    pub name: &'static str,
    /// Operations on resources, such as containers.
    pub(super) actions: &'static [&'static str],
    /// Operations on the data in the resources.
    pub(super) data_actions: &'static [&'static str],
}

pub(super) const ROLES: &[Role] = &[
    Role {
        name: "Key Vault Secrets User",
        actions: &[],
        data_actions: &[
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
    },
    Role {
        name: "Key Vault Reader",
        actions: &[],
        data_actions: &["Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"],
    },
    Role { name: "Key Vault Secrets Officer", actions: &[], data_actions: &["Microsoft.KeyVault/vaults/secrets/*"] },
    Role { name: "Key Vault Administrator", actions: &[], data_actions: &["Microsoft.KeyVault/vaults/*"] },
    Role {
        name: "Key Vault Certificate User",
        actions: &[],
        data_actions: &[
            "Microsoft.KeyVault/vaults/certificates/read",
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            "Microsoft.KeyVault/vaults/keys/read",
        ],
    },
    Role {
        name: "Key Vault Certificates Officer",
        actions: &[],
        data_actions: &[
            "Microsoft.KeyVault/vaults/certificatecas/*",
            "Microsoft.KeyVault/vaults/certificates/*",
            "Microsoft.KeyVault/vaults/certificatecontacts/write",
        ],
    },
    Role {
        name: "Key Vault Crypto Officer",
        actions: &[],
        data_actions: &["Microsoft.KeyVault/vaults/keys/*", "Microsoft.KeyVault/vaults/keyrotationpolicies/*"],
    },
    // These two roles manage vaults, not the content of vaults.
    Role { name: "Key Vault Contributor", actions: &["Microsoft.KeyVault/*"], data_actions: &[] },
    Role {
        name: "Key Vault Purge Operator",
        actions: &[
            "Microsoft.KeyVault/locations/deletedVaults/read",
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
        ],
        data_actions: &[],
    },
    Role {
        name: "Storage Blob Data Reader",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
    },
    Role {
        name: "Storage Blob Data Contributor",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        data_actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
        ],
    },
    Role {
        name: "Storage Blob Data Owner",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/*",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
    },
    Role {
        name: "Storage Blob Delegator",
        actions: &["Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"],
        data_actions: &[],
    },
    Role {
        name: "Cognitive Services OpenAI User",
        actions: &["Microsoft.CognitiveServices/*/read"],
        data_actions: &[
            "Microsoft.CognitiveServices/accounts/OpenAI/*/read",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/completions/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
            // The published list of 2024-12 lacks this action. Live accounts let the role call POST
            // /openai/v1/responses.
            "Microsoft.CognitiveServices/accounts/OpenAI/responses/write",
        ],
    },
    Role {
        name: "Cognitive Services OpenAI Contributor",
        actions: &["Microsoft.CognitiveServices/*/read"],
        data_actions: &["Microsoft.CognitiveServices/accounts/OpenAI/*"],
    },
    Role {
        name: "Cognitive Services User",
        actions: &["Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action"],
        data_actions: &["Microsoft.CognitiveServices/*"],
    },
    Role { name: "Foundry User", actions: &[], data_actions: &["Microsoft.CognitiveServices/*"] },
    // The name of Foundry User until 2026.
    Role { name: "Azure AI User", actions: &[], data_actions: &["Microsoft.CognitiveServices/*"] },
    Role {
        name: "Azure AI Developer",
        actions: &[],
        data_actions: &[
            "Microsoft.CognitiveServices/accounts/OpenAI/*",
            "Microsoft.CognitiveServices/accounts/SpeechServices/*",
            "Microsoft.CognitiveServices/accounts/ContentSafety/*",
        ],
    },
    Role {
        name: "Monitoring Metrics Publisher",
        actions: &["Microsoft.Insights/Register/Action"],
        data_actions: &["Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"],
    },
    // These roles manage resources, not the content of resources.
    Role { name: "Cognitive Services Contributor", actions: &["Microsoft.CognitiveServices/*"], data_actions: &[] },
    Role { name: "Owner", actions: &["*"], data_actions: &[] },
    Role { name: "Contributor", actions: &["*"], data_actions: &[] },
    Role { name: "Reader", actions: &["*/read"], data_actions: &[] },
];
