// The orders API in Entra: an application with one app role, its service principal, and who holds the role.
extension microsoftGraphV1

@description('Part of the unique name of the application.')
param environmentName string

@description('Resource that callers request a token for.')
@minLength(1)
param appIdUri string

@description('Whether Entra refuses a token to a caller without an app role.')
param assignmentRequired bool

@description('Whether to assign the app role. Needs AppRoleAssignment.ReadWrite.All.')
param assignRoles bool

@description('Object ID of the identity that calls the API.')
param callerPrincipalId string

@description('Empty when no workflow is deployed.')
param logicAppPrincipalId string

// We choose this ID; it has to be unique within the application only.
var ordersRead = {
  id: 'e4daf301-0001-4d9e-bf40-8c5b607f8e9d'
  value: 'Orders.Read'
}

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'orders-api-${environmentName}'
  displayName: 'orders-api'
  signInAudience: 'AzureADMyOrg'
  identifierUris: [appIdUri]
  // Version 2 tokens: issuer login.microsoftonline.com/{tenant}/v2.0, audience the client ID. The gateway's policy expects both.
  api: { requestedAccessTokenVersion: 2 }
  appRoles: [
    {
      id: ordersRead.id
      value: ordersRead.value
      displayName: 'Read orders'
      description: 'Read orders as a service, without a user.'
      allowedMemberTypes: ['Application']
      isEnabled: true
    }
  ]
}

resource servicePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
  appRoleAssignmentRequired: assignmentRequired
}

resource callerReadsOrders 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (assignRoles) {
  appRoleId: ordersRead.id
  principalId: callerPrincipalId
  resourceId: servicePrincipal.id
}

resource logicAppReadsOrders 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (assignRoles && !empty(logicAppPrincipalId)) {
  appRoleId: ordersRead.id
  principalId: logicAppPrincipalId
  resourceId: servicePrincipal.id
}

output clientId string = application.appId
