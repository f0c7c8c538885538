#!/bin/sh
# Stores the primary key of the APIM subscription keyless-functions in the vault.
#
# The key goes from Azure Resource Manager to the vault through this process's memory: it is never printed, never an
# argument of a command (where other users of the machine could see it) and never in a file or an exported variable.
# azd runs this after provisioning, with the outputs of main.bicep as environment. Run it again after renewing the key.
set -eu
set +x

: "${AZURE_SUBSCRIPTION_ID:?run this through azd, or export the values of azd env get-values}"
: "${AZURE_RESOURCE_GROUP:?}" "${APIM__baseUrl:?}" "${KEYVAULT__vaultUri:?}" "${APIM__subscriptionKeySecret:?}"

host_name() {
    name=${1#https://}
    printf '%s' "${name%%.*}"
}
gateway=$(host_name "$APIM__baseUrl")
vault=$(host_name "$KEYVAULT__vaultUri")

service="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.ApiManagement/service/$gateway"
key=$(az rest --method post --url "$service/subscriptions/keyless-functions/listSecrets?api-version=2024-05-01" \
    --query primaryKey --output tsv)
if [ -z "$key" ] || [ "$key" = None ]; then
    echo "API Management $gateway gave no key for the subscription keyless-functions." >&2
    exit 1
fi

# The role that lets us write was assigned moments ago and may take minutes to hold.
tries=20
while ! printf '%s' "$key" | az keyvault secret set --vault-name "$vault" --name "$APIM__subscriptionKeySecret" \
    --file /dev/stdin --encoding utf-8 --content-type text/plain --output none; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "The vault $vault still refuses the secret. Who runs this needs Key Vault Secrets Officer on it." >&2
        exit 1
    fi
    echo "Trying again in 15 seconds." >&2
    sleep 15
done
echo "Stored the key of the subscription keyless-functions as $APIM__subscriptionKeySecret in $vault."
