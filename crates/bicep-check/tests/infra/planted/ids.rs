//! IDs of other resources, parents, networks.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 22] = [
    Mistake {
        file: "infra/modules/storage.bicep",
        from: "    parent: blobService\n",
        to: "    parent: account\n",
        found: "infra/modules/storage.bicep: ids: the parent of container is a Microsoft.Storage/storageAccounts/blobServices, not a",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "type: 'UserAssigned'\n",
        to: "type: 'SystemAssigned'\n",
        found: "infra/modules/function-app.bicep: ids: identity.type is SystemAssigned, and userAssignedIdentities lists some",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "serverFarmId: plan.id",
        to: "serverFarmId: plan.name",
        found: "infra/modules/function-app.bicep: ids: properties.serverFarmId takes the ID of a deployed Microsoft.Web/serverfarms, not",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "type: 'SystemAssigned'",
        to: "type: 'None'",
        found: "infra/modules/gateway.bicep: ids: a role takes the principalId of apim-keyless-‹uniqueString›, so write type: 'SystemAssigned'",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "loggerId: logger.id",
        to: "loggerId: logger.name",
        found: "infra/modules/gateway.bicep: ids: properties.loggerId takes the ID of a deployed Microsoft.ApiManagement/service/loggers, not",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "resourceId: component.id",
        to: "resourceId: component.properties.AppId",
        found: "infra/modules/gateway.bicep: ids: properties.resourceId takes the ID of a deployed Microsoft.Insights/components, not ‹AppId of",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "scope: internal.id",
        to: "scope: internal.name",
        found: "infra/modules/apis.bicep: ids: properties.scope takes the ID of a deployed Microsoft.ApiManagement/service/products or",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "  parent: orders\n  name: 'list-orders'",
        to: "  parent: service\n  name: 'list-orders'",
        found: "infra/modules/apis.bicep: ids: the parent of listOrders is a Microsoft.ApiManagement/service/apis, not a Microsoft.ApiManagement/service",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    vaultName: vaultName\n    storageName",
        to: "    vaultName: 'kv-keyless'\n    storageName",
        found: "infra/modules/private-endpoints.bicep: ids: no template makes Microsoft.KeyVault/vaults/kv-keyless with the options private",
    },
    Mistake {
        file: "infra/modules/entra.bicep",
        from: "appId: application.appId\n",
        to: "appId: application.id\n",
        found: "infra/modules/entra.bicep: ids: appId takes the ID of a deployed Microsoft.Graph/applications, not ‹id of application›",
    },
    Mistake {
        file: "infra/modules/network.bicep",
        from: "/subnets/app'",
        to: "/subnets/apps'",
        found: "infra/modules/function-app.bicep: ids: no template makes Microsoft.Network/virtualNetworks/vnet-keyless/subnets/apps with the options private",
    },
    Mistake {
        file: "infra/modules/network.bicep",
        from: "10.0.1.0/24",
        to: "10.1.1.0/24",
        found: "infra/modules/network.bicep: network: the subnet 10.1.1.0/24 lies outside of the address space of its network",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "resourceId('Microsoft.KeyVault/vaults', vaultName)",
        to: "resourceId('Microsoft.KeyVault/vault', vaultName)",
        found: "infra/modules/private-endpoints.bicep: ids: no template makes Microsoft.KeyVault/vault/kv-keyless-‹uniqueString› with the options private",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "'privatelink.vaultcore.azure.net'",
        to: "'privatelink.vault.azure.net'",
        found: "infra/modules/private-endpoints.bicep: network: the names of vault resolve in privatelink.vaultcore.azure.net, not in privatelink.vault.azure.net",
    },
    Mistake {
        file: "infra/modules/monitoring.bicep",
        from: "WorkspaceResourceId: workspace.id",
        to: "WorkspaceResourceId: workspace.properties.customerId",
        found: "infra/modules/monitoring.bicep: ids: properties.WorkspaceResourceId takes the ID of a deployed Microsoft.OperationalInsights/workspaces, not",
    },
    Mistake {
        file: "infra/modules/network.bicep",
        from: "10.0.2.0/24",
        to: "10.0.0.128/25",
        found: "infra/modules/network.bicep: network: the subnets 10.0.0.0/24 and 10.0.0.128/25 overlap",
    },
    Mistake {
        file: "infra/modules/network.bicep",
        from: "{ id: gatewayRules.id }",
        to: "{ id: gatewayRules.name }",
        found: "infra/modules/network.bicep: ids: properties.subnets.properties.networkSecurityGroup.id takes the ID of a deployed",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "/subnets/endpoints'",
        to: "/subnets/endpoint'",
        found: "infra/modules/private-endpoints.bicep: ids: no template makes Microsoft.Network/virtualNetworks/vnet-keyless/subnets/endpoint with the options private",
    },
    Mistake {
        file: "infra/modules/logic-app.bicep",
        from: "type: 'SystemAssigned'",
        to: "type: 'systemAssigned'",
        found: "infra/modules/logic-app.bicep: ids: a role takes the principalId of logic-keyless-‹uniqueString›, so write type: 'SystemAssigned'",
    },
    Mistake {
        file: "infra/modules/openai.bicep",
        from: "  parent: account\n",
        to: "",
        found: "infra/modules/openai.bicep: ids: chat needs a parent: write parent: and a Microsoft.CognitiveServices/accounts",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "  parent: app\n  name: 'appsettings'",
        to: "  parent: plan\n  name: 'appsettings'",
        found: "infra/modules/function-app.bicep: ids: the parent of appSettings is a Microsoft.Web/sites, not a Microsoft.Web/serverfarms",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "contains(['StandardV2', 'PremiumV2'], gatewaySku)",
        to: "contains(gatewaySku, ['StandardV2', 'PremiumV2'])",
        found: "infra/modules/private-endpoints.bicep: ids: no template makes Microsoft.CognitiveServices/accounts/‹?› with the options private",
    },
];
