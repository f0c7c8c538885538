// The models behind API Management: two accounts in a pool, one API for each surface of Azure OpenAI, a product with a subscription, and
// what is measured. The policy documents are the files of apim/, byte for byte; the values that they name stand in apis.bicep.
param gatewayName string
param workspaceName string

@description('Accounts that share the calls. Each has the deployment `chat`.')
@minLength(2)
@maxLength(2)
param accountNames string[]

var backendNames = ['chat-1', 'chat-2']
var deploymentBackendNames = ['chat-deployments-1', 'chat-deployments-2']

// A refusal opens the circuit for the time that the account asks for, and the pool goes on with the other one.
var breaker = {
  rules: [
    {
      name: 'refusals'
      failureCondition: {
        count: 3
        interval: 'PT10S'
        statusCodeRanges: [
          {
            min: 429
            max: 429
          }
          {
            min: 500
            max: 599
          }
        ]
      }
      tripDuration: 'PT10S'
      acceptRetryAfter: true
    }
  ]
}

// A subscription key has the header of the model's own keys, so that clients of Azure OpenAI send it unchanged.
var keyNames = {
  header: 'api-key'
  query: 'api-key'
}

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: gatewayName
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' existing = {
  parent: service
  name: 'application-insights'
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

// The policy of the API gets the token of the gateway's identity.
resource accounts 'Microsoft.ApiManagement/service/backends@2024-05-01' = [
  for (name, i) in accountNames: {
    parent: service
    name: backendNames[i]
    properties: {
      url: 'https://${name}.openai.azure.com/openai/v1'
      protocol: 'http'
      circuitBreaker: breaker
    }
  }
]

resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: service
  name: 'chat-models'
  // A pool has no address.
  #disable-next-line BCP035
  properties: {
    type: 'Pool'
    pool: {
      services: [
        for i in range(0, length(accountNames)): {
          id: accounts[i].id
          priority: 1
          weight: 1
        }
      ]
    }
  }
}

// The backend gets the token: the shorter form of the same.
resource deploymentAccounts 'Microsoft.ApiManagement/service/backends@2024-05-01' = [
  for (name, i) in accountNames: {
    parent: service
    name: deploymentBackendNames[i]
    properties: {
      url: 'https://${name}.openai.azure.com/openai'
      protocol: 'http'
      credentials: {
        // The types do not have it.
        #disable-next-line BCP037
        managedIdentity: { resource: 'https://cognitiveservices.azure.com' }
      }
      circuitBreaker: breaker
    }
  }
]

resource deploymentPool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: service
  name: 'chat-deployment-models'
  #disable-next-line BCP035
  properties: {
    type: 'Pool'
    pool: {
      services: [
        for i in range(0, length(accountNames)): {
          id: deploymentAccounts[i].id
          priority: 1
          weight: 1
        }
      ]
    }
  }
}

resource chat 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'chat'
  properties: {
    displayName: 'Chat'
    path: 'openai/v1'
    protocols: ['https']
    subscriptionRequired: true
    subscriptionKeyParameterNames: keyNames
  }
}

var operations = [
  {
    id: 'create-chat-completion'
    method: 'POST'
    template: '/chat/completions'
  }
  {
    id: 'create-response'
    method: 'POST'
    template: '/responses'
  }
  {
    id: 'create-embedding'
    method: 'POST'
    template: '/embeddings'
  }
  {
    id: 'list-models'
    method: 'GET'
    template: '/models'
  }
]

resource chatOperations 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [
  for operation in operations: {
    parent: chat
    name: operation.id
    properties: {
      displayName: operation.id
      method: operation.method
      urlTemplate: operation.template
    }
  }
]

resource chatPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: chat
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('../../apim/apis/chat.xml')
  }
  dependsOn: [pool]
}

// The surface with deployments and versions, for clients that know no other.
resource chatDeployments 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'chat-deployments'
  properties: {
    displayName: 'Chat by deployments'
    path: 'openai'
    protocols: ['https']
    subscriptionRequired: true
    subscriptionKeyParameterNames: keyNames
  }
}

var deploymentParameter = [
  {
    name: 'deployment'
    type: 'string'
    required: true
  }
]

resource deploymentChatCompletions 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = {
  parent: chatDeployments
  name: 'create-chat-completion'
  properties: {
    displayName: 'create-chat-completion'
    method: 'POST'
    urlTemplate: '/deployments/{deployment}/chat/completions'
    templateParameters: deploymentParameter
  }
}

resource deploymentEmbeddings 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = {
  parent: chatDeployments
  name: 'create-embedding'
  properties: {
    displayName: 'create-embedding'
    method: 'POST'
    urlTemplate: '/deployments/{deployment}/embeddings'
    templateParameters: deploymentParameter
  }
}

// Responses stand beside the deployments: their model is in the body.
resource versionedResponses 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = {
  parent: chatDeployments
  name: 'create-response'
  properties: {
    displayName: 'create-response'
    method: 'POST'
    urlTemplate: '/responses'
  }
}

resource chatDeploymentsPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: chatDeployments
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('../../apim/apis/chat-deployments.xml')
  }
  dependsOn: [deploymentPool]
}

resource models 'Microsoft.ApiManagement/service/products@2024-05-01' = {
  parent: service
  name: 'models'
  properties: {
    displayName: 'Models'
    description: 'Language models for our own services.'
    state: 'published'
    subscriptionRequired: true
    approvalRequired: false
  }
}

resource modelsChat 'Microsoft.ApiManagement/service/products/apis@2024-05-01' = {
  parent: models
  name: chat.name
}

resource modelsChatDeployments 'Microsoft.ApiManagement/service/products/apis@2024-05-01' = {
  parent: models
  name: chatDeployments.name
}

resource modelsPolicy 'Microsoft.ApiManagement/service/products/policies@2024-05-01' = {
  parent: models
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('../../apim/products/models.xml')
  }
}

resource chatSubscription 'Microsoft.ApiManagement/service/subscriptions@2024-05-01' = {
  parent: service
  name: 'keyless-chat'
  properties: {
    displayName: 'keyless-chat'
    scope: models.id
    state: 'active'
    allowTracing: false
  }
}

// Without metrics here, the policy that counts tokens sends nothing.
resource chatMetrics 'Microsoft.ApiManagement/service/apis/diagnostics@2024-05-01' = {
  parent: chat
  name: 'applicationinsights'
  properties: {
    loggerId: logger.id
    alwaysLog: 'allErrors'
    httpCorrelationProtocol: 'W3C'
    logClientIp: false
    metrics: true
    sampling: {
      samplingType: 'fixed'
      percentage: 100
    }
  }
}

resource monitorLogger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'azuremonitor'
  properties: {
    loggerType: 'azureMonitor'
    isBuffered: false
  }
}

// Model, tokens and outcome of each call. Requests and responses are not listed, so no prompt reaches the log.
resource chatLog 'Microsoft.ApiManagement/service/apis/diagnostics@2025-09-01-preview' = {
  parent: chat
  name: 'azuremonitor'
  properties: {
    loggerId: monitorLogger.id
    logClientIp: false
    largeLanguageModel: { logs: 'enabled' }
  }
}

resource export 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'llm-log'
  scope: service
  properties: {
    workspaceId: workspace.id
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'GatewayLlmLogs'
        enabled: true
      }
    ]
  }
}
