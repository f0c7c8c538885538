"""Python's own clients against local-azure: managed identity on App Service and on a virtual machine, and discovery.

Run it with the variables of `cargo local start --no-host --env-file FILE`; see ../README.md. Ends with 1 at the first
thing that is not as in Azure.
"""

import os
import time

import jwt
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    ClientAssertionCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

TENANT = os.environ["AZURE_TENANT_ID"]
AUTHORITY = "https://login.microsoftonline.com"
READER = os.environ["KEYVAULT__clientId"]
CALLER = os.environ["APIM__clientId"]
AUDIENCE = os.environ["APIM__audience"]


def claims_of(token, configuration):
    """Verifies a token as an API would: issuer and keys come from the discovery document, through the proxy."""
    document = jwt.PyJWKClient(configuration["jwks_uri"])
    key = document.get_signing_key_from_jwt(token)
    return jwt.decode(token, key.key, algorithms=["RS256"], issuer=configuration["issuer"], options={"verify_aud": False})


def configuration(version):
    answer = requests.get(f"{AUTHORITY}/{TENANT}{version}/.well-known/openid-configuration", timeout=10)
    answer.raise_for_status()
    return answer.json()


def app_service():
    token = ManagedIdentityCredential(client_id=CALLER).get_token(f"{AUDIENCE}/.default")
    claims = claims_of(token.token, configuration("/v2.0"))
    assert claims["azp"] == CALLER and claims["roles"], claims
    assert token.expires_on == claims["exp"] and token.expires_on > time.time() + 86_000
    print("app service: version 2 token with roles", claims["roles"])

    token = ManagedIdentityCredential(client_id=READER).get_token("https://vault.azure.net/.default")
    claims = claims_of(token.token, configuration(""))
    assert claims["aud"] == "https://vault.azure.net" and claims["appid"] == READER, claims
    print("app service: version 1 token for", claims["aud"])

    for credential, resource in [
        (ManagedIdentityCredential(), "https://vault.azure.net"),
        (ManagedIdentityCredential(client_id=TENANT), "https://vault.azure.net"),
    ]:
        try:
            credential.get_token(f"{resource}/.default")
        except (ClientAuthenticationError, CredentialUnavailableError) as error:
            print("app service: refused:", str(error).splitlines()[0][:140])
        else:
            raise AssertionError("a token for an identity that does not exist")


def virtual_machine():
    hidden = {name: os.environ.pop(name) for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
    token = ManagedIdentityCredential(client_id=CALLER).get_token(f"{AUDIENCE}/.default")
    claims = claims_of(token.token, configuration("/v2.0"))
    assert claims["azp"] == CALLER, claims
    print("virtual machine: version 2 token with roles", claims["roles"])
    try:
        ManagedIdentityCredential(client_id=CALLER).get_token("api://nobody/.default")
    except ClientAuthenticationError as error:
        assert "AADSTS500011" in str(error), error
        print("virtual machine: refused:", str(error).splitlines()[0][:140])
    else:
        raise AssertionError("a token for an API that does not exist")
    os.environ.update(hidden)


def token_endpoint():
    credential = ClientAssertionCredential(TENANT, CALLER, lambda: "not a token")
    try:
        credential.get_token(f"{AUDIENCE}/.default")
    except ClientAuthenticationError as error:
        assert "AADSTS50027" in str(error), error
        print("token endpoint: refused:", str(error).splitlines()[0][:140])
    else:
        raise AssertionError("a token for an assertion that is none")


def workload():
    token = WorkloadIdentityCredential(token_file_path=TOKEN_FILE).get_token(f"{AUDIENCE}/.default")
    claims = claims_of(token.token, configuration("/v2.0"))
    assert claims["azp"] == os.environ["AZURE_CLIENT_ID"], claims
    print("workload: version 2 token for", claims["azp"])


# A managed identity's client prefers these two to everything else, so they are kept for the last check.
TOKEN_FILE = os.environ.pop("AZURE_FEDERATED_TOKEN_FILE", None)
app_service()
virtual_machine()
token_endpoint()
if TOKEN_FILE:
    workload()
print("ok")
