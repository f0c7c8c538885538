//! Order and conditions.

use super::Mistake;

pub(super) const MISTAKES: [Mistake; 16] = [
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "    value: loadTextContent('../../apim/apis/orders.xml')\n  }\n  dependsOn: [namedValues]",
        to: "    value: loadTextContent('../../apim/apis/orders.xml')\n  }",
        found: "infra/modules/apis.bicep: order: ordersPolicy is not made after apim-keyless-‹uniqueString›/orders-app-id-uri, which its document names:",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "name: orders.name",
        to: "name: 'order'",
        found: "infra/modules/apis.bicep: order: there is no API order",
    },
    Mistake {
        file: "infra/modules/apis.bicep",
        from: "name: orders.name",
        to: "name: 'orders'",
        found: "infra/modules/apis.bicep: order: internalOrders is not made after apim-keyless-‹uniqueString›/orders, to which it links: write dependsOn:",
    },
    Mistake {
        file: "infra/modules/roles.bicep",
        from: "name: 'snapshots'",
        to: "name: 'snapshot'",
        found: "infra/modules/roles.bicep: order: no template makes stkeyless‹uniqueString›/default/snapshot with the options no-entra: compare its name",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    dependsOn: [roles, endpoints]\n",
        to: "    dependsOn: [endpoints]\n",
        found: "infra/modules/function-app.bicep: order: plan is not made after sthost‹uniqueString›, to which its file refers: write dependsOn: [hostStorage]",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "    dependsOn: [roles, endpoints]\n",
        to: "    dependsOn: [roles]\n",
        found: "infra/modules/function-app.bicep: order: app is not made after pe-kv-keyless-‹uniqueString›/default, a private endpoint of a service that it",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "  #disable-next-line no-unnecessary-dependson\n  dependsOn: [gateway]\n}\n\nmodule chatEntra",
        to: "}\n\nmodule chatEntra",
        found: "infra/modules/entra.bicep: order: callerReadsOrders is not made after apim-keyless-‹uniqueString›, which gives Entra the time to replicate",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "  dependsOn: [monitoring]\n",
        to: "",
        found: "infra/modules/gateway.bicep: order: service is not made after appi-keyless-‹uniqueString›, to which its file refers: write dependsOn: [monitoring]",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "[vault, storage, hostStorage, monitoring, telemetry, openAI]",
        to: "[vault, storage, hostStorage, monitoring, telemetry]",
        found: "infra/modules/roles.bicep: order: readerReadsSecrets is not made after oai-keyless-1-‹uniqueString›, to which its file refers: write",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "[network, vault, storage, hostStorage, openAI]",
        to: "[network, storage, hostStorage, openAI]",
        found: "infra/modules/private-endpoints.bicep: order: endpoints is not made after kv-keyless-‹uniqueString›, whose ID it holds: write dependsOn: [vault]",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "network!.outputs.appSubnetId",
        to: "network.outputs.appSubnetId",
        found: "infra/main.bicep: conditions: network is deployed on a condition: write network!.outputs where it holds",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "isPrivate ? network!.outputs.appSubnetId : ''",
        to: "deployOpenAI ? network!.outputs.appSubnetId : ''",
        found: "infra/main.bicep: conditions: network has no outputs with the options openai-logic, which do not deploy it: ask for its condition first",
    },
    Mistake {
        file: "infra/modules/private-endpoints.bicep",
        from: "    dependsOn: [zones]\n",
        to: "",
        found: "infra/modules/private-endpoints.bicep: order: records is not made after privatelink.blob.core.windows.net, whose ID it holds: write dependsOn: [zones]",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "module roles 'modules/roles.bicep' = {",
        to: "module roles 'modules/roles.bicep' = if (deployOpenAI) {",
        found: "infra/modules/function-app.bicep: order: plan is not made after sthost‹uniqueString›, to which its file refers: write dependsOn: [hostStorage]",
    },
    Mistake {
        file: "infra/main.bicep",
        from: "module apis 'modules/apis.bicep' = {",
        to: "module apis 'modules/apis.bicep' = if (!empty(gateway.outputs.url)) {",
        found: "infra/main.bicep: start: apis takes its condition from gateway.outputs, which is known too late",
    },
    Mistake {
        file: "infra/modules/gateway.bicep",
        from: "  name: 'application-insights'",
        to: "  name: 'insights-${service.properties.gatewayUrl}'",
        found: "infra/modules/gateway.bicep: start: logger takes its name from service.properties, which is known too late",
    },
];
