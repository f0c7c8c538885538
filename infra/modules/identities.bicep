// One user-assigned identity for each duty. They outlive the function apps, and every region's app carries the same ones.

@description('What other modules need to know of an identity.')
type identity = {
  @description('Resource ID: what a function app carries.')
  id: string
  @description('Client ID: what an app asks a token with.')
  clientId: string
  @description('Object ID in Entra: what a role is assigned to.')
  principalId: string
}

param location string
param tags { *: string }

resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-keyless-reader'
  location: location
  tags: tags
}

resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-keyless-writer'
  location: location
  tags: tags
}

resource caller 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-keyless-caller'
  location: location
  tags: tags
}

@description('Reads secrets.')
output reader identity = {
  id: reader.id
  clientId: reader.properties.clientId
  principalId: reader.properties.principalId
}

@description('Writes blobs; also serves the Functions host.')
output writer identity = {
  id: writer.id
  clientId: writer.properties.clientId
  principalId: writer.properties.principalId
}

@description('Calls the orders API.')
output caller identity = {
  id: caller.id
  clientId: caller.properties.clientId
  principalId: caller.properties.principalId
}
