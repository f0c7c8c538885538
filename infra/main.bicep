// One resource group with everything that local-azure/seed.toml names. Nothing here holds, reads or returns a key.
targetScope = 'subscription'

@description('Name of the azd environment; part of the names that must differ between deployments.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of every resource but the second function app. Only regions with Flex Consumption are allowed.')
@allowed([
  'australiaeast'
  'brazilsouth'
  'canadacentral'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
])
@metadata({ azd: { type: 'location' } })
param location string

@description('two-regions adds a function app that shares the identities; private takes public access from vault, storage and model.')
@allowed([
  'one-region'
  'two-regions'
  'private'
])
param topology string = 'one-region'

@description('Region of the second function app. Needed for two-regions only, and must differ from location.')
@allowed([
  ''
  'australiaeast'
  'brazilsouth'
  'canadacentral'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
])
param secondLocation string = ''

@description('Base URL of the service behind the orders API, without a slash at its end.')
@minLength(1)
param ordersBackendUrl string

@description('E-mail address for the notifications of API Management.')
@minLength(1)
param publisherEmail string

@description('Tier of API Management. Only StandardV2 and PremiumV2 reach a model account in the private topology.')
@allowed([
  'Consumption'
  'Developer'
  'BasicV2'
  'StandardV2'
  'PremiumV2'
])
param gatewaySku string = 'BasicV2'

@description('Register the orders API in Entra. Set to false where an administrator does it, and give ordersClientId and ordersAppIdUri.')
param createAppRegistration bool = true

@description('Give the app role to its callers. Needs AppRoleAssignment.ReadWrite.All; without it, see scripts/assign-app-role.sh.')
param assignAppRoles bool = true

@description('Whether Entra refuses a token to a caller without an app role. The gateway refuses such a caller either way.')
param assignmentRequired bool = false

@description('App ID URI of the orders API: the resource that callers request a token for. Empty: one that contains the tenant ID.')
param ordersAppIdUri string = ''

@description('Client ID of the orders API. Needed when createAppRegistration is false.')
param ordersClientId string = ''

@description('App ID URI of the chat API. Empty: one that contains the tenant ID.')
param chatAppIdUri string = ''

@description('Client ID of the chat API. Needed for a model when createAppRegistration is false.')
param chatClientId string = ''

@description('Also deploy two Azure OpenAI accounts that only the identity of API Management may call, and the API before them.')
param deployOpenAI bool = false

@description('Keep each exchange of chat as a blob.')
param archiveChats bool = false

@description('Also deploy what takes traces, logs and metrics of the handler itself, and send them there as its identity. A preview of Azure Monitor.')
param deployTelemetry bool = false

@description('Model that the accounts deploy. The default retires on 2027-03-18.')
@minLength(1)
param openAIModelName string = 'gpt-5.4-mini'

@description('Version of that model.')
@minLength(1)
param openAIModelVersion string = '2026-03-17'

@description('Also deploy a workflow that calls the orders API. Not in the private topology: a Consumption workflow cannot enter the network.')
param deployLogicApp bool = false

@description('Object ID of the deploying principal. It may write secrets; a user may also read and write the blobs of the app.')
@minLength(36)
@maxLength(36)
param deployerPrincipalId string

@description('User for a person, ServicePrincipal for a pipeline.')
@allowed([
  'User'
  'ServicePrincipal'
])
param deployerPrincipalType string = 'User'

@description('NCRONTAB schedule of the snapshot timer, in UTC.')
@minLength(1)
param snapshotSchedule string = '0 */5 * * * *'

@description('Sources of the timer: name=/path at the gateway, separated by commas.')
@minLength(1)
param snapshotSources string = 'orders=/orders'

var suffix = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var isPrivate = topology == 'private'
var publicNetworkAccess = isPrivate ? 'Disabled' : 'Enabled'
var withLogicApp = deployLogicApp && !isPrivate
var openAIIsPrivate = isPrivate && contains(['StandardV2', 'PremiumV2'], gatewaySku)

// Names are variables, not outputs, so that what-if can look into the modules that use them. dependsOn keeps the order.
var vaultName = 'kv-keyless-${suffix}'
var storageName = 'stkeyless${suffix}'
var componentName = 'appi-keyless-${suffix}'
var gatewayName = 'apim-keyless-${suffix}'
var openAINames = ['oai-keyless-1-${suffix}', 'oai-keyless-2-${suffix}']
var deployedOpenAINames = deployOpenAI ? openAINames : []
var workspaceName = 'log-keyless-${suffix}'
var collectionRuleName = 'dcr-keyless-${suffix}'
var networkName = 'vnet-keyless'

// Options that do not fit stop the deployment here, before the first resource.
var secondRegionIsMissing = topology == 'two-regions' && (empty(secondLocation) || secondLocation == location)
var secondRegion = secondRegionIsMissing ? fail('two-regions: set SECOND_LOCATION to another region.') : secondLocation
var regions = topology == 'two-regions' ? [location, secondRegion] : [location]
var hostStorageNames = [for region in regions: 'sthost${uniqueString(subscription().id, environmentName, region)}']

var ownAppIdUri = 'api://${tenant().tenantId}/orders-${environmentName}'
var registrationIsMissing = !createAppRegistration && (empty(ordersClientId) || empty(ordersAppIdUri))
var appIdUriOrDefault = empty(ordersAppIdUri) ? ownAppIdUri : ordersAppIdUri
var chatIsMissing = deployOpenAI && !createAppRegistration && (empty(chatClientId) || empty(chatAppIdUri))
var ownChatAppIdUri = 'api://${tenant().tenantId}/chat-${environmentName}'
var chatAppIdUriOrDefault = empty(chatAppIdUri) ? ownChatAppIdUri : chatAppIdUri
var chatUri = chatIsMissing ? fail('Set CHAT_CLIENT_ID and CHAT_APP_ID_URI.') : chatAppIdUriOrDefault
// Consumption has neither pools with circuit breakers nor limits of tokens.
var skuWithoutModels = deployOpenAI && gatewaySku == 'Consumption'
var sku = skuWithoutModels ? fail('DEPLOY_OPENAI: set GATEWAY_SKU to another tier than Consumption.') : gatewaySku
var containers = concat(['snapshots', 'uploads'], archiveChats ? ['chat-archive'] : [])
var appIdUri = registrationIsMissing ? fail('Set ORDERS_CLIENT_ID and ORDERS_APP_ID_URI.') : appIdUriOrDefault

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-keyless-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: workspaceName
    componentName: componentName
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  scope: group
  params: {
    name: networkName
    location: location
    tags: tags
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    publicNetworkAccess: publicNetworkAccess
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: storageName
    location: location
    tags: tags
    containers: containers
    publicNetworkAccess: publicNetworkAccess
  }
}

// The Functions host keeps its locks and the deployed package in its own account: one for each function app.
module hostStorage 'modules/storage.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      name: hostStorageNames[i]
      location: region
      tags: tags
      containers: ['packages']
      publicNetworkAccess: publicNetworkAccess
    }
  }
]

module gateway 'modules/gateway.bicep' = {
  scope: group
  params: {
    name: gatewayName
    location: location
    tags: tags
    sku: sku
    publisherEmail: publisherEmail
    componentName: componentName
    subnetId: openAIIsPrivate ? network!.outputs.gatewaySubnetId : ''
  }
  dependsOn: [monitoring]
}

// Two, so that the gateway has another one to go to when one is busy.
module openAI 'modules/openai.bicep' = [
  for name in deployedOpenAINames: {
    scope: group
    params: {
      name: name
      location: location
      tags: tags
      modelName: openAIModelName
      modelVersion: openAIModelVersion
      publicNetworkAccess: openAIIsPrivate ? 'Disabled' : 'Enabled'
    }
  }
]

module logicApp 'modules/logic-app.bicep' = if (withLogicApp) {
  scope: group
  params: {
    name: 'logic-keyless-${suffix}'
    location: location
    tags: tags
    vaultUri: settings.KEYVAULT__vaultUri
    gatewayUrl: settings.APIM__baseUrl
    audience: settings.APIM__audience
    subscriptionKeySecretName: settings.APIM__subscriptionKeySecret
  }
}

module entra 'modules/entra.bicep' = if (createAppRegistration) {
  scope: group
  params: {
    environmentName: environmentName
    appIdUri: appIdUri
    assignmentRequired: assignmentRequired
    assignRoles: assignAppRoles
    callerPrincipalId: identities.outputs.caller.principalId
    logicAppPrincipalId: withLogicApp ? logicApp!.outputs.principalId : ''
  }
  // Entra refuses an app role for an identity that it has not replicated yet. The gateway takes minutes to create, which is time
  // enough. The workflow would give the same order, but Azure drops it from the order where it is not deployed.
  #disable-next-line no-unnecessary-dependson
  dependsOn: [gateway]
}

module chatEntra 'modules/chat-entra.bicep' = if (deployOpenAI && createAppRegistration) {
  scope: group
  params: {
    environmentName: environmentName
    appIdUri: chatUri
    assignmentRequired: assignmentRequired
    assignRoles: assignAppRoles
    callerPrincipalId: identities.outputs.caller.principalId
  }
  #disable-next-line no-unnecessary-dependson
  dependsOn: [gateway]
}

var chatClient = deployOpenAI && createAppRegistration ? chatEntra!.outputs.clientId : chatClientId

module apis 'modules/apis.bicep' = {
  scope: group
  params: {
    gatewayName: gatewayName
    ordersAppIdUri: appIdUri
    ordersClientId: createAppRegistration ? entra!.outputs.clientId : ordersClientId
    ordersBackendUrl: ordersBackendUrl
    chatAppIdUri: deployOpenAI ? chatUri : ''
    chatClientId: deployOpenAI ? chatClient : ''
  }
  #disable-next-line no-unnecessary-dependson
  dependsOn: [gateway]
}

module modelApis 'modules/model-apis.bicep' = if (deployOpenAI) {
  scope: group
  params: {
    gatewayName: gatewayName
    workspaceName: workspaceName
    accountNames: openAINames
  }
  // The policies name values that the other APIs use, too.
  dependsOn: [apis, monitoring]
}

module telemetry 'modules/telemetry.bicep' = if (deployTelemetry) {
  scope: group
  params: {
    workspaceName: workspaceName
    componentName: componentName
    accountName: 'amw-keyless-${suffix}'
    endpointName: 'dce-keyless-${suffix}'
    ruleName: collectionRuleName
    location: location
    tags: tags
  }
  dependsOn: [monitoring]
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    vaultName: vaultName
    storageName: storageName
    hostStorageNames: hostStorageNames
    componentName: componentName
    collectionRuleName: deployTelemetry ? collectionRuleName : ''
    openAINames: deployedOpenAINames
    archivesChats: archiveChats
    readerPrincipalId: identities.outputs.reader.principalId
    writerPrincipalId: identities.outputs.writer.principalId
    gatewayPrincipalId: gateway.outputs.principalId
    logicAppPrincipalId: withLogicApp ? logicApp!.outputs.principalId : ''
    deployerPrincipalId: deployerPrincipalId
    deployerPrincipalType: deployerPrincipalType
  }
  #disable-next-line no-unnecessary-dependson
  dependsOn: [vault, storage, hostStorage, monitoring, telemetry, openAI]
}

module endpoints 'modules/private-endpoints.bicep' = if (isPrivate) {
  scope: group
  params: {
    location: location
    tags: tags
    networkName: networkName
    vaultName: vaultName
    storageNames: [storageName, hostStorageNames[0]]
    openAINames: openAIIsPrivate ? deployedOpenAINames : []
  }
  dependsOn: [network, vault, storage, hostStorage, openAI]
}

// The settings of the handler: the same names as [function_app.settings] in local-azure/seed.toml. A test compares them.
var settings = {
  KEYVAULT__vaultUri: vault.outputs.uri
  KEYVAULT__credential: 'managedidentity'
  KEYVAULT__clientId: identities.outputs.reader.clientId
  STORAGE__blobServiceUri: storage.outputs.blobServiceUri
  STORAGE__credential: 'managedidentity'
  STORAGE__clientId: identities.outputs.writer.clientId
  APIM__baseUrl: gateway.outputs.url
  APIM__credential: 'managedidentity'
  APIM__clientId: identities.outputs.caller.clientId
  APIM__audience: appIdUri
  APIM__subscriptionKeySecret: 'orders-subscription-key'
  APIM__subscriptionKeyHeader: 'Ocp-Apim-Subscription-Key'
  SNAPSHOT_SCHEDULE: snapshotSchedule
  SNAPSHOT_SOURCES: snapshotSources
  SNAPSHOT_CONTAINER: 'snapshots'
  UPLOAD_CONTAINER: 'uploads'
  UPLOAD_MAX_BYTES: '1073741824'
  UPLOAD_NAMES: '*'
  UPLOAD_CONTENT_TYPES: '*'
  BODY_MEMORY_MIB: '96'
  SECRET_EXPIRY_SCHEDULE: '0 0 6 * * *'
  SECRET_EXPIRY_DAYS: '30'
  RELAY_PATHS: '/orders'
  OPENAI__route: deployOpenAI ? 'apim' : ''
  OPENAI__deployment: deployOpenAI ? 'chat' : ''
  OPENAI__baseUrl: deployOpenAI ? '${gateway.outputs.url}/openai/v1' : ''
  OPENAI__credential: deployOpenAI ? 'managedidentity' : ''
  OPENAI__clientId: deployOpenAI ? identities.outputs.caller.clientId : ''
  OPENAI__audience: deployOpenAI ? chatUri : ''
  OPENAI__subscriptionKeySecret: deployOpenAI ? 'chat-subscription-key' : ''
  OPENAI__subscriptionKeyHeader: deployOpenAI ? 'api-key' : ''
  CHAT_ARCHIVE_CONTAINER: archiveChats ? 'chat-archive' : ''
  MAX_CONCURRENT_INVOCATIONS: '256'
  TELEMETRY__tracesEndpoint: deployTelemetry ? telemetry!.outputs.tracesEndpoint : ''
  TELEMETRY__logsEndpoint: deployTelemetry ? telemetry!.outputs.logsEndpoint : ''
  TELEMETRY__metricsEndpoint: deployTelemetry ? telemetry!.outputs.metricsEndpoint : ''
  TELEMETRY__credential: deployTelemetry ? 'managedidentity' : ''
  TELEMETRY__clientId: deployTelemetry ? identities.outputs.writer.clientId : ''
  TELEMETRY__relayPort: ''
}

module functionApps 'modules/function-app.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      name: 'func-keyless-${uniqueString(subscription().id, environmentName, region)}'
      location: region
      // azd deploys to the app that carries the name of its service: only one may.
      tags: i == 0 ? union(tags, { 'azd-service-name': 'handler' }) : tags
      identityIds: [
        identities.outputs.reader.id
        identities.outputs.writer.id
        identities.outputs.caller.id
      ]
      hostIdentity: identities.outputs.writer
      hostStorageName: hostStorageNames[i]
      componentName: componentName
      settings: settings
      subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    }
    dependsOn: [roles, endpoints]
  }
]

output AZURE_RESOURCE_GROUP string = group.name
output KEYVAULT__vaultUri string = settings.KEYVAULT__vaultUri
output KEYVAULT__credential string = settings.KEYVAULT__credential
output KEYVAULT__clientId string = settings.KEYVAULT__clientId
output STORAGE__blobServiceUri string = settings.STORAGE__blobServiceUri
output STORAGE__credential string = settings.STORAGE__credential
output STORAGE__clientId string = settings.STORAGE__clientId
output APIM__baseUrl string = settings.APIM__baseUrl
output APIM__credential string = settings.APIM__credential
output APIM__clientId string = settings.APIM__clientId
output APIM__audience string = settings.APIM__audience
output APIM__subscriptionKeySecret string = settings.APIM__subscriptionKeySecret
output APIM__subscriptionKeyHeader string = settings.APIM__subscriptionKeyHeader
output SNAPSHOT_SCHEDULE string = settings.SNAPSHOT_SCHEDULE
output SNAPSHOT_SOURCES string = settings.SNAPSHOT_SOURCES
output SNAPSHOT_CONTAINER string = settings.SNAPSHOT_CONTAINER
output UPLOAD_CONTAINER string = settings.UPLOAD_CONTAINER
output UPLOAD_MAX_BYTES string = settings.UPLOAD_MAX_BYTES
output UPLOAD_NAMES string = settings.UPLOAD_NAMES
output UPLOAD_CONTENT_TYPES string = settings.UPLOAD_CONTENT_TYPES
output BODY_MEMORY_MIB string = settings.BODY_MEMORY_MIB
output SECRET_EXPIRY_SCHEDULE string = settings.SECRET_EXPIRY_SCHEDULE
output SECRET_EXPIRY_DAYS string = settings.SECRET_EXPIRY_DAYS
output RELAY_PATHS string = settings.RELAY_PATHS
output OPENAI__route string = settings.OPENAI__route
output OPENAI__deployment string = settings.OPENAI__deployment
output OPENAI__baseUrl string = settings.OPENAI__baseUrl
output OPENAI__credential string = settings.OPENAI__credential
output OPENAI__clientId string = settings.OPENAI__clientId
output OPENAI__audience string = settings.OPENAI__audience
output OPENAI__subscriptionKeySecret string = settings.OPENAI__subscriptionKeySecret
output OPENAI__subscriptionKeyHeader string = settings.OPENAI__subscriptionKeyHeader
output CHAT_ARCHIVE_CONTAINER string = settings.CHAT_ARCHIVE_CONTAINER
output MAX_CONCURRENT_INVOCATIONS string = settings.MAX_CONCURRENT_INVOCATIONS
output TELEMETRY__tracesEndpoint string = settings.TELEMETRY__tracesEndpoint
output TELEMETRY__logsEndpoint string = settings.TELEMETRY__logsEndpoint
output TELEMETRY__metricsEndpoint string = settings.TELEMETRY__metricsEndpoint
output TELEMETRY__credential string = settings.TELEMETRY__credential
output TELEMETRY__clientId string = settings.TELEMETRY__clientId
output TELEMETRY__relayPort string = settings.TELEMETRY__relayPort
