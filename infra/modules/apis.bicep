// The APIs of API Management. The policy documents are the files of apim/, byte for byte: what differs between
// deployments is in named values.
param gatewayName string

@description('Resource that callers request a token for. Azure refuses an empty named value.')
@minLength(1)
param ordersAppIdUri string

@description('Audience of those tokens.')
@minLength(1)
param ordersClientId string

@description('Base URL of the service behind the API.')
@minLength(1)
param ordersBackendUrl string

@description('The same for the chat API. Empty when no model is deployed.')
param chatAppIdUri string

param chatClientId string

var ordersTexts = {
  'tenant-id': tenant().tenantId
  'orders-app-id-uri': ordersAppIdUri
  'orders-client-id': ordersClientId
  'orders-read-role': 'Orders.Read'
}
var chatTexts = {
  'chat-app-id-uri': chatAppIdUri
  'chat-client-id': chatClientId
  'chat-role': 'Chat.Complete'
  'chat-tokens-per-minute': '20000'
}
var namedValueTexts = union(ordersTexts, empty(chatAppIdUri) ? {} : chatTexts)

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: gatewayName
}

resource namedValues 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = [
  for entry in items(namedValueTexts): {
    parent: service
    name: entry.key
    properties: {
      displayName: entry.key
      value: entry.value
      secret: false
    }
  }
]

resource globalPolicy 'Microsoft.ApiManagement/service/policies@2024-05-01' = {
  parent: service
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('../../apim/global.xml')
  }
  dependsOn: [namedValues]
}

resource orders 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'orders'
  properties: {
    displayName: 'Orders'
    path: 'orders'
    protocols: ['https']
    // Where requests go: no policy chooses a backend, so the API's own URL does.
    serviceUrl: ordersBackendUrl
    subscriptionRequired: true
    subscriptionKeyParameterNames: {
      header: 'Ocp-Apim-Subscription-Key'
      query: 'subscription-key'
    }
  }
}

resource listOrders 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = {
  parent: orders
  name: 'list-orders'
  properties: {
    displayName: 'List orders'
    method: 'GET'
    urlTemplate: '/'
  }
}

resource getOrder 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = {
  parent: orders
  name: 'get-order'
  properties: {
    displayName: 'Get an order'
    method: 'GET'
    urlTemplate: '/{id}'
    templateParameters: [
      {
        name: 'id'
        type: 'string'
        required: true
      }
    ]
  }
}

resource ordersPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: orders
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('../../apim/apis/orders.xml')
  }
  dependsOn: [namedValues]
}

resource internal 'Microsoft.ApiManagement/service/products@2024-05-01' = {
  parent: service
  name: 'internal'
  properties: {
    displayName: 'Internal'
    description: 'APIs for our own services.'
    state: 'published'
    subscriptionRequired: true
    approvalRequired: false
  }
}

resource internalOrders 'Microsoft.ApiManagement/service/products/apis@2024-05-01' = {
  parent: internal
  name: orders.name
}

resource internalPolicy 'Microsoft.ApiManagement/service/products/policies@2024-05-01' = {
  parent: internal
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('../../apim/products/internal.xml')
  }
  dependsOn: [namedValues]
}

resource functionsSubscription 'Microsoft.ApiManagement/service/subscriptions@2024-05-01' = {
  parent: service
  name: 'keyless-functions'
  properties: {
    displayName: 'keyless-functions'
    scope: internal.id
    state: 'active'
    allowTracing: false
  }
}
