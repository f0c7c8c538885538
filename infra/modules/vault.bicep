// The vault. Its one secret, the subscription key, is stored after provisioning by scripts/store-subscription-key.sh.
param name string
param location string
param tags object
param publicNetworkAccess string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow'
    }
  }
}

output name string = vault.name
// Composed, because properties.vaultUri ends in a slash and the setting does not.
output uri string = 'https://${vault.name}${environment().suffixes.keyvaultDns}'
