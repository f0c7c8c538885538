// The chat API in Entra: an application with one app role, its service principal, and who holds the role.
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

// We choose this ID; it has to be unique within the application only.
var chatComplete = {
  id: 'e4daf301-0003-4d9e-bf40-8c5b607f8e9d'
  value: 'Chat.Complete'
}

resource chatApplication 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'chat-api-${environmentName}'
  displayName: 'chat-api'
  signInAudience: 'AzureADMyOrg'
  identifierUris: [appIdUri]
  // As of the orders API: the gateway's policy expects tokens of version 2.
  api: { requestedAccessTokenVersion: 2 }
  appRoles: [
    {
      id: chatComplete.id
      value: chatComplete.value
      displayName: 'Chat with a model'
      description: 'Ask the models as a service, without a user.'
      allowedMemberTypes: ['Application']
      isEnabled: true
    }
  ]
}

resource chatServicePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: chatApplication.appId
  appRoleAssignmentRequired: assignmentRequired
}

resource callerChats 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (assignRoles) {
  appRoleId: chatComplete.id
  principalId: callerPrincipalId
  resourceId: chatServicePrincipal.id
}

output clientId string = chatApplication.appId
