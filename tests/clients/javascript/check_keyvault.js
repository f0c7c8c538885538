// JavaScript's own Key Vault client against local-azure; see ../README.md.

import assert from "node:assert/strict";
import { ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const { KEYVAULT__vaultUri: vault, PROTECTED__vaultUri: protectedVault } = process.env;
const { OFFICER__clientId: officerId, KEYVAULT__clientId: readerId } = process.env;

const client = (clientId, url = vault, options = {}) =>
  new SecretClient(url, new ManagedIdentityCredential({ clientId }), options);
const refused = (promise, statusCode, message) => assert.rejects(promise, { statusCode, message });
const all = async (pages) => {
  const items = [];
  for await (const item of pages) items.push(item.name);
  return items;
};
const quick = { intervalInMs: 1 };

const officer = client(officerId);
const expiresOn = new Date("2030-01-01T00:00:00Z");
const first = await officer.setSecret("js-made", "1", { contentType: "text/plain", tags: { owner: "team" }, expiresOn });
const second = await officer.setSecret("js-made", "2");
assert.equal((await officer.getSecret("js-made")).value, "2");
const old = await officer.getSecret("js-made", { version: first.properties.version });
assert.equal(old.value, "1");
assert.deepEqual([old.properties.tags, old.properties.expiresOn], [{ owner: "team" }, expiresOn]);
const changed = await officer.updateSecretProperties("js-made", "", { enabled: false, tags: { owner: "other" } });
assert.deepEqual([changed.version, changed.enabled, changed.tags], [second.properties.version, false, { owner: "other" }]);
await refused(officer.getSecret("js-made"), 403, /not allowed on a disabled secret/);
await officer.updateSecretProperties("js-made", second.properties.version, { enabled: true });
const versions = [];
for await (const { version } of officer.listPropertiesOfSecretVersions("js-made")) versions.push(version);
assert.deepEqual(versions.sort(), [first.properties.version, second.properties.version].sort());
console.log("set, get, update, versions");

const names = Array.from({ length: 60 }, (_, number) => `js-page-${String(number).padStart(2, "0")}`);
for (const name of names) await officer.setSecret(name, "v");
const sizes = [];
for await (const page of officer.listPropertiesOfSecrets().byPage({ maxPageSize: 7 })) sizes.push(page.length);
assert.ok(Math.max(...sizes) === 7 && sizes.length >= 9, `${sizes}`);
assert.deepEqual((await all(officer.listPropertiesOfSecrets())).filter((name) => names.includes(name)), names);
for (const name of names) await (await officer.beginDeleteSecret(name, quick)).pollUntilDone();
assert.deepEqual((await all(officer.listDeletedSecrets())).filter((name) => names.includes(name)), names);
assert.ok((await all(officer.listPropertiesOfSecrets())).every((name) => !names.includes(name)));
for (const name of names) await officer.purgeDeletedSecret(name);
console.log("60 secrets in pages");

const deleted = await (await officer.beginDeleteSecret("js-made", quick)).pollUntilDone();
assert.equal(deleted.properties.scheduledPurgeDate - deleted.properties.deletedOn, 7 * 86_400_000);
assert.equal((await officer.getDeletedSecret("js-made")).properties.recoveryId, `${vault}/deletedsecrets/js-made`);
await refused(officer.getSecret("js-made"), 404, /was not found in this key vault/);
await refused(officer.setSecret("js-made", "3"), 409, /currently in a deleted but recoverable state/);
const recovered = await (await officer.beginRecoverDeletedSecret("js-made", quick)).pollUntilDone();
assert.equal(recovered.name, "js-made");
assert.equal((await officer.getSecret("js-made")).value, "2");
console.log("delete, recover");

const backup = await officer.backupSecret("js-made");
await refused(officer.restoreSecretBackup(backup), 409, /already exists/);
await (await officer.beginDeleteSecret("js-made", quick)).pollUntilDone();
await officer.purgeDeletedSecret("js-made");
await refused(officer.getDeletedSecret("js-made"), 404, /\(name\/id\) js-made was not found/);
assert.equal((await officer.restoreSecretBackup(backup)).version, second.properties.version);
assert.equal((await officer.getSecret("js-made")).value, "2");
const other = client(officerId, protectedVault);
assert.equal((await other.restoreSecretBackup(backup)).vaultUrl, protectedVault);
await (await other.beginDeleteSecret("js-made", quick)).pollUntilDone();
await refused(other.purgeDeletedSecret("js-made"), 403, /purge protection is enabled/);
await (await other.beginRecoverDeletedSecret("js-made", quick)).pollUntilDone();
await refused(officer.restoreSecretBackup(new Uint8Array(64)), 400, /invalid or corrupt version/);
console.log("backup, purge, restore, purge protection");

const reader = client(readerId);
assert.equal((await reader.getSecret("given")).value, "from the seed");
await refused(reader.setSecret("js-made", "3"), 403, /Action: 'Microsoft.KeyVault\/vaults\/secrets\/setSecret\/action'/);
await refused(reader.purgeDeletedSecret("js-made"), 403, /secrets\/purge\/action'/);
await refused(officer.setSecret("made_up", "1"), 400, /invalid name/);
await refused(client(readerId, vault, { serviceVersion: "7.9" }).getSecret("given"), 400, /is not recognized/);
console.log("who may not is refused");

await (await officer.beginDeleteSecret("js-made", quick)).pollUntilDone();
await officer.purgeDeletedSecret("js-made");
console.log("ok");
