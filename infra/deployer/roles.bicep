// The role assignments of the pipeline in the group of the app.
param principalId string

var roles = {
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c'
  accessAdministrator: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168'
}

// The roles that infra/modules/roles.bicep assigns to identities. A test compares the two.
var assignable = [
  '4633458b-17de-408a-b874-0445c86b69e6'
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  '3913510d-42f4-4e42-8a64-420c390055eb'
  '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'
]

// It assigns and removes these roles only, and only to identities: neither Owner, nor anything to a person.
var assignment = 'Microsoft.Authorization/roleAssignments'
var roleIds = join(assignable, ', ')
var isIdentity = 'ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'}'
var newRole = '@Request[${assignment}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roleIds}}'
var newHolder = '@Request[${assignment}:PrincipalType] ${isIdentity}'
var oldRole = '@Resource[${assignment}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roleIds}}'
var oldHolder = '@Resource[${assignment}:PrincipalType] ${isIdentity}'
var writes = '((!(ActionMatches{\'${assignment}/write\'})) OR (${newRole} AND ${newHolder}))'
var deletes = '((!(ActionMatches{\'${assignment}/delete\'})) OR (${oldRole} AND ${oldHolder}))'

resource deployerContributes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, roles.contributor)
  scope: resourceGroup()
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.contributor)
  }
}

resource deployerAssignsRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, roles.accessAdministrator)
  scope: resourceGroup()
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.accessAdministrator)
    condition: '${writes} AND ${deletes}'
    conditionVersion: '2.0'
  }
}
