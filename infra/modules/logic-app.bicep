// A Consumption workflow that makes the same call as the function app. Such a workflow takes one identity at most, so it has its own:
// the token for the vault and the token for the API are both its own.
@minLength(1)
@maxLength(43)
param name string

param location string
param tags { *: string }
param vaultUri string
param gatewayUrl string

@description('App ID URI of the orders API.')
param audience string

@description('Name of the secret that holds the subscription key.')
param subscriptionKeySecretName string

resource workflow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    state: 'Enabled'
    definition: {
      '$schema': 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
      contentVersion: '1.0.0.0'
      triggers: {
        every_hour: {
          type: 'Recurrence'
          // A start in the past: the first run is at the next half hour, not at creation, when roles and secret are missing.
          recurrence: {
            frequency: 'Hour'
            interval: 1
            startTime: '2026-01-01T00:30:00Z'
          }
        }
      }
      actions: {
        read_key: {
          type: 'Http'
          inputs: {
            method: 'GET'
            uri: '${vaultUri}/secrets/${subscriptionKeySecretName}'
            queries: { 'api-version': '7.4' }
            authentication: {
              type: 'ManagedServiceIdentity'
              // The audience of vaults, not the address of one.
              #disable-next-line no-hardcoded-env-urls
              audience: 'https://vault.azure.net'
            }
          }
          // Secured parts are left out of the run history.
          runtimeConfiguration: { secureData: { properties: ['inputs', 'outputs'] } }
        }
        list_orders: {
          type: 'Http'
          runAfter: { read_key: ['Succeeded'] }
          inputs: {
            method: 'GET'
            uri: '${gatewayUrl}/orders'
            headers: { 'Ocp-Apim-Subscription-Key': '@{body(\'read_key\')[\'value\']}' }
            authentication: {
              type: 'ManagedServiceIdentity'
              audience: audience
            }
          }
          runtimeConfiguration: { secureData: { properties: ['inputs'] } }
        }
      }
    }
  }
}

output principalId string = workflow.identity.principalId
