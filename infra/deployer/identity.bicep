// The identity, and the tokens that it accepts in place of a key.
param location string

@description('Subject of the tokens of GitHub.')
param subject string

resource deployer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-keyless-deployer'
  location: location
}

resource github 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: deployer
  name: 'github'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: subject
    audiences: ['api://AzureADTokenExchange']
  }
}

output clientId string = deployer.properties.clientId
output principalId string = deployer.properties.principalId
