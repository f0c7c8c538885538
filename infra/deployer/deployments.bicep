// A deployment of the subscription needs rights there, and these are all: none of them changes a resource.
targetScope = 'subscription'

param environmentName string
param principalId string

var subscriptionId = subscription().id

resource deployments 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscriptionId, environmentName, 'keyless deployments')
  properties: {
    roleName: 'Keyless deployments (${environmentName})'
    description: 'Starts deployments of the subscription and reads their state. What they change needs other roles.'
    type: 'CustomRole'
    assignableScopes: [subscriptionId]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/deployments/*'
          'Microsoft.Resources/subscriptions/read'
          'Microsoft.Resources/subscriptions/locations/read'
          'Microsoft.Resources/subscriptions/operationresults/read'
          'Microsoft.Resources/subscriptions/providers/read'
          'Microsoft.Resources/subscriptions/resourceGroups/read'
        ]
      }
    ]
  }
}

resource deployerDeploys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscriptionId, principalId, deployments.id)
  scope: subscription()
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: deployments.id
  }
}
