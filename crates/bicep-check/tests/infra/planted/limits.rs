//! Numbers and texts that the types let pass.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 15] = [
    Mistake {
        file: "infra/modules/vault.bicep",
        from: "softDeleteRetentionInDays: 7",
        to: "softDeleteRetentionInDays: 5",
        found: "infra/modules/vault.bicep: limits: properties.softDeleteRetentionInDays: 5 is refused; Azure takes 7 to 90",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "instanceMemoryMB: 512",
        to: "instanceMemoryMB: 1024",
        found: "infra/modules/function-app.bicep: limits: properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB: 1024 is refused; Azure takes 512,",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "perInstanceConcurrency: 128",
        to: "perInstanceConcurrency: 0",
        found: "infra/modules/function-app.bicep: limits: properties.functionAppConfig.scaleAndConcurrency.triggers.http.perInstanceConcurrency: 0 is refused;",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "name: 'custom'",
        to: "name: 'rust'",
        found: "infra/modules/function-app.bicep: limits: properties.functionAppConfig.runtime.name: 'rust' is refused; Azure takes custom, dotnet-isolated, java,",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "var hostSettings = {",
        to: "var hostSettings = {\n  FUNCTIONS_WORKER_RUNTIME: 'custom'",
        found: "infra/modules/function-app.bicep: limits: Flex Consumption refuses FUNCTIONS_WORKER_RUNTIME: leave it out",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "reserved: true",
        to: "reserved: false",
        found: "infra/modules/function-app.bicep: limits: properties.reserved: it must be true",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "    format: 'rawxml'\n    value: loadTextContent('../../apim/global.xml')",
        to: "    format: 'xml'\n    value: loadTextContent('../../apim/global.xml')",
        found: "infra/modules/apis.bicep: limits: properties.format: 'xml' is refused; Azure takes rawxml",
    },
    Mistake {
        file: "infra/modules/entra.bicep",
        from: "allowedMemberTypes: ['Application']",
        to: "allowedMemberTypes: ['Applications']",
        found: "infra/modules/entra.bicep: limits: appRoles.allowedMemberTypes: 'Applications' is refused; Azure takes Application, User",
    },
    Mistake {
        file: "infra/modules/network.bicep",
        from: "'Microsoft.App/environments'",
        to: "'Microsoft.App/environment'",
        found: "infra/modules/network.bicep: limits: properties.subnets.properties.delegations.properties.serviceName: 'Microsoft.App/environment' is",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "location: 'global'\n    tags: tags",
        to: "tags: tags",
        found: "infra/modules/private-endpoints.bicep: limits: location: it is missing: write 'global'",
    },
    Mistake {
        file: "infra/modules/openai.bicep",
        from: "    customSubDomainName: name\n",
        to: "",
        found: "infra/modules/openai.bicep: limits: properties.customSubDomainName: it is missing: Entra tokens need its own host name",
    },
    Mistake {
        file: "infra/modules/openai.bicep",
        from: "capacity: 10",
        to: "capacity: 0",
        found: "infra/modules/openai.bicep: limits: sku.capacity: 0 is refused; Azure takes 1 to 1000000",
    },
    Mistake {
        file: "infra/modules/monitoring.bicep",
        from: "retentionInDays: 30",
        to: "retentionInDays: 10",
        found: "infra/modules/monitoring.bicep: limits: properties.retentionInDays: 10 is refused; Azure takes 30 to 730",
    },
    Mistake {
        file: "infra/modules/entra.bicep",
        from: "requestedAccessTokenVersion: 2",
        to: "requestedAccessTokenVersion: 3",
        found: "infra/modules/entra.bicep: limits: api.requestedAccessTokenVersion: 3 is refused; Azure takes 1 to 2",
    },
    Mistake {
        file: "infra/modules/entra.bicep",
        from: "signInAudience: 'AzureADMyOrg'",
        to: "signInAudience: 'MyOrg'",
        found: "infra/modules/entra.bicep: limits: signInAudience: 'MyOrg' is refused; Azure takes AzureADMyOrg, AzureADMultipleOrgs,",
    },
];
