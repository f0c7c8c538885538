#!/bin/sh
# Stores the primary keys of the subscriptions of API Management in the vault: keyless-functions, and keyless-chat where a model is
# deployed.
#
# A key goes from Azure Resource Manager to the vault through the memory of this process: it is never printed, never an
# argument of a command (other users of the machine could see it) and never in a file or an exported variable.
# azd runs this after provisioning, with the outputs of main.bicep as environment. Run it again after renewing a key.
#
# A vault without public access refuses the secret from outside its network. That is no failure of the deployment: the script says what
# to run from inside and exits 0, so that azd goes on to deploy the code.
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

# store SUBSCRIPTION SECRET
store() {
    key=$(az rest --method post --url "$service/subscriptions/$1/listSecrets?api-version=2024-05-01" \
        --query primaryKey --output tsv)
    if [ -z "$key" ] || [ "$key" = None ]; then
        echo "API Management $gateway returned no key for the subscription $1." >&2
        exit 1
    fi

    # The role assignment of the deploying principal is minutes old at most. Azure may need a while to apply it.
    tries=20
    until refusal=$(printf '%s' "$key" | az keyvault secret set --vault-name "$vault" --name "$2" \
        --file /dev/stdin --encoding utf-8 --content-type text/plain --output none 2>&1); do
        case $refusal in
            *ForbiddenByConnection* | *ForbiddenByFirewall*)
                cat >&2 <<TEXT
The vault $vault accepts no request from this network, so the subscription key is not stored yet. Everything else is provisioned.
Run this on a machine inside the virtual network (a VM or a peered network that resolves privatelink.vaultcore.azure.net),
logged in with az as the principal that deployed, in a copy of this repository with its azd environment:

    azd hooks run postprovision

Until then the app answers, and its main job fails at Key Vault with SecretNotFound.
TEXT
                exit 0
                ;;
        esac
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then
            echo "$refusal" >&2
            echo "The vault $vault still refuses the secret. The principal that runs this needs Key Vault Secrets Officer on it." >&2
            exit 1
        fi
        echo "The vault $vault refuses the secret. Trying again in 15 seconds." >&2
        sleep 15
    done
    echo "Stored the key of the subscription $1 as $2 in $vault."
}

store keyless-functions "$APIM__subscriptionKeySecret"
# Empty where no model is deployed.
[ -n "${OPENAI__subscriptionKeySecret:-}" ] || exit 0
store keyless-chat "$OPENAI__subscriptionKeySecret"
