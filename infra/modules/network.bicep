// The network of the private topology: one subnet for each kind of tenant.
// API Management, Entra and Application Insights keep public addresses. The function app and the gateway call them, so their subnets
// keep Azure's default way out, which is off in a new subnet unless it is written down.

@minLength(2)
@maxLength(64)
param name string

param location string
param tags { *: string }

// API Management asks for a security group on its subnet; the default rules allow what it needs.
resource gatewayRules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: 'nsg-keyless-gateway'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/24'
          defaultOutboundAccess: true
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
        properties: {
          addressPrefix: '10.0.1.0/24'
          defaultOutboundAccess: false
        }
      }
      {
        name: 'gateway'
        properties: {
          addressPrefix: '10.0.2.0/24'
          defaultOutboundAccess: true
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

output appSubnetId string = '${network.id}/subnets/app'
output gatewaySubnetId string = '${network.id}/subnets/gateway'
