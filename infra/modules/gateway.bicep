// API Management itself: its identity, and telemetry by Entra token. What it serves stands in apis.bicep.
@description('Globally unique: it is the host name.')
@minLength(1)
@maxLength(50)
param name string

param location string
param tags { *: string }
param sku 'Consumption' | 'Developer' | 'BasicV2' | 'StandardV2' | 'PremiumV2'
param publisherEmail string
param componentName string

@description('Subnet for outbound calls, or empty. StandardV2 and PremiumV2 only.')
param subnetId string

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    capacity: sku == 'Consumption' ? 0 : 1
  }
  identity: { type: 'SystemAssigned' }
  properties: {
    publisherEmail: publisherEmail
    publisherName: 'keyless-functions'
    virtualNetworkType: empty(subnetId) ? 'None' : 'External'
    virtualNetworkConfiguration: empty(subnetId) ? null : { subnetResourceId: subnetId }
  }
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'application-insights'
  properties: {
    loggerType: 'applicationInsights'
    resourceId: component.id
    credentials: {
      connectionString: component.properties.ConnectionString
      identityClientId: 'SystemAssigned'
    }
  }
}

// No headers and no bodies are listed, so neither tokens nor keys reach the telemetry.
resource diagnostics 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: {
    loggerId: logger.id
    alwaysLog: 'allErrors'
    httpCorrelationProtocol: 'W3C'
    logClientIp: false
    metrics: true
    verbosity: 'information'
    sampling: {
      samplingType: 'fixed'
      percentage: 100
    }
  }
}

output url string = service.properties.gatewayUrl
output principalId string = service.identity.principalId
