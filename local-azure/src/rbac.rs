//! Azure RBAC: the built-in roles, and the check whether a role assignment allows an identity's action at a scope.

mod built_in;

use uuid::Uuid;

use self::built_in::ROLES;
pub(crate) use self::built_in::Role;
use crate::{
    fault::{self, FaultKind},
    journal::{Demand, DemandKind},
    seed::{RoleAssignment, Scope, Seed},
};

/// An operation that a service can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    GetSecret,
    SetSecret,
    UpdateSecret,
    DeleteSecret,
    /// Lists secrets, and shows a secret without its value.
    ReadSecretMetadata,
    BackupSecret,
    RestoreSecret,
    RecoverSecret,
    PurgeSecret,
    ReadContainer,
    WriteContainer,
    DeleteContainer,
    GetUserDelegationKey,
    ReadBlob,
    WriteBlob,
    DeleteBlob,
    ReadBlobTags,
    WriteBlobTags,
    /// Finds blobs by their tags.
    FilterBlobs,
    DeleteBlobVersion,
    /// Reads the properties of an account's Blob service.
    ReadBlobService,
    GetAccountInformation,
    CreateChatCompletion,
    CreateEmbeddings,
    WriteResponse,
    ReadResponse,
    ReadModels,
    AnalyzeText,
    /// Sends traces, logs and metrics.
    IngestTelemetry,
}

/// The object of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    Vault { vault: &'a str },
    Secret { vault: &'a str, name: &'a str },
    Account { name: &'a str },
    Container { account: &'a str, name: &'a str },
    ModelAccount { name: &'a str },
    DataCollectionRule { name: &'a str },
}

impl Role {
    /// The role with this display name.
    #[must_use]
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        ROLES.iter().find(|role| role.name == name)
    }

    /// Returns the display names of all known roles.
    #[must_use]
    pub(crate) fn names() -> Vec<&'static str> {
        ROLES.iter().map(|role| role.name).collect()
    }

    fn permits(&self, operation: Operation) -> bool {
        let granted = if operation.is_about_data() { self.data_actions } else { self.actions };
        granted.iter().any(|pattern| matches(pattern, operation.action()))
    }
}

impl Operation {
    /// Returns the action's name, as refusals show it.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::GetSecret => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            Self::SetSecret => "Microsoft.KeyVault/vaults/secrets/setSecret/action",
            Self::UpdateSecret => "Microsoft.KeyVault/vaults/secrets/update/action",
            Self::DeleteSecret => "Microsoft.KeyVault/vaults/secrets/delete",
            Self::ReadSecretMetadata => "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            Self::BackupSecret => "Microsoft.KeyVault/vaults/secrets/backup/action",
            Self::RestoreSecret => "Microsoft.KeyVault/vaults/secrets/restore/action",
            Self::RecoverSecret => "Microsoft.KeyVault/vaults/secrets/recover/action",
            Self::PurgeSecret => "Microsoft.KeyVault/vaults/secrets/purge/action",
            Self::ReadContainer => "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            Self::WriteContainer => "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            Self::DeleteContainer => "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            Self::GetUserDelegationKey => {
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
            }
            Self::ReadBlob => "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            Self::WriteBlob => "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            Self::DeleteBlob => "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            Self::ReadBlobTags => "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read",
            Self::WriteBlobTags => "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write",
            Self::FilterBlobs => "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/filter/action",
            Self::DeleteBlobVersion => {
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/deleteBlobVersion/action"
            }
            Self::ReadBlobService => "Microsoft.Storage/storageAccounts/blobServices/read",
            Self::GetAccountInformation => "Microsoft.Storage/storageAccounts/blobServices/getInfo/action",
            Self::CreateChatCompletion => {
                "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
            }
            Self::CreateEmbeddings => "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
            Self::WriteResponse => "Microsoft.CognitiveServices/accounts/OpenAI/responses/write",
            Self::ReadResponse => "Microsoft.CognitiveServices/accounts/OpenAI/responses/read",
            Self::ReadModels => "Microsoft.CognitiveServices/accounts/OpenAI/models/read",
            // The documentation does not give the action's own name. Every role that has an action of ContentSafety has
            // all of them.
            Self::AnalyzeText => "Microsoft.CognitiveServices/accounts/ContentSafety/text:analyze/action",
            Self::IngestTelemetry => "Microsoft.Insights/Telemetry/Write",
        }
    }

    /// Reports whether the operation is about data. Containers are resources; their content is data.
    const fn is_about_data(self) -> bool {
        !matches!(
            self,
            Self::ReadContainer
                | Self::WriteContainer
                | Self::DeleteContainer
                | Self::GetUserDelegationKey
                | Self::ReadBlobService
                | Self::GetAccountInformation
        )
    }
}

impl Target<'_> {
    /// Returns the narrowest scope that holds the target.
    pub(crate) fn scope(&self) -> Scope {
        let some = |name: &str| Some(name.to_owned());
        match self {
            Self::Vault { vault } => Scope { vault: some(vault), ..Scope::default() },
            Self::Secret { vault, name } => Scope { vault: some(vault), secret: some(name), ..Scope::default() },
            Self::Account { name } => Scope { storage: some(name), ..Scope::default() },
            Self::Container { account, name } => {
                Scope { storage: some(account), container: some(name), ..Scope::default() }
            }
            Self::ModelAccount { name } => Scope { model_account: some(name), ..Scope::default() },
            Self::DataCollectionRule { name } => Scope { data_collection_rule: some(name), ..Scope::default() },
        }
    }

    /// Reports whether the scope holds the target. A vault holds its secrets, an account its containers.
    fn is_within(&self, scope: &Scope) -> bool {
        let same =
            |scope: &Option<String>, name: &str| scope.as_ref().is_some_and(|scope| scope.eq_ignore_ascii_case(name));
        match self {
            Self::Vault { vault } => same(&scope.vault, vault) && scope.secret.is_none(),
            Self::Secret { vault, name } => {
                same(&scope.vault, vault) && (scope.secret.is_none() || same(&scope.secret, name))
            }
            Self::Account { name } => same(&scope.storage, name) && scope.container.is_none(),
            Self::Container { account, name } => {
                same(&scope.storage, account) && (scope.container.is_none() || same(&scope.container, name))
            }
            Self::ModelAccount { name } => same(&scope.model_account, name),
            Self::DataCollectionRule { name } => same(&scope.data_collection_rule, name),
        }
    }
}

/// Returns the role assignment that lets a principal do this operation, if there is one.
pub(crate) fn allowed<'a>(
    seed: &'a Seed,
    principal_id: Uuid,
    operation: Operation,
    target: &Target<'_>,
) -> Option<&'a RoleAssignment> {
    if fault::strikes(FaultKind::RoleRemoved) || fault::strikes(FaultKind::RoleNotPropagated) {
        return None;
    }
    let principal = seed.principal_name(principal_id)?;
    seed.role_assignments.iter().find(|assignment| {
        assignment.identity == principal
            && target.is_within(&assignment.scope)
            && Role::by_name(&assignment.role).is_some_and(|role| role.permits(operation))
    })
}

/// Describes the demand of [`allowed`] beside the principal's roles, for the journal.
pub(crate) fn demand(
    seed: &Seed,
    principal_id: Uuid,
    operation: Operation,
    target: &Target<'_>,
    assignment: Option<&RoleAssignment>,
) -> Demand {
    let place = place(&target.scope());
    let roles = ROLES.iter().filter(|role| role.permits(operation)).map(|role| format!("{} on {place}", role.name));
    let principal = seed.principal_name(principal_id);
    let held = seed.role_assignments.iter().filter(|one| Some(one.identity.as_str()) == principal).map(describe);
    let held: Vec<String> = held.collect();
    let held = if held.is_empty() { "no role assignment".to_owned() } else { held.join(", ") };
    Demand::new(DemandKind::Role, roles).found(Some(assignment.map_or(held, describe))).met(assignment.is_some())
}

fn place(scope: &Scope) -> String {
    let Scope { vault, secret, storage, container, model_account, data_collection_rule } = scope;
    let parts = [vault, secret, storage, container, model_account, data_collection_rule];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
}

/// Describes an assignment, such as `Key Vault Secrets User on kv-keyless`.
pub(crate) fn describe(RoleAssignment { role, scope, .. }: &RoleAssignment) -> String {
    format!("{role} on {}", place(scope))
}

/// Reports whether a pattern covers an action. `*` stands for any text, slashes included.
fn matches(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((start, rest)) => action
            .strip_prefix(start)
            .is_some_and(|tail| (0..=tail.len()).any(|from| tail.get(from..).is_some_and(|tail| matches(rest, tail)))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation::*, *};
    use crate::default_world::{identity, world, world_where};

    const ALL: [Operation; 29] = [
        GetSecret,
        SetSecret,
        UpdateSecret,
        DeleteSecret,
        ReadSecretMetadata,
        BackupSecret,
        RestoreSecret,
        RecoverSecret,
        PurgeSecret,
        ReadContainer,
        WriteContainer,
        DeleteContainer,
        GetUserDelegationKey,
        ReadBlob,
        WriteBlob,
        DeleteBlob,
        ReadBlobTags,
        WriteBlobTags,
        FilterBlobs,
        DeleteBlobVersion,
        ReadBlobService,
        GetAccountInformation,
        CreateChatCompletion,
        CreateEmbeddings,
        WriteResponse,
        ReadResponse,
        ReadModels,
        AnalyzeText,
        IngestTelemetry,
    ];

    /// The operations on accounts and containers themselves, not on their data.
    const CONTROL: [Operation; 6] =
        [ReadContainer, WriteContainer, DeleteContainer, GetUserDelegationKey, ReadBlobService, GetAccountInformation];

    #[test]
    fn each_role_permits_its_operations_and_no_other() {
        let permitted: &[(&str, &[Operation])] = &[
            ("Key Vault Secrets User", &[GetSecret, ReadSecretMetadata]),
            ("Key Vault Reader", &[ReadSecretMetadata]),
            ("Key Vault Secrets Officer", &ALL[..9]),
            ("Key Vault Administrator", &ALL[..9]),
            ("Key Vault Certificate User", &[GetSecret, ReadSecretMetadata]),
            ("Key Vault Certificates Officer", &[]),
            ("Key Vault Crypto Officer", &[]),
            ("Key Vault Contributor", &[]),
            ("Key Vault Purge Operator", &[]),
            ("Storage Blob Data Reader", &[ReadContainer, GetUserDelegationKey, ReadBlob]),
            ("Storage Blob Data Contributor", &ALL[9..16]),
            ("Storage Blob Data Owner", &ALL[9..20]),
            ("Storage Blob Delegator", &[GetUserDelegationKey]),
            ("Cognitive Services OpenAI User", &ALL[22..27]),
            ("Cognitive Services OpenAI Contributor", &ALL[22..27]),
            ("Cognitive Services User", &ALL[22..28]),
            ("Foundry User", &ALL[22..28]),
            ("Azure AI User", &ALL[22..28]),
            ("Azure AI Developer", &ALL[22..28]),
            ("Monitoring Metrics Publisher", &[IngestTelemetry]),
            ("Cognitive Services Contributor", &[]),
            ("Owner", &CONTROL),
            ("Contributor", &CONTROL),
            ("Reader", &[ReadContainer, ReadBlobService]),
        ];
        assert_eq!(permitted.iter().map(|(name, _)| *name).collect::<Vec<_>>(), Role::names());
        for (name, expected) in permitted {
            let role = Role::by_name(name).unwrap();
            let actual: Vec<Operation> = ALL.into_iter().filter(|operation| role.permits(*operation)).collect();
            assert_eq!(actual, *expected, "{name}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, action, covered) in [
            ("a/*", "a/b/c", true),
            ("a/*", "ab/c", false),
            ("a/*/read", "a/b/c/read", true),
            ("a/*/read", "a/b/reader", false),
            ("a/read", "a/read/action", false),
            ("*", "a", true),
        ] {
            assert_eq!(matches(pattern, action), covered, "{pattern} and {action}");
        }
    }

    #[test]
    fn a_role_holds_within_its_scope() {
        let whole_account = world_where(|seed| seed.role_assignments[1].scope.container = None);
        let writer = identity(&whole_account, "id-keyless-writer").principal_id;
        let allowed_in = |seed: &Seed, account: &str, name: &str| {
            allowed(seed, writer, WriteBlob, &Target::Container { account, name }).map(describe)
        };
        let seed = &whole_account.seed;
        assert_eq!(allowed_in(seed, "stkeyless", "any").as_deref(), Some("Storage Blob Data Contributor on stkeyless"));
        assert_eq!(allowed_in(seed, "another", "any"), None);
        let seed = &world().seed;
        assert_eq!(
            allowed_in(seed, "stkeyless", "snapshots").as_deref(),
            Some("Storage Blob Data Contributor on stkeyless/snapshots")
        );
        assert_eq!(allowed_in(seed, "stkeyless", "any"), None);
    }

    #[test]
    fn a_role_serves_only_the_identity_it_is_assigned_to() {
        let world = world();
        let target = Target::Secret { vault: "KV-keyless", name: "anything" };
        let allowed = |principal| allowed(&world.seed, principal, GetSecret, &target).is_some();
        assert!(allowed(identity(&world, "id-keyless-reader").principal_id));
        assert!(!allowed(identity(&world, "id-keyless-writer").principal_id));
        assert!(!allowed(identity(&world, "id-keyless-reader").client_id), "a client ID is not a principal ID");
    }
}
