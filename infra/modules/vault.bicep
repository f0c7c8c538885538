// The vault. Its one secret, the subscription key, is stored after provisioning by scripts/store-subscription-key.sh.
@description('Globally unique. Azure allows 24 letters.')
@minLength(3)
@maxLength(24)
param name string

param location string
param tags { *: string }
param publicNetworkAccess 'Enabled' | 'Disabled'

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

// Composed, because properties.vaultUri ends in a slash and the setting does not.
output uri string = 'https://${vault.name}${environment().suffixes.keyvaultDns}'
