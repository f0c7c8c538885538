//! Names.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 13] = [
    Mistake {
        file: "infra/modules/storage.bicep",
        from: "name: 'default'",
        to: "name: 'blobs'",
        found: "infra/modules/storage.bicep: names: blobs has letters that Microsoft.Storage/storageAccounts/blobServices does not take: ^default$",
    },
    Mistake {
        file: "infra/modules/storage.bicep",
        from: "    parent: blobService\n",
        to: "",
        found: "infra/modules/storage.bicep: names: packages is deployed twice with the options two-regions: name each differently",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "'kv-keyless-${suffix}'",
        to: "'kv--keyless${suffix}'",
        found: "infra/modules/vault.bicep: names: kv--keyless‹uniqueString› has letters that Microsoft.KeyVault/vaults does not take: ^[A-Za-z](-?[A-Za-z0-9])*$",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "'stkeyless${suffix}'",
        to: "'st-keyless${suffix}'",
        found: "infra/modules/storage.bicep: names: st-keyless‹uniqueString› has letters that Microsoft.Storage/storageAccounts does not take: ^[a-z0-9]+$",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "'stkeyless${suffix}'",
        to: "'stKeyless${suffix}'",
        found: "infra/modules/storage.bicep: names: stKeyless‹uniqueString› has letters that Microsoft.Storage/storageAccounts does not take: ^[a-z0-9]+$",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "'apim-keyless-${suffix}'",
        to: "'apim-keyless'",
        found: "infra/modules/gateway.bicep: names: apim-keyless must be unique in all of Azure: add uniqueString(…) to it",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "'sthost${uniqueString(subscription().id, environmentName, region)}'",
        to: "'sthost${uniqueString(subscription().id, environmentName)}'",
        found: "infra/modules/roles.bicep: names: ‹guid› is deployed twice with the options two-regions: name each differently",
    },
    Mistake {
        file: "infra/modules/function-app.bicep",
        from: "name: 'appsettings'",
        to: "name: 'appSettings'",
        found: "infra/modules/function-app.bicep: names: appSettings has letters that Microsoft.Web/sites/config does not take: ^appsettings$",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "name: 'pe-${target.name}'",
        to: "name: 'pe-${target.part}'",
        found: "infra/modules/private-endpoints.bicep: names: pe-blob is deployed twice with the options private: name each differently",
    },
    Mistake {
        file: "infra/modules/identities.bicep",
        from: "name: 'id-keyless-writer'",
        to: "name: 'id-keyless-reader'",
        found: "infra/modules/identities.bicep: names: id-keyless-reader is deployed twice with the options no-entra: name each differently",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "concat(['snapshots', 'uploads']",
        to: "concat(['Snapshots', 'uploads']",
        found: "infra/modules/storage.bicep: names: Snapshots has letters that Microsoft.Storage/storageAccounts/blobServices/containers does not take:",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "parent: zones[i]",
        to: "parent: zones[0]",
        found: "infra/modules/private-endpoints.bicep: names: vnet-keyless is deployed twice with the options private: name each differently",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "hostStorage[i].id, writerPrincipalId",
        to: "hostStorage.id, writerPrincipalId",
        found: "infra/modules/roles.bicep: names: ‹guid› is deployed twice with the options two-regions: name each differently",
    },
];
