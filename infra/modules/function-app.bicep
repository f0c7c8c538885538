// A Flex Consumption function app with a custom handler. The platform's own duties (host state, package, telemetry) run as the writer.
@description('Globally unique. Beyond 32 letters the Functions host cuts its host ID, and two apps could share one.')
@minLength(2)
@maxLength(32)
param name string

param location string
param tags { *: string }

@description('Resource IDs of the identities that the app carries.')
@minLength(1)
param identityIds string[]

@description('Identity for host storage, deployment and telemetry: one of identityIds.')
param hostIdentity { id: string, clientId: string, principalId: string }

param hostStorageName string
param componentName string

@description('Settings of the handler: name to value. Azure replaces all settings of the app with these. None is a secret.')
param settings { *: string }

@description('Subnet for outbound calls, or empty.')
param subnetId string

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

var hostBlobs = 'https://${hostStorage.name}.blob.${environment().suffixes.storage}'

// The host refuses larger requests, 100 MiB by default; the handler has its own limits (UPLOAD_MAX_BYTES).
// FUNCTIONS_WORKER_RUNTIME is not among them: on Flex Consumption the runtime stands in functionAppConfig.
var hostSettings = {
  AzureWebJobsStorage__blobServiceUri: hostBlobs
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: hostIdentity.clientId
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1073741824'
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${hostIdentity.clientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(identityIds, id => id, id => {})
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobs}/packages'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: hostIdentity.id
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 512
        maximumInstanceCount: 40
        // Azure adds an instance at this many requests at once. It must stay below the handler's own limit,
        // MAX_CONCURRENT_INVOCATIONS, or callers are refused before Azure scales out.
        triggers: { http: { perInstanceConcurrency: 128 } }
      }
    }
    siteConfig: { minTlsVersion: '1.2' }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(hostSettings, settings)
}

// Without these two the app would have a user name and a password for deployment.
resource noPublishingPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}
