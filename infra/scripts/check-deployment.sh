#!/bin/sh
# Checks each link of the deployed chain, with the rights of whoever is logged in to az, and says which one is broken and what mends it.
#
#   check-deployment.sh
#
# Reads the values of `azd env get-values`, or the same names from the environment. Never asks for the value of a secret. Exit 0: every
# link holds. Exit 1: one does not, or could not be looked at.
set -eu
set +x

if [ -z "${AZURE_RESOURCE_GROUP:-}" ]; then
    values=$(azd env get-values) || { echo "Run this in the repository, after azd provision." >&2; exit 2; }
    eval "$values"
fi
: "${AZURE_SUBSCRIPTION_ID:?}" "${AZURE_RESOURCE_GROUP:?}" "${KEYVAULT__vaultUri:?}" "${KEYVAULT__clientId:?}"
: "${STORAGE__blobServiceUri:?}" "${STORAGE__clientId:?}" "${APIM__baseUrl:?}" "${APIM__clientId:?}"
: "${APIM__audience:?}" "${APIM__subscriptionKeySecret:?}" "${SNAPSHOT_CONTAINER:?}"
group=$AZURE_RESOURCE_GROUP
graph=https://graph.microsoft.com/v1.0

number=0
broken=0
# say SERVICE OUTCOME WHAT: one line, as `cargo local demo` prints a link.
say() {
    number=$((number + 1))
    printf '%3d  %-18s %-4s %s\n' "$number" "$1" "$2" "$3"
}
holds() { say "$1" ok "$2"; }
fails() {
    say "$1" no "$2"
    printf '%28s%s\n' '' "$3"
    broken=$((broken + 1))
}
host_name() {
    name=${1#https://}
    printf '%s' "${name%%.*}"
}
vault=$(host_name "$KEYVAULT__vaultUri")
storage=$(host_name "$STORAGE__blobServiceUri")
gateway=$(host_name "$APIM__baseUrl")

# 1 identity: the app carries the three identities that its settings name.
app=$(az functionapp list --resource-group "$group" --query "[?tags.\"azd-service-name\"=='handler'].name | [0]" --output tsv)
if [ -z "$app" ] || [ "$app" = None ]; then
    echo "There is no function app in $group, or you may not see it: Reader on the group lets you." >&2
    exit 2
fi
carried=$(az functionapp show --resource-group "$group" --name "$app" --output tsv \
    --query 'identity.userAssignedIdentities.*.clientId' | tr '\t' '\n')
for client in "$KEYVAULT__clientId" "$STORAGE__clientId" "$APIM__clientId"; do
    if printf '%s\n' "$carried" | grep -qix "$client"; then
        holds 'function app' "$app carries the identity $client"
    else
        fails 'function app' "$app does not carry the identity $client" \
            'A token is refused with 400, No User Assigned or Delegated Managed Identity found. Mend: azd provision.'
    fi
done

principal_of() {
    az identity list --resource-group "$group" --query "[?clientId=='$1'].principalId | [0]" --output tsv
}
# role SERVICE WHO PRINCIPAL_ID ROLE SCOPE: whether an identity holds a role on a scope, or above it.
role() {
    held=$(az role assignment list --scope "$5" --include-inherited --output tsv \
        --query "length([?principalId=='$3' && roleDefinitionName=='$4'])")
    if [ "${held:-0}" -gt 0 ] 2>/dev/null; then
        holds "$1" "$2 is $4 on ${5##*/}"
    else
        fails "$1" "$2 is not $4 on ${5##*/}" 'Calls are refused with 403. Mend: azd provision, then allow minutes.'
    fi
}
# 2 role
vault_id=$(az keyvault show --name "$vault" --query id --output tsv)
storage_id=$(az storage account show --name "$storage" --query id --output tsv)
role 'Key Vault' "$KEYVAULT__clientId" "$(principal_of "$KEYVAULT__clientId")" 'Key Vault Secrets User' "$vault_id"
role 'Blob Storage' "$STORAGE__clientId" "$(principal_of "$STORAGE__clientId")" 'Storage Blob Data Contributor' \
    "$storage_id/blobServices/default/containers/$SNAPSHOT_CONTAINER"

# 3 secret
# secret NAME: whether the vault has it, enabled.
secret() {
    if enabled=$(az keyvault secret show --id "$KEYVAULT__vaultUri/secrets/$1" \
        --query attributes.enabled --output tsv 2>&1); then
        if [ "$enabled" = true ]; then
            holds 'Key Vault' "the secret $1 is there and enabled"
        else
            fails 'Key Vault' "the secret $1 is disabled" 'Mend: azd hooks run postprovision.'
        fi
    else
        case $enabled in
            *SecretNotFound*)
                fails 'Key Vault' "the secret $1 is missing" 'Mend: azd hooks run postprovision.'
                ;;
            *ForbiddenByConnection* | *ForbiddenByFirewall*)
                fails 'Key Vault' "$vault accepts no request from this network" 'Run this inside the network.'
                ;;
            *)
                fails 'Key Vault' "you may not look at the secret $1" 'Key Vault Secrets Officer or User on the vault lets you.'
                ;;
        esac
    fi
}
secret "$APIM__subscriptionKeySecret"

# 4 app role
# app_role CLIENT_ID SETTING AUDIENCE: whether an identity holds an app role of the API, whose service principal stays in $api.
app_role() {
    api=$(az ad sp list --filter "servicePrincipalNames/any(name:name eq '$3')" --query '[0].id' --output tsv)
    if [ -z "$api" ] || [ "$api" = None ]; then
        api=
        fails 'Entra ID' "no API answers to $3" "A token is refused with 500. Compare $2 with the App ID URI."
        return
    fi
    caller=$(principal_of "$1")
    roles=$(az rest --method get --url "$graph/servicePrincipals/$caller/appRoleAssignments" --output tsv \
        --query "length(value[?resourceId=='$api'])")
    if [ "${roles:-0}" -gt 0 ] 2>/dev/null; then
        holds 'Entra ID' "$1 holds an app role of $3"
    else
        fails 'Entra ID' "$1 holds no app role of $3" \
            'The gateway refuses its token with 401. Mend: infra/scripts/assign-app-role.sh.'
    fi
}
app_role "$APIM__clientId" APIM__audience "$APIM__audience"

# 5 named values: what the policy compares a token with.
service="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.ApiManagement/service/$gateway"
named_value() {
    az rest --method get --url "$service/namedValues/$1?api-version=2024-05-01" --query properties.value --output tsv
}
expect() {
    found=$(named_value "$1" 2>/dev/null) || found=
    if [ "$found" = "$2" ]; then
        holds 'API Management' "the named value $1 is $2"
    else
        fails 'API Management' "the named value $1 is ${found:-missing}, not $2" 'Its policy refuses every token. Mend: azd provision.'
    fi
}
expect orders-app-id-uri "$APIM__audience"
expect tenant-id "$(az account show --query tenantId --output tsv)"
if [ -n "$api" ]; then
    expect orders-client-id "$(az ad sp show --id "$api" --query appId --output tsv)"
fi

# 6 the gateway's answer: it asks for a key first, so 401 means that the API is there and closed.
# closed METHOD PATH URL
closed() {
    status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 30 --request "$1" "$3") || status=000
    case $status in
        401) holds 'API Management' "$1 $2 without a key is refused with 401" ;;
        404) fails 'API Management' "$1 $2 is unknown (404)" 'The API is not deployed. Mend: azd provision.' ;;
        000) fails 'API Management' "$gateway does not answer" 'Compare APIM__baseUrl, and the network.' ;;
        2*) fails 'API Management' "$1 $2 without a key is served ($status)" 'The API is open. Mend: azd provision.' ;;
        *) fails 'API Management' "$1 $2 without a key is answered $status, not 401" 'See its log in Application Insights.' ;;
    esac
}
closed GET /orders "$APIM__baseUrl/orders"

# 7 the model, where there is one: its key and its app role, as above; and the gateway alone may ask it, without a key.
if [ -n "${OPENAI__audience:-}" ]; then
    : "${OPENAI__baseUrl:?}" "${OPENAI__clientId:?}" "${OPENAI__subscriptionKeySecret:?}"
    secret "$OPENAI__subscriptionKeySecret"
    app_role "$OPENAI__clientId" OPENAI__audience "$OPENAI__audience"
    expect chat-app-id-uri "$OPENAI__audience"
    if [ -n "$api" ]; then
        expect chat-client-id "$(az ad sp show --id "$api" --query appId --output tsv)"
    fi
    own=$(az apim show --name "$gateway" --resource-group "$group" --query identity.principalId --output tsv)
    models=$(az cognitiveservices account list --resource-group "$group" --query "[?kind=='OpenAI'].id" --output tsv)
    if [ -z "$models" ]; then
        fails 'Azure OpenAI' "there is no account in $group, or you may not see it" 'Mend: azd provision.'
    fi
    for model in $models; do
        role 'Azure OpenAI' "$gateway" "$own" 'Cognitive Services OpenAI User' "$model"
        keyless=$(az cognitiveservices account show --ids "$model" --query properties.disableLocalAuth --output tsv)
        if [ "$keyless" = true ]; then
            holds 'Azure OpenAI' "${model##*/} takes no keys"
        else
            fails 'Azure OpenAI' "${model##*/} takes keys" 'Who has one goes round the gateway. Mend: azd provision.'
        fi
    done
    closed POST /openai/v1/chat/completions "$OPENAI__baseUrl/chat/completions"
fi

# 8 the app itself
status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 60 "https://$app.azurewebsites.net/api/health") || status=000
case $status in
    200) holds 'function app' 'GET /api/health is answered 200' ;;
    *) fails 'function app' "GET /api/health is answered $status" 'Mend: azd deploy; then az webapp log tail.' ;;
esac

if [ "$broken" -gt 0 ]; then
    printf '\n%s of %s links are broken.\n' "$broken" "$number"
    exit 1
fi
printf '\nall %s links hold\n' "$number"
