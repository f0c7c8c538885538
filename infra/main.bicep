// One resource group with everything that local-azure/seed.toml names. Nothing here holds, reads or returns a key.
targetScope = 'subscription'

@description('Name of the azd environment; part of the names that must differ between deployments.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of everything, or of everything but the second function app.')
@minLength(1)
param location string

@description('two-regions adds a function app that shares the identities; private takes public access from vault, storage and model.')
@allowed([
  'one-region'
  'two-regions'
  'private'
])
param topology string = 'one-region'

@description('Region of the second function app; needed for two-regions only.')
param secondLocation string = ''

@description('Base URL of the service behind the orders API, without a slash at its end.')
@minLength(1)
param ordersBackendUrl string

@description('Where API Management sends its notices.')
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

@description('App ID URI of the orders API: what callers ask a token for. Empty for one with the tenant ID in it, as Entra wants it.')
param ordersAppIdUri string = ''

@description('Client ID of the orders API, when createAppRegistration is false.')
param ordersClientId string = ''

@description('Also deploy an Azure OpenAI account that only the identity of API Management may call.')
param deployOpenAI bool = false

@description('Also deploy a workflow that calls the orders API. Not in the private topology: a Consumption workflow cannot enter the network.')
param deployLogicApp bool = false

@description('Object ID of who deploys: may write the subscription key into the vault.')
param deployerPrincipalId string

@description('Kind of that principal.')
@allowed([
  'User'
  'ServicePrincipal'
])
param deployerPrincipalType string = 'User'

@description('NCRONTAB schedule of the snapshot timer, in UTC.')
param snapshotSchedule string = '0 */5 * * * *'

@description('What the timer stores: name=/path at the gateway, separated by commas.')
param snapshotSources string = 'orders=/orders'

var suffix = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var isPrivate = topology == 'private'
var publicNetworkAccess = isPrivate ? 'Disabled' : 'Enabled'
var regions = topology == 'two-regions' ? [location, secondLocation] : [location]
var hostStorageNames = [for region in regions: 'sthost${uniqueString(subscription().id, environmentName, region)}']
var appIdUri = empty(ordersAppIdUri) ? 'api://${tenant().tenantId}/orders-${environmentName}' : ordersAppIdUri
var withLogicApp = deployLogicApp && !isPrivate
var openAIIsPrivate = isPrivate && contains(['StandardV2', 'PremiumV2'], gatewaySku)

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
    name: 'keyless-${suffix}'
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  scope: group
  params: {
    location: location
    tags: tags
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-keyless-${suffix}'
    location: location
    tags: tags
    publicNetworkAccess: publicNetworkAccess
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'stkeyless${suffix}'
    location: location
    tags: tags
    containers: ['snapshots', 'uploads']
    publicNetworkAccess: publicNetworkAccess
  }
}

// The Functions host keeps its locks and the deployed package in an account of its own: one for each function app.
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
    name: 'apim-keyless-${suffix}'
    location: location
    tags: tags
    sku: gatewaySku
    publisherEmail: publisherEmail
    componentName: monitoring.outputs.componentName
    subnetId: openAIIsPrivate ? network!.outputs.gatewaySubnetId : ''
  }
}

module openAI 'modules/openai.bicep' = if (deployOpenAI) {
  scope: group
  params: {
    name: 'oai-keyless-${suffix}'
    location: location
    tags: tags
    publicNetworkAccess: openAIIsPrivate ? 'Disabled' : 'Enabled'
  }
}

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
}

module apis 'modules/apis.bicep' = {
  scope: group
  params: {
    gatewayName: gateway.outputs.name
    ordersAppIdUri: appIdUri
    ordersClientId: createAppRegistration ? entra!.outputs.clientId : ordersClientId
    ordersBackendUrl: ordersBackendUrl
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    vaultName: vault.outputs.name
    storageName: storage.outputs.name
    hostStorageNames: hostStorageNames
    componentName: monitoring.outputs.componentName
    openAIName: deployOpenAI ? openAI!.outputs.name : ''
    readerPrincipalId: identities.outputs.reader.principalId
    writerPrincipalId: identities.outputs.writer.principalId
    gatewayPrincipalId: gateway.outputs.principalId
    logicAppPrincipalId: withLogicApp ? logicApp!.outputs.principalId : ''
    deployerPrincipalId: deployerPrincipalId
    deployerPrincipalType: deployerPrincipalType
  }
  dependsOn: [hostStorage]
}

module endpoints 'modules/private-endpoints.bicep' = if (isPrivate) {
  scope: group
  params: {
    location: location
    tags: tags
    networkName: network!.outputs.name
    vaultName: vault.outputs.name
    storageNames: [storage.outputs.name, hostStorageNames[0]]
    openAIName: deployOpenAI && openAIIsPrivate ? openAI!.outputs.name : ''
  }
  dependsOn: [hostStorage]
}

// The settings of the handler: the same names as [function_app.settings] in local-azure/seed.toml, which a test compares.
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
  UPLOAD_MAX_CONCURRENT: '8'
  SECRET_EXPIRY_SCHEDULE: '0 0 6 * * *'
  SECRET_EXPIRY_DAYS: '30'
  RELAY_PATHS: '/orders'
  MAX_CONCURRENT_INVOCATIONS: '256'
}

module functionApps 'modules/function-app.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      name: 'func-keyless-${uniqueString(subscription().id, environmentName, region)}'
      location: region
      // azd deploys to the one app that carries the name of its service.
      tags: i == 0 ? union(tags, { 'azd-service-name': 'handler' }) : tags
      identityIds: [
        identities.outputs.reader.id
        identities.outputs.writer.id
        identities.outputs.caller.id
      ]
      hostIdentity: identities.outputs.writer
      hostStorageName: hostStorageNames[i]
      componentName: monitoring.outputs.componentName
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
output UPLOAD_MAX_CONCURRENT string = settings.UPLOAD_MAX_CONCURRENT
output SECRET_EXPIRY_SCHEDULE string = settings.SECRET_EXPIRY_SCHEDULE
output SECRET_EXPIRY_DAYS string = settings.SECRET_EXPIRY_DAYS
output RELAY_PATHS string = settings.RELAY_PATHS
output MAX_CONCURRENT_INVOCATIONS string = settings.MAX_CONCURRENT_INVOCATIONS
