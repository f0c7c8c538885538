#!/bin/sh
# Gives an app role of an API to a managed identity: what infra/modules/entra.bicep does when assignAppRoles is true.
#
#   assign-app-role.sh PRINCIPAL_ID API_CLIENT_ID [ROLE]
#
# PRINCIPAL_ID is the identity's principal (object) ID, not its client ID. ROLE is the role's value, Orders.Read unless given.
# Needs AppRoleAssignment.ReadWrite.All and Application.Read.All in Microsoft Graph. Running it twice does no harm.
set -eu

if [ "$#" -lt 2 ] || [ "$#" -gt 3 ]; then
    echo "usage: $0 PRINCIPAL_ID API_CLIENT_ID [ROLE]" >&2
    exit 2
fi
principal=$1
client=$2
role=${3:-Orders.Read}
graph=https://graph.microsoft.com/v1.0

api="$graph/servicePrincipals(appId='$client')"
resource=$(az rest --method get --url "$api?\$select=id" --query id --output tsv)
role_id=$(az rest --method get --url "$api?\$select=appRoles" --output tsv \
    --query "appRoles[?value=='$role' && isEnabled && contains(allowedMemberTypes, 'Application')].id | [0]")
if [ -z "$role_id" ] || [ "$role_id" = None ]; then
    echo "The API $client has no enabled app role $role for applications." >&2
    exit 1
fi

held=$(az rest --method get --url "$graph/servicePrincipals/$principal/appRoleAssignments" --output tsv \
    --query "length(value[?appRoleId=='$role_id' && resourceId=='$resource'])")
if [ "$held" != 0 ]; then
    echo "$principal already holds $role."
    exit 0
fi

az rest --method post --url "$graph/servicePrincipals/$resource/appRoleAssignedTo" --output none \
    --headers Content-Type=application/json \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$resource\",\"appRoleId\":\"$role_id\"}"
echo "$principal now holds $role. A token that was cached before, for up to 24 hours, does not show it."
