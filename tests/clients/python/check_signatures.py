"""Links to blobs without a key: `generate_blob_sas` with a user delegation key. Ends with 1 at the first thing that is not
as in Azure.
"""

import os
import uuid
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import (
    BlobClient,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    generate_blob_sas,
    generate_container_sas,
)

ACCOUNT = os.environ["STORAGE__blobServiceUri"]
NAME = ACCOUNT.split("//")[1].split(".")[0]
now = datetime.now(timezone.utc)
service = BlobServiceClient(ACCOUNT, ManagedIdentityCredential(client_id=os.environ["OWNER__clientId"]))
container = service.create_container(f"signed-{uuid.uuid4().hex[:12]}")
key = service.get_user_delegation_key(now - timedelta(minutes=1), now + timedelta(hours=1))
BLOB = "dir/ä b.txt"
container.upload_blob(BLOB, b"content", metadata={"Capital": "letter"})


def refused(code, call):
    try:
        call()
    except HttpResponseError as error:
        assert error.error_code == code, (error.status_code, error.error_code, code)
        return str(error)
    raise AssertionError(f"not refused with {code}")


def a_blob():
    token = generate_blob_sas(
        NAME, container.container_name, BLOB, user_delegation_key=key, expiry=now + timedelta(minutes=10),
        permission=BlobSasPermissions(read=True), content_type="text/plain",
    )
    blob = BlobClient(ACCOUNT, container.container_name, BLOB, credential=token)
    assert blob.download_blob().readall() == b"content"
    properties = blob.get_blob_properties()
    assert properties.content_settings.content_type == "text/plain", properties.content_settings
    assert properties.metadata == {"Capital": "letter"}, properties.metadata
    refused("AuthorizationPermissionMismatch", lambda: blob.upload_blob(b"more", overwrite=True))
    other = BlobClient(ACCOUNT, container.container_name, "other", credential=token)
    assert "Signature did not match" in refused("AuthenticationFailed", lambda: other.download_blob())
    print("a signed blob: read, and neither written nor another one read")


def a_container():
    token = generate_container_sas(
        NAME, container.container_name, user_delegation_key=key, expiry=now + timedelta(minutes=10),
        permission=ContainerSasPermissions(read=True, create=True, list=True),
    )
    signed = ContainerClient(ACCOUNT, container.container_name, credential=token)
    signed.upload_blob("new", b"new")
    refused("UnauthorizedBlobOverwrite", lambda: signed.upload_blob(BLOB, b"x", overwrite=True))
    assert [blob.name for blob in signed.list_blobs()] == [BLOB, "new"]
    refused("AuthorizationPermissionMismatch", lambda: signed.delete_blob("new"))
    refused("AuthorizationFailure", lambda: signed.set_container_metadata({"a": "b"}))
    print("a signed container: a new blob made, a list read, nothing overwritten or deleted")


def keys_are_not_permitted():
    token = generate_blob_sas(
        NAME, container.container_name, BLOB, account_key="AAAA", expiry=now + timedelta(minutes=10),
        permission=BlobSasPermissions(read=True),
    )
    signed = BlobClient(ACCOUNT, container.container_name, BLOB, credential=token)
    refused("KeyBasedAuthenticationNotPermitted", lambda: signed.download_blob())
    shared = BlobClient(ACCOUNT, container.container_name, BLOB, credential={"account_name": NAME, "account_key": "AAAA"})
    refused("KeyBasedAuthenticationNotPermitted", lambda: shared.download_blob())
    print("a key of the account and its signature: KeyBasedAuthenticationNotPermitted")


for check in (a_blob, a_container, keys_are_not_permitted):
    check()
container.delete_container()
print("ok")
