"""Python's own credentials that are no managed identity, under vault and blob clients, and one call through the gateway.

The vault client asks its credential for a token with `claims` (continuous access evaluation). Ends with 1 at the first
thing that is not as in Azure.
"""

import os

import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import BlobServiceClient

TENANT, CLIENT = os.environ["AZURE_TENANT_ID"], os.environ["CLIENT_ID"]
VAULT, BLOBS = os.environ["KEYVAULT__vaultUri"], os.environ["STORAGE__blobServiceUri"]


def client_secret():
    credential = ClientSecretCredential(TENANT, CLIENT, os.environ["CLIENT_SECRET"])
    assert SecretClient(VAULT, credential).get_secret("given").value == "from the seed"
    blob = BlobServiceClient(BLOBS, credential).get_blob_client("snapshots", "python/credentials")
    blob.upload_blob(b"content", overwrite=True)
    assert blob.download_blob().readall() == b"content"
    print("client secret: a secret read, a blob written")
    try:
        SecretClient(VAULT, ClientSecretCredential(TENANT, CLIENT, "wrong")).get_secret("given")
    except ClientAuthenticationError as error:
        assert "AADSTS7000215" in str(error), error
        print("client secret: refused:", str(error).splitlines()[0][:120])
    else:
        raise AssertionError("a token for a wrong secret")


def gateway():
    reader = ManagedIdentityCredential(client_id=os.environ["KEYVAULT__clientId"])
    key = SecretClient(VAULT, reader).get_secret("orders-subscription-key").value
    token = ManagedIdentityCredential(client_id=os.environ["APIM__clientId"]).get_token("api://orders/.default").token
    url = os.environ["APIM__baseUrl"] + "/orders"
    headers = {"Authorization": f"Bearer {token}", "Ocp-Apim-Subscription-Key": key}
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    assert requests.get(url, headers={**headers, "Authorization": "Bearer x"}, timeout=10).status_code == 401
    print("gateway: an order list with token and key, and none without")


def a_host_that_is_not_there():
    credential = ManagedIdentityCredential(client_id=os.environ["KEYVAULT__clientId"])
    for call in (
        lambda: SecretClient("https://other.vault.azure.net", credential).get_secret("a"),
        lambda: BlobServiceClient("https://other.blob.core.windows.net", credential).get_blob_client("a", "b").upload_blob(b""),
    ):
        try:
            call()
        except HttpResponseError as error:
            assert "is not in the seed" in str(error), error
        else:
            raise AssertionError("an answer of a host that the seed does not name")
    print("a host that is not in the seed: the reason, at once")


for check in (client_secret, gateway, a_host_that_is_not_there):
    check()
print("ok")
