// Every Azure role assignment of the deployment, each at the smallest scope that does the job.
// The GUIDs are those of https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
param vaultName string
param storageName string
param hostStorageNames string[]
param componentName string

@description('Empty when the handler sends no telemetry.')
param collectionRuleName string

@description('Empty when no model is deployed.')
param openAINames string[]

param archivesChats bool

@description('Object ID of the identity that reads secrets.')
param readerPrincipalId string

@description('Object ID of the identity that writes blobs and serves the Functions host.')
param writerPrincipalId string

@description('Object ID of the identity of API Management.')
param gatewayPrincipalId string

@description('Empty when no workflow is deployed.')
param logicAppPrincipalId string

param deployerPrincipalId string
param deployerPrincipalType 'User' | 'ServicePrincipal'

var deployerIsDeveloper = deployerPrincipalType == 'User'

var roles = {
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  openAIUser: '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: storage
  name: 'default'
}

resource snapshots 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobService
  name: 'snapshots'
}

resource uploads 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobService
  name: 'uploads'
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = [
  for name in hostStorageNames: {
    name: name
  }
]

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource chatArchive 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = if (archivesChats) {
  parent: blobService
  name: 'chat-archive'
}

resource openAI 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = [
  for name in openAINames: {
    name: name
  }
]

resource readerReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, readerPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource writerWritesSnapshots 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(snapshots.id, writerPrincipalId, roles.blobDataContributor)
  scope: snapshots
  properties: {
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

resource writerWritesUploads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(uploads.id, writerPrincipalId, roles.blobDataContributor)
  scope: uploads
  properties: {
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

resource writerWritesChats 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (archivesChats) {
  name: guid(chatArchive.id, writerPrincipalId, roles.blobDataContributor)
  scope: chatArchive
  properties: {
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

// The Functions host asks for Owner on its own account: it leases, tags and deletes what it keeps there.
resource writerOwnsHostStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in hostStorageNames: {
    name: guid(hostStorage[i].id, writerPrincipalId, roles.blobDataOwner)
    scope: hostStorage[i]
    properties: {
      principalId: writerPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataOwner)
    }
  }
]

resource writerSendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, writerPrincipalId, roles.metricsPublisher)
  scope: component
  properties: {
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
  }
}

resource gatewaySendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, gatewayPrincipalId, roles.metricsPublisher)
  scope: component
  properties: {
    principalId: gatewayPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
  }
}

resource rule 'Microsoft.Insights/dataCollectionRules@2024-03-11' existing = if (!empty(collectionRuleName)) {
  name: empty(collectionRuleName) ? 'none' : collectionRuleName
}

resource writerSendsToRule 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(collectionRuleName)) {
  name: guid(rule.id, writerPrincipalId, roles.metricsPublisher)
  scope: rule
  properties: {
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
  }
}

resource gatewayCallsModels 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in openAINames: {
    name: guid(openAI[i].id, gatewayPrincipalId, roles.openAIUser)
    scope: openAI[i]
    properties: {
      principalId: gatewayPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.openAIUser)
    }
  }
]

resource logicAppReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(logicAppPrincipalId)) {
  name: guid(vault.id, logicAppPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: logicAppPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

// The deploying principal stores the subscription key.
resource deployerWritesSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, deployerPrincipalId, roles.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

// A person who deploys can also run the app on a laptop against the real services.
resource deployerWritesSnapshots 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (deployerIsDeveloper) {
  name: guid(snapshots.id, deployerPrincipalId, roles.blobDataContributor)
  scope: snapshots
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}

resource deployerWritesUploads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (deployerIsDeveloper) {
  name: guid(uploads.id, deployerPrincipalId, roles.blobDataContributor)
  scope: uploads
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobDataContributor)
  }
}
