// An Azure OpenAI account that takes Entra tokens only, with one model.
@description('Globally unique: it is also the host name, which Entra tokens need.')
@minLength(2)
@maxLength(64)
param name string

param location string
param tags { *: string }
param publicNetworkAccess 'Enabled' | 'Disabled'

@description('Model of the deployment `chat`, as the model list of Azure OpenAI names it.')
param modelName string
param modelVersion string

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    // Entra tokens work only at an account's own host name.
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow' }
  }
}

resource chat 'Microsoft.CognitiveServices/accounts/deployments@2025-06-01' = {
  parent: account
  name: 'chat'
  // Thousands of tokens a minute.
  sku: {
    name: 'GlobalStandard'
    capacity: 10
  }
  properties: {
    model: {
      format: 'OpenAI'
      name: modelName
      version: modelVersion
    }
  }
}
