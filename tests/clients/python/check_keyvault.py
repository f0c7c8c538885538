"""Python's own Key Vault client against local-azure: secrets from set to restore.

Run it with the variables of `cargo local start --no-host --seed tests/clients/seed.toml --env-file FILE`; see
../README.md. Ends with 1 at the first thing that is not as in Azure.
"""

import os
from datetime import datetime, timezone

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import ApiVersion, SecretClient

VAULT = os.environ["KEYVAULT__vaultUri"]
PROTECTED = os.environ["PROTECTED__vaultUri"]


def client(identity, vault=VAULT, **options):
    return SecretClient(vault, ManagedIdentityCredential(client_id=os.environ[identity]), **options)


def refused(kind, status, part, act, *arguments, **options):
    """Runs what must be refused, with the status and a part of the text."""
    try:
        act(*arguments, **options)
    except kind as error:
        assert error.status_code == status and part in str(error), error
        return error
    raise AssertionError(f"not refused: {part}")


def write_and_read():
    expires = datetime(2030, 1, 1, tzinfo=timezone.utc)
    first = officer.set_secret("made", "1", content_type="text/plain", tags={"owner": "team"}, expires_on=expires)
    assert (first.name, first.value, first.properties.content_type) == ("made", "1", "text/plain")
    second = officer.set_secret("made", "2")
    assert officer.get_secret("made").value == "2"
    old = officer.get_secret("made", first.properties.version)
    assert (old.value, old.properties.tags, old.properties.expires_on) == ("1", {"owner": "team"}, expires)

    changed = officer.update_secret_properties("made", tags={"owner": "other"}, enabled=False)
    assert (changed.version, changed.enabled, changed.tags) == (second.properties.version, False, {"owner": "other"})
    refused(HttpResponseError, 403, "SecretDisabled", officer.get_secret, "made")
    officer.update_secret_properties("made", second.properties.version, enabled=True)
    assert officer.get_secret("made").properties.recovery_level == "CustomizedRecoverable+Purgeable"

    versions = {version.version for version in officer.list_properties_of_secret_versions("made")}
    assert versions == {first.properties.version, second.properties.version}
    given = officer.get_secret("given")
    assert (given.value, given.properties.tags) == ("from the seed", {"owner": "team"})
    print("set, get, update, versions")


def pages():
    names = {f"page-{number:02}" for number in range(60)}
    for name in names:
        officer.set_secret(name, "v")
    listed = [[item.name for item in page] for page in officer.list_properties_of_secrets().by_page()]
    assert max(len(page) for page in listed) == 25 and names <= {name for page in listed for name in page}, listed
    small = officer.list_properties_of_secrets(max_page_size=7).by_page()
    assert max(len(list(page)) for page in small) == 7
    for name in names:
        officer.begin_delete_secret(name).wait()
    assert names == {item.name for item in officer.list_deleted_secrets() if item.name in names}
    # The pages in which everything is deleted are empty, and the client goes on.
    listed = {item.name for item in officer.list_properties_of_secrets(max_page_size=5)}
    assert listed == {"given", "made", "chat-subscription-key", "orders-subscription-key"}, listed
    for name in names:
        officer.purge_deleted_secret(name)
    print("60 secrets in pages")


def delete_and_recover():
    deleted = officer.begin_delete_secret("made").result()
    assert (deleted.scheduled_purge_date - deleted.deleted_date).days == 7, deleted
    assert officer.get_deleted_secret("made").recovery_id == f"{VAULT}/deletedsecrets/made"
    refused(ResourceNotFoundError, 404, "SecretNotFound", officer.get_secret, "made")
    refused(ResourceExistsError, 409, "ObjectIsDeletedButRecoverable", officer.set_secret, "made", "3")
    recovered = officer.begin_recover_deleted_secret("made").result()
    assert recovered.name == "made" and officer.get_secret("made").value == "2"
    refused(ResourceNotFoundError, 404, "A secret with (name/id) made was not found", officer.get_deleted_secret, "made")
    print("delete, recover")


def back_up_and_restore():
    backup = officer.backup_secret("made")
    refused(ResourceExistsError, 409, "Conflict", officer.restore_secret_backup, backup)
    officer.begin_delete_secret("made").wait()
    officer.purge_deleted_secret("made")
    refused(ResourceNotFoundError, 404, "SecretNotFound", officer.get_secret, "made")
    restored = officer.restore_secret_backup(backup)
    assert restored.name == "made" and officer.get_secret("made").value == "2"
    assert len(list(officer.list_properties_of_secret_versions("made"))) == 2

    protected = client("OFFICER__clientId", PROTECTED)
    assert protected.restore_secret_backup(backup).vault_url == PROTECTED
    protected.begin_delete_secret("made").wait()
    refused(HttpResponseError, 403, "purge protection is enabled", protected.purge_deleted_secret, "made")
    protected.begin_recover_deleted_secret("made").wait()
    refused(HttpResponseError, 400, "Malformed backup blob", officer.restore_secret_backup, b"no backup")
    print("backup, purge, restore, purge protection")


def others_may_not():
    reader = client("KEYVAULT__clientId")
    assert reader.get_secret("given").value == "from the seed"
    assert "given" in {item.name for item in reader.list_properties_of_secrets()}
    error = refused(HttpResponseError, 403, "ForbiddenByRbac", reader.set_secret, "made", "3")
    assert "Action: 'Microsoft.KeyVault/vaults/secrets/setSecret/action'" in error.message, error
    refused(HttpResponseError, 403, "secrets/delete'", reader.begin_delete_secret, "made")
    refused(HttpResponseError, 403, "secrets/backup/action'", reader.backup_secret, "made")
    refused(HttpResponseError, 403, "ForbiddenByRbac", client("STORAGE__clientId").get_secret, "given")
    refused(HttpResponseError, 400, "invalid name", officer.set_secret, "made_up", "1")
    refused(HttpResponseError, 400, "is not recognized", client("KEYVAULT__clientId", api_version="7.9").get_secret, "given")
    print("who may not is refused")


def every_version_of_the_protocol():
    for version in ApiVersion:
        assert client("KEYVAULT__clientId", api_version=version).get_secret("given").value == "from the seed", version
    print("api versions:", ", ".join(version.value for version in ApiVersion))


officer = client("OFFICER__clientId")
write_and_read()
pages()
delete_and_recover()
back_up_and_restore()
others_may_not()
every_version_of_the_protocol()
officer.begin_delete_secret("made").wait()
officer.purge_deleted_secret("made")
print("ok")
