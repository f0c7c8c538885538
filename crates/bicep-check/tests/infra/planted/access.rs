//! Principals, roles and identities.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 21] = [
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "userAssignedIdentityResourceId: hostIdentity.id",
        to: "userAssignedIdentityResourceId: hostIdentity.clientId",
        found: "infra/modules/function-app.bicep: access: the app deploys as ‹clientId of id-keyless-writer›, which it does not carry: write the id of one that it",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "/packages'",
        to: "/package'",
        found: "infra/modules/function-app.bicep: access: no template makes the container of the package, https://sthost‹uniqueString›.blob.core.windows.net/package",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "AzureWebJobsStorage__clientId: hostIdentity.clientId",
        to: "AzureWebJobsStorage__clientId: hostIdentity.principalId",
        found: "infra/modules/function-app.bicep: access: AzureWebJobsStorage__clientId needs the clientId of an identity that the app carries, not principalId of",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "AzureWebJobsStorage__clientId: hostIdentity.clientId",
        to: "AzureWebJobsStorage__clientId: 12",
        found: "infra/modules/function-app.bicep: access: AzureWebJobsStorage__clientId needs the clientId of an identity that the app carries, not 12",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "hostIdentity: identities.outputs.writer",
        to: "hostIdentity: identities.outputs.reader",
        found: "infra/modules/function-app.bicep: access: id-keyless-reader keeps the state of the host in sthost‹uniqueString›, but is not Storage Blob Data",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "        identities.outputs.writer.id\n",
        to: "",
        found: "infra/main.bicep: access: STORAGE__clientId needs the clientId of an identity that the app carries, not clientId of id-keyless-writer",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "      identityClientId: 'SystemAssigned'\n",
        to: "",
        found: "infra/modules/gateway.bicep: access: a logger without identityClientId uses a key: write identityClientId: 'SystemAssigned'",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "  scope: vault\n  properties: {\n    principalId: readerPrincipalId",
        to: "  properties: {\n    scope: vault.id\n    principalId: readerPrincipalId",
        found: "infra/modules/roles.bicep: access: readerReadsSecrets has no scope, so it holds for the whole group: write scope beside name",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        to: "c1c469a3-0a2d-4bba-b0e1-0eaf1d3d728b",
        found: "infra/modules/roles.bicep: access: c1c469a3-0a2d-4bba-b0e1-0eaf1d3d728b is no built-in role that rules/access.rs knows",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "guid(vault.id, readerPrincipalId, ",
        to: "guid(vault.id, ",
        found: "infra/modules/roles.bicep: access: its name must change with each of the three: write guid(scope.id, principalId, roleId)",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "principalId: gatewayPrincipalId\n    principalType: 'ServicePrincipal'",
        to: "principalId: gatewayPrincipalId",
        found: "infra/modules/roles.bicep: access: without principalType: 'ServicePrincipal' a new identity may not be found",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "'ServicePrincipal'\n    roleDefinitionId",
        to: "'Serviceprincipal'\n    roleDefinitionId",
        found: "infra/modules/roles.bicep: access: without principalType: 'ServicePrincipal' a new identity may not be found",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)",
        to: "roleDefinitionId: roles.keyVaultSecretsOfficer",
        found: "infra/modules/roles.bicep: access: a role is named by its whole ID: write subscriptionResourceId('Microsoft.Authorization/roleDefinitions', …)",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "readerPrincipalId: identities.outputs.reader.principalId",
        to: "readerPrincipalId: identities.outputs.reader.clientId",
        found: "infra/modules/roles.bicep: access: a principal is named by its principalId, not by ‹clientId of id-keyless-reader›",
    },
    Mistake {
        file: "infra/modules/entra.bicep",
        from: "appRoleId: ordersRead.id\n  principalId: callerPrincipalId",
        to: "appRoleId: '00000000-0000-4000-8000-000000000000'\n  principalId: callerPrincipalId",
        found: "infra/modules/entra.bicep: access: no application has an app role with the ID 00000000-0000-4000-8000-000000000000",
    },
    Mistake {
        file: "infra/modules/entra.bicep",
        from: "resourceId: servicePrincipal.id\n}\n\nresource",
        to: "resourceId: application.id\n}\n\nresource",
        found: "infra/modules/entra.bicep: access: resourceId is the id of the API's service principal, not ‹id of application›",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "guid(vault.id, readerPrincipalId",
        to: "guid(vault.id, writerPrincipalId",
        found: "infra/modules/roles.bicep: access: its name must change with each of the three: write guid(scope.id, principalId, roleId)",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "callerPrincipalId: identities.outputs.caller.principalId",
        to: "callerPrincipalId: identities.outputs.caller.id",
        found: "infra/modules/entra.bicep: access: a principal is named by its principalId, not by",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "        identities.outputs.caller.id\n",
        to: "        identities.outputs.caller.clientId\n",
        found: "infra/main.bicep: access: APIM__clientId needs the clientId of an identity that the app carries, not clientId of id-keyless-caller",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "KEYVAULT__clientId: identities.outputs.reader.clientId",
        to: "KEYVAULT__clientId: identities.outputs.reader",
        found: "infra/main.bicep: access: KEYVAULT__clientId needs the clientId of an identity that the app carries, not ",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "toObject(identityIds, id => id, id => {})",
        to: "identityIds",
        found: "infra/modules/function-app.bicep: access: AzureWebJobsStorage__clientId needs the clientId of an identity that the app carries, not clientId of",
    },
];
