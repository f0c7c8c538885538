"""Data tools on the account: a Delta table written and read, a file appended through fsspec, a list from an offset.

Ends with 1 at the first thing that is not as in Azure.
"""

import os
import uuid

import adlfs
import pyarrow
from azure.identity.aio import ManagedIdentityCredential
from deltalake import DeltaTable, write_deltalake
from obstore.store import AzureStore

ACCOUNT = os.environ["STORAGE__blobServiceUri"].split("//")[1].split(".")[0]
OWNER = os.environ["OWNER__clientId"]
CA = os.environ["SSL_CERT_FILE"]
run = uuid.uuid4().hex[:12]
OPTIONS = {
    "azure_storage_account_name": ACCOUNT,
    "azure_client_id": os.environ["CLIENT_ID"],
    "azure_client_secret": os.environ["CLIENT_SECRET"],
    "azure_tenant_id": os.environ["AZURE_TENANT_ID"],
}


def delta_table():
    url = f"az://snapshots/{run}/table"
    for number in range(3):
        write_deltalake(url, pyarrow.table({"n": [number]}), mode="append", storage_options=OPTIONS)
    table = DeltaTable(url, storage_options=OPTIONS)
    assert table.version() == 2 and sorted(table.to_pyarrow_table()["n"].to_pylist()) == [0, 1, 2]
    print("deltalake: three commits written, three rows read")


def append_through_fsspec():
    files = adlfs.AzureBlobFileSystem(ACCOUNT, credential=ManagedIdentityCredential(client_id=OWNER))
    path = f"snapshots/{run}/log.txt"
    for line in (b"one\n", b"two\n"):
        with files.open(path, "ab") as file:
            file.write(line)
    assert files.cat(path) == b"one\ntwo\n", files.cat(path)
    assert [name.rsplit("/", 1)[-1] for name in files.ls(f"snapshots/{run}")][-1] in ("log.txt", "table")
    print("adlfs: a file appended twice")


def list_from_an_offset():
    store = AzureStore(container_name="snapshots", config=OPTIONS)
    for name in "abcd":
        store.put(f"{run}/list/{name}", b"x")
    listed = [entry["path"].rsplit("/", 1)[-1] for entry in store.list(f"{run}/list", offset=f"{run}/list/b").collect()]
    assert listed == ["c", "d"], listed
    print("object_store: a list from an offset")


for check in (delta_table, append_through_fsspec, list_from_an_offset):
    check()
print("ok")
