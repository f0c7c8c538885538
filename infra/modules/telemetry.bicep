// The receivers of the handler's own traces, logs and metrics by OTLP: an endpoint, a rule that says where each goes, and a store of metrics.
// No key opens any of them: the handler's identity has a role on the rule.
param workspaceName string
param componentName string
param accountName string
param endpointName string
param ruleName string
param location string
param tags { *: string }

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource account 'Microsoft.Monitor/accounts@2023-04-03' = {
  name: accountName
  location: location
  tags: tags
}

resource endpoint 'Microsoft.Insights/dataCollectionEndpoints@2024-03-11' = {
  name: endpointName
  location: location
  tags: tags
  properties: { networkAcls: { publicNetworkAccess: 'Enabled' } }
}

var reference = 'component'

resource rule 'Microsoft.Insights/dataCollectionRules@2024-03-11' = {
  name: ruleName
  location: location
  tags: tags
  properties: {
    dataCollectionEndpointId: endpoint.id
    references: { applicationInsights: [{ resourceId: component.id, name: reference }] }
    directDataSources: {
      otelTraces: [
        {
          name: 'traces'
          streams: ['Microsoft-OTel-Traces-Spans', 'Microsoft-OTel-Traces-Events', 'Microsoft-OTel-Traces-Resources']
          enrichWithReference: reference
          enrichWithResourceAttributes: ['*']
          replaceResourceIdWithReference: true
        }
      ]
      otelLogs: [
        {
          name: 'logs'
          streams: ['Microsoft-OTel-Logs']
          enrichWithReference: reference
          enrichWithResourceAttributes: ['*']
          replaceResourceIdWithReference: true
        }
      ]
      otelMetrics: [
        {
          name: 'metrics'
          streams: ['Custom-Metrics-Otel']
          enrichWithReference: reference
          enrichWithResourceAttributes: ['*']
        }
      ]
    }
    destinations: {
      logAnalytics: [{ workspaceResourceId: workspace.id, name: 'workspace' }]
      monitoringAccounts: [{ accountResourceId: account.id, name: 'account' }]
    }
    dataFlows: [
      {
        streams: [
          'Microsoft-OTel-Traces-Spans'
          'Microsoft-OTel-Traces-Events'
          'Microsoft-OTel-Traces-Resources'
          'Microsoft-OTel-Logs'
        ]
        destinations: ['workspace']
      }
      {
        streams: ['Custom-Metrics-Otel']
        destinations: ['account']
      }
    ]
  }
}

var logs = '${endpoint.properties.logsIngestion.endpoint}/datacollectionRules/${rule.properties.immutableId}/streams'
var metrics = '${endpoint.properties.metricsIngestion.endpoint}/datacollectionRules/${rule.properties.immutableId}/streams'

output tracesEndpoint string = '${logs}/Microsoft-OTLP-Traces/otlp/v1/traces'
output logsEndpoint string = '${logs}/Microsoft-OTLP-Logs/otlp/v1/logs'
output metricsEndpoint string = '${metrics}/Custom-Metrics-Otel/otlp/v1/metrics'
