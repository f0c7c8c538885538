//! The language, module calls, files, policy documents and secrets.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 26] = [
    Mistake {
        file: "infra/modules/vault.bicep",
        from: "tenant().tenantId",
        to: "tenant().id2",
        found: "infra/modules/vault.bicep: symbols: there is no property id2; there is tenantId, id, countryCode, displayName",
    },
    Mistake {
        file: "infra/modules/vault.bicep",
        from: "@maxLength(24)",
        to: "@maxlength(24)",
        found: "infra/modules/vault.bicep: symbols: there is no decorator maxlength; there is allowed, batchSize, description, discriminator, export,",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "hostIdentity.id\n",
        to: "hostIdentity.resourceId\n",
        found: "infra/modules/function-app.bicep: symbols: there is no property resourceId; there is id, clientId, principalId",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "union(hostSettings, settings)",
        to: "union(hostSettings)",
        found: "infra/modules/function-app.bicep: symbols: union takes 2 to 64 arguments, not 1",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "component.properties.ConnectionString",
        to: "component.properties.connectionString",
        found: "infra/modules/gateway.bicep: symbols: there is no property connectionString; there is AppId, ApplicationId, Application_Type,",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "'orders-read-role':",
        to: "'orders-role':",
        found: "infra/modules/apis.bicep: policies: the document names {{orders-read-role}}, which no named value defines",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "apim/global.xml",
        to: "apim/all.xml",
        found: "infra/modules/apis.bicep: files: apim/all.xml does not exist",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "network!.outputs.appSubnetId",
        to: "network!.outputs.appSubnetID",
        found: "infra/main.bicep: symbols: there is no property appSubnetID; there is appSubnetId, gatewaySubnetId",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    publisherEmail: publisherEmail\n",
        to: "",
        found: "infra/main.bicep: parameters: modules/gateway.bicep needs the parameter publisherEmail",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    publisherEmail: publisherEmail\n",
        to: "    publisherEmail: publisherEmail\n    publisherName: 'x'\n",
        found: "infra/main.bicep: parameters: modules/gateway.bicep takes no publisherName; it takes name, location, tags, sku, publisherEmail,",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "var isPrivate = topology == 'private'",
        to: "var isPrivate = topolgy == 'private'",
        found: "infra/main.bicep: symbols: topolgy is not declared",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "uniqueString(subscription().id, environmentName, location)",
        to: "uniqueString()",
        found: "infra/main.bicep: symbols: uniqueString takes 1 to 64 arguments, not 0",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "uniqueString(subscription().id, environmentName, location)",
        to: "uniquestring(subscription().id)",
        found: "infra/main.bicep: symbols: there is no function uniquestring",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "'modules/vault.bicep'",
        to: "'modules/vaults.bicep'",
        found: "infra/main.bicep: symbols: the module infra/modules/vaults.bicep does not exist",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "settings.KEYVAULT__vaultUri\n    gatewayUrl",
        to: "settings.KEYVAULT__vaultUrl\n    gatewayUrl",
        found: "infra/main.bicep: symbols: there is no property KEYVAULT__vaultUrl; there is KEYVAULT__vaultUri, KEYVAULT__credential,",
    },
    Mistake {
        file: "infra/modules/identities.bicep",
        from: "reader.properties.clientId",
        to: "reader.properties.clientld",
        found: "infra/modules/identities.bicep: symbols: there is no property clientld; there is clientId, isolationScope, principalId, tenantId",
    },
    Mistake {
        file: "infra/modules/identities.bicep",
        from: "output reader identity",
        to: "output reader identityy",
        found: "infra/modules/identities.bicep: symbols: there is no type identityy",
    },
    Mistake {
        file: "infra/modules/storage.bicep",
        from: "output blobServiceUri string =",
        to: "output key string = account.listKeys().keys[0].value\noutput blobServiceUri string =",
        found: "infra/modules/storage.bicep: secrets: listKeys reads keys into the template: take an identity, or read them in a script",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "output url string = service.properties.gatewayUrl",
        to: "output url string = component.properties.ConnectionString",
        found: "infra/modules/gateway.bicep: secrets: the output url shows ConnectionString to every reader of deployments",
    },
    Mistake {
        file: "infra/modules/vault.bicep",
        from: "param location string",
        to: "param location string\nparam adminPassword string",
        found: "infra/modules/vault.bicep: secrets: adminPassword is logged with the deployment: write @secure() above it",
    },
    Mistake {
        file: "infra/modules/vault.bicep",
        from: "publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow'",
        to: "publicNetworkAccess == 'Disabled' ? 'Deny'",
        found: "infra/modules/vault.bicep: syntax: this is no Bicep",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    sku: sku",
        to: "    sku: sku\n    sku: sku",
        found: "infra/main.bicep: symbols: sku is set twice",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    deployerPrincipalType: deployerPrincipalType",
        to: "    deployerPrincipalType: deployerPrincipalId",
        found: "infra/main.bicep: symbols: deployerPrincipalType is not used: remove it",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "[storageName, hostStorageNames[0]]",
        to: "[storageName, hostStorageNames[1]]",
        found: "infra/main.bicep: symbols: there is no item 1 of 1 with the options private",
    },
    Mistake {
        file: "infra/modules/storage.bicep",
        from: "output blobServiceUri string",
        to: "output blobServiceUrl string",
        found: "infra/main.bicep: symbols: there is no property blobServiceUri; there is blobServiceUrl",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "items(namedValueTexts)",
        to: "namedValueTexts",
        found: "infra/modules/apis.bicep: policies: the document names {{orders-app-id-uri}}, which no named value defines",
    },
];
