// One user-assigned identity for each duty. They outlive the function apps, and every region's app carries the same ones.
param location string
param tags object

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

output reader object = {
  id: reader.id
  clientId: reader.properties.clientId
  principalId: reader.properties.principalId
}

output writer object = {
  id: writer.id
  clientId: writer.properties.clientId
  principalId: writer.properties.principalId
}

output caller object = {
  id: caller.id
  clientId: caller.properties.clientId
  principalId: caller.properties.principalId
}
