// The network of the private topology: one subnet for each kind of tenant.
param location string
param tags object

// API Management asks for a security group on its subnet; the default rules allow what it needs.
resource gatewayRules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-keyless-gateway'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-keyless'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/24'
          delegations: [
            {
              name: 'app'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.0.1.0/24' }
      }
      {
        name: 'gateway'
        properties: {
          addressPrefix: '10.0.2.0/24'
          networkSecurityGroup: { id: gatewayRules.id }
          delegations: [
            {
              name: 'gateway'
              properties: { serviceName: 'Microsoft.Web/serverFarms' }
            }
          ]
        }
      }
    ]
  }
}

output name string = network.name
output appSubnetId string = '${network.id}/subnets/app'
output gatewaySubnetId string = '${network.id}/subnets/gateway'
