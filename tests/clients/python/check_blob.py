"""Python's own Blob client against local-azure: large content, conditions, leases, tags, lists, every kind of blob.

Run it with the variables of `cargo local start --no-host --seed tests/clients/seed.toml --env-file FILE`; see ../README.md.
Ends with 1 at the first thing that is not as in Azure.
"""

import datetime
import hashlib
import os
import uuid

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import (
    BlobBlock,
    BlobServiceClient,
    ContentSettings,
    StandardBlobTier,
)

credential = ManagedIdentityCredential(client_id=os.environ["OWNER__clientId"])
service = BlobServiceClient(os.environ["STORAGE__blobServiceUri"], credential=credential)
container = service.get_container_client(f"python-{uuid.uuid4().hex[:12]}")


def refused(code, call):
    try:
        call()
    except HttpResponseError as error:
        assert error.error_code == code, (error.status_code, error.error_code, code)
    else:
        raise AssertionError(f"not refused with {code}")


def large():
    content = os.urandom(1024 * 1024) * 70
    blob = container.get_blob_client("large/seventy MiB.bin")
    settings = ContentSettings(content_type="application/x-random", cache_control="no-store")
    blob.upload_blob(content, max_concurrency=4, content_settings=settings, metadata={"source": "python"})
    properties = blob.get_blob_properties()
    assert properties.size == len(content) and properties.metadata == {"source": "python"}
    assert properties.content_settings.content_type == "application/x-random"
    read = blob.download_blob(max_concurrency=4).readall()
    assert hashlib.sha256(read).digest() == hashlib.sha256(content).digest()
    part = blob.download_blob(offset=1_000_000, length=3_000_000, validate_content=True).readall()
    assert part == content[1_000_000:4_000_000]
    print("large: 70 MiB in blocks, back whole and in part")


def conditions():
    blob = container.get_blob_client("conditions")
    first = blob.upload_blob(b"first", validate_content=True)
    refused("BlobAlreadyExists", lambda: blob.upload_blob(b"again"))
    blob.upload_blob(b"second", overwrite=True)
    stale = dict(etag=first["etag"], match_condition=MatchConditions.IfNotModified)
    refused("ConditionNotMet", lambda: blob.set_blob_metadata({"a": "b"}, **stale))
    refused("ConditionNotMet", lambda: blob.delete_blob(**stale))
    assert container.get_blob_client("empty").upload_blob(b"")["etag"]
    assert container.get_blob_client("empty").download_blob().readall() == b""
    assert not container.get_blob_client("nothing").exists()
    refused("BlobNotFound", lambda: container.get_blob_client("nothing").download_blob())
    print("conditions: an older version is not written, no blob is made twice")


def leases():
    blob = container.get_blob_client("leased")
    blob.upload_blob(b"content")
    lease = blob.acquire_lease(lease_duration=-1)
    refused("LeaseIdMissing", lambda: blob.upload_blob(b"other", overwrite=True))
    refused("LeaseAlreadyPresent", lambda: blob.acquire_lease())
    blob.upload_blob(b"mine", overwrite=True, lease=lease)
    lease.change(str(uuid.uuid4()))
    lease.renew()
    assert blob.get_blob_properties().lease.state == "leased"
    assert lease.break_lease(lease_break_period=0) == 0
    assert blob.get_blob_properties().lease.state == "broken"
    blob.upload_blob(b"anybody's", overwrite=True)
    held = container.acquire_lease(lease_duration=15)
    refused("LeaseIdMissing", container.delete_container)
    held.release()
    print("leases: of a blob and of the container")


def tags_and_tiers():
    blob = container.get_blob_client("tagged")
    blob.upload_blob(b"content", tags={"project": "keyless", "a b": "1/2"}, standard_blob_tier=StandardBlobTier.COOL)
    assert blob.get_blob_tags() == {"project": "keyless", "a b": "1/2"}
    blob.set_blob_tags({"project": "other"})
    properties = blob.get_blob_properties()
    assert properties.tag_count == 1 and properties.blob_tier == "Cool"
    blob.set_standard_blob_tier(StandardBlobTier.COLD)
    assert blob.get_blob_properties().blob_tier == "Cold"
    listed = {one.name: one.tags for one in container.list_blobs(include=["tags"])}
    assert listed["tagged"] == {"project": "other"}, listed
    print("tags and tiers")


def lists():
    for name in ["list/a/1", "list/a/2", "list/b", "list/ü & <c>"]:
        container.upload_blob(name, b"x", metadata={"name": "1"})
    pages = [[one.name for one in page] for page in container.list_blobs("list/", results_per_page=3).by_page()]
    assert pages == [["list/a/1", "list/a/2", "list/b"], ["list/ü & <c>"]], pages
    assert all(one.metadata == {"name": "1"} for one in container.list_blobs("list/", include=["metadata"]))
    walked = [one.name for one in container.walk_blobs("list/", delimiter="/")]
    assert sorted(walked) == ["list/a/", "list/b", "list/ü & <c>"], walked
    assert container.container_name in [one.name for one in service.list_containers("python-")]
    print("lists: in pages, by prefix, as a hierarchy; containers")


def blocks():
    blob = container.get_blob_client("blocks")
    blob.stage_block("0001", b"one,")
    blob.stage_block("0002", b"two", validate_content=True)
    assert len(blob.get_block_list("uncommitted")[1]) == 2
    blob.commit_block_list([BlobBlock("0001"), BlobBlock("0002"), BlobBlock("0001")])
    assert blob.download_blob().readall() == b"one,twoone,"
    assert [block.size for block in blob.get_block_list("committed")[0]] == [4, 3, 4]
    refused("InvalidBlockList", lambda: blob.commit_block_list([BlobBlock("0003")]))
    print("blocks")


def append_and_page():
    log = container.get_blob_client("log")
    log.create_append_blob()
    assert log.append_block(b"one,")["blob_append_offset"] == "0"
    assert log.append_block(b"two", appendpos_condition=4)["blob_committed_block_count"] == 2
    refused("AppendPositionConditionNotMet", lambda: log.append_block(b"x", appendpos_condition=0))
    log.seal_append_blob()
    refused("BlobIsSealed", lambda: log.append_block(b"x"))
    assert log.download_blob().readall() == b"one,two"

    disk = container.get_blob_client("disk")
    disk.create_page_blob(4096, sequence_number=1)
    disk.upload_page(b"p" * 1024, offset=512, length=1024)
    disk.clear_page(offset=512, length=512)
    ranges = [(one.start, one.end) for one in disk.list_page_ranges()]
    assert ranges == [(1024, 1535)], ranges
    disk.resize_blob(2048)
    disk.set_sequence_number("increment")
    properties = disk.get_blob_properties()
    assert properties.size == 2048 and properties.page_blob_sequence_number == 2
    assert disk.download_blob().readall() == b"\0" * 1024 + b"p" * 512 + b"\0" * 512
    print("append and page blobs")


def copies():
    source = container.get_blob_client("conditions")
    copy = container.get_blob_client("copy")
    started = copy.start_copy_from_url(source.url)
    assert started["copy_status"] == "success" and copy.download_blob().readall() == b"second"
    token = "Bearer " + credential.get_token("https://storage.azure.com/.default").token
    other = container.get_blob_client("other copy")
    other.start_copy_from_url(source.url, requires_sync=True, source_authorization=token)
    other.upload_blob_from_url(source.url, overwrite=True, source_authorization=token)
    assert other.download_blob().readall() == b"second"
    refused("NoPendingCopyOperation", lambda: copy.abort_copy(started["copy_id"]))
    print("copies")


def batch_and_key():
    names = [f"batch/{number}" for number in range(5)]
    for name in names:
        container.upload_blob(name, b"x")
    answers = list(container.delete_blobs(*names))
    assert [answer.status_code for answer in answers] == [202] * 5
    assert list(container.list_blobs("batch/")) == []
    now = datetime.datetime.now(datetime.timezone.utc)
    key = service.get_user_delegation_key(now, now + datetime.timedelta(hours=1))
    assert key.value and key.signed_service == "b"
    print("batch; user delegation key")


container.create_container(metadata={"owner": "python"})
refused("ContainerAlreadyExists", container.create_container)
assert container.get_container_properties().metadata == {"owner": "python"}
for check in [large, conditions, leases, tags_and_tiers, lists, blocks, append_and_page, copies, batch_and_key]:
    check()
container.delete_container()
assert not container.exists()
print("ok")
