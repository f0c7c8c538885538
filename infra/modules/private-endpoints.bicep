// A private endpoint for each service without public access, and the DNS zones that make the public host names resolve to them.
param location string
param tags { *: string }
param networkName string
param vaultName string
param storageNames string[]

@description('Empty when no model account is private.')
param openAINames string[]

var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var vaultZone = 'privatelink.vaultcore.azure.net'
var modelZone = 'privatelink.openai.azure.com'
var zoneNames = concat([blobZone, vaultZone], empty(openAINames) ? [] : [modelZone])

var storageTargets = map(storageNames, name => {
  name: name
  id: resourceId('Microsoft.Storage/storageAccounts', name)
  part: 'blob'
  zone: blobZone
})
var vaultTarget = {
  name: vaultName
  id: resourceId('Microsoft.KeyVault/vaults', vaultName)
  part: 'vault'
  zone: vaultZone
}
var modelTargets = map(openAINames, name => {
  name: name
  id: resourceId('Microsoft.CognitiveServices/accounts', name)
  part: 'account'
  zone: modelZone
})
var targets = concat(storageTargets, [vaultTarget], modelTargets)

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' existing = {
  name: networkName
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, i) in zoneNames: {
    parent: zones[i]
    name: networkName
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2026-03-01' = [
  for target in targets: {
    name: 'pe-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: '${network.id}/subnets/endpoints' }
      privateLinkServiceConnections: [
        {
          name: target.part
          properties: {
            privateLinkServiceId: target.id
            groupIds: [target.part]
          }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = [
  for (target, i) in targets: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.part
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', target.zone) }
        }
      ]
    }
    dependsOn: [zones]
  }
]
