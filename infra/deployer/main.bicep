// The identity that deploys from GitHub Actions without a key. A person deploys this once; docs/deploy.md says how. GitHub's own token is the only credential: Entra accepts it from one environment of one repository.
targetScope = 'subscription'

@description('Name of the azd environment that the pipeline deploys.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of the resource groups and the identity.')
@minLength(1)
param location string

@description('Subject of the tokens of GitHub: repo:OWNER/REPOSITORY:environment:azure, or as GitHub shows it for the repository.')
@minLength(20)
param subject string

var tags = { 'azd-env-name': environmentName }

// The group of the app, as infra/main.bicep declares it: the pipeline may change what is in it.
resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-keyless-${environmentName}'
  location: location
  tags: tags
}

// Its own group: the pipeline cannot change which tokens the identity accepts, and `azd down` leaves it alone.
resource deployerGroup 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-keyless-deployer-${environmentName}'
  location: location
}

module identity 'identity.bicep' = {
  scope: deployerGroup
  params: {
    location: location
    subject: subject
  }
}

module roles 'roles.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
  }
}

module deployments 'deployments.bicep' = {
  params: {
    environmentName: environmentName
    principalId: identity.outputs.principalId
  }
}

// Variables of the repository, by these names. None is a secret.
output AZURE_CLIENT_ID string = identity.outputs.clientId
output AZURE_PRINCIPAL_ID string = identity.outputs.principalId
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_SUBSCRIPTION_ID string = subscription().subscriptionId
