// JavaScript's own clients: credentials that are no managed identity, a link to a blob without a key, one call through the
// gateway. Ends with 1 at the first thing that is not as in Azure.
import assert from "node:assert/strict";

import { ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import {
  BlobClient,
  BlobSASPermissions,
  BlobServiceClient,
  generateBlobSASQueryParameters,
} from "@azure/storage-blob";
import { createDefaultHttpClient, createHttpHeaders, createPipelineRequest, createPipelineFromOptions } from "@azure/core-rest-pipeline";

const { env } = process;
const account = new URL(env.STORAGE__blobServiceUri).hostname.split(".")[0];

const secret = new ClientSecretCredential(env.AZURE_TENANT_ID, env.CLIENT_ID, env.CLIENT_SECRET);
assert.equal((await new SecretClient(env.KEYVAULT__vaultUri, secret).getSecret("given")).value, "from the seed");
const wrong = new ClientSecretCredential(env.AZURE_TENANT_ID, env.CLIENT_ID, "wrong");
await assert.rejects(new SecretClient(env.KEYVAULT__vaultUri, wrong).getSecret("given"), /AADSTS7000215/);
console.log("client secret: a secret read, and none with a wrong one");

const owner = new ManagedIdentityCredential({ clientId: env.OWNER__clientId });
const service = new BlobServiceClient(env.STORAGE__blobServiceUri, owner);
const container = service.getContainerClient(`signed-js-${Date.now()}`);
await container.create();
const blob = container.getBlockBlobClient("dir/ä b.txt");
await blob.upload("content", 7);
const startsOn = new Date(Date.now() - 60_000);
const expiresOn = new Date(Date.now() + 600_000);
const key = await service.getUserDelegationKey(startsOn, expiresOn);
const values = { containerName: container.containerName, blobName: "dir/ä b.txt", startsOn, expiresOn };
const signed = (permissions) =>
  new BlobClient(`${blob.url}?${generateBlobSASQueryParameters({ ...values, permissions: BlobSASPermissions.parse(permissions) }, key, account)}`);
assert.equal(String(await signed("r").downloadToBuffer()), "content");
await assert.rejects(signed("r").delete(), { code: "AuthorizationPermissionMismatch" });
// The library does not read the body of a refused download; the code is in the header.
await assert.rejects(signed("w").downloadToBuffer(), (error) => error.details.errorCode === "AuthorizationPermissionMismatch");
await signed("d").delete();
await container.delete();
console.log("a signed blob: read and deleted with its letters, and not without");

const reader = new ManagedIdentityCredential({ clientId: env.KEYVAULT__clientId });
const subscription = (await new SecretClient(env.KEYVAULT__vaultUri, reader).getSecret("orders-subscription-key")).value;
const { token } = await new ManagedIdentityCredential({ clientId: env.APIM__clientId }).getToken("api://orders/.default");
const pipeline = createPipelineFromOptions({});
const http = createDefaultHttpClient();
const ask = (authorization) =>
  pipeline.sendRequest(http, createPipelineRequest({
    url: `${env.APIM__baseUrl}/orders`,
    headers: createHttpHeaders({ authorization, "ocp-apim-subscription-key": subscription }),
  }));
assert.equal((await ask(`Bearer ${token}`)).status, 200);
assert.equal((await ask("Bearer x")).status, 401);
console.log("gateway: an order list with token and key, and none without");
console.log("ok");
