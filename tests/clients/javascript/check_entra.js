// JavaScript's own clients against local-azure; see ../README.md.

import assert from "node:assert/strict";
import { ClientAssertionCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from "@azure/identity";

const { AZURE_TENANT_ID, APIM__clientId: caller, APIM__audience: audience } = process.env;
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

// A managed identity's client prefers this to everything else, so it is kept for the last check.
const tokenFilePath = process.env.AZURE_FEDERATED_TOKEN_FILE;
delete process.env.AZURE_FEDERATED_TOKEN_FILE;

const onAppService = await new ManagedIdentityCredential({ clientId: caller }).getToken(`${audience}/.default`);
assert.equal(claims(onAppService.token).azp, caller);
console.log("app service: version 2 token with roles", claims(onAppService.token).roles);

await assert.rejects(new ManagedIdentityCredential({ clientId: AZURE_TENANT_ID }).getToken(`${audience}/.default`));
console.log("app service: an unknown identity is refused");

delete process.env.IDENTITY_ENDPOINT;
delete process.env.IDENTITY_HEADER;
const onMachine = await new ManagedIdentityCredential({ clientId: caller }).getToken(`${audience}/.default`);
assert.equal(claims(onMachine.token).azp, caller);
console.log("virtual machine: version 2 token with roles", claims(onMachine.token).roles);

const assertion = new ClientAssertionCredential(AZURE_TENANT_ID, caller, async () => "not a token");
await assert.rejects(assertion.getToken(`${audience}/.default`), /AADSTS50027/);
console.log("token endpoint: an assertion that is none is refused");

if (tokenFilePath) {
  const workload = await new WorkloadIdentityCredential({ tokenFilePath }).getToken(`${audience}/.default`);
  assert.equal(claims(workload.token).azp, process.env.AZURE_CLIENT_ID);
  console.log("workload: version 2 token for", claims(workload.token).azp);
}
console.log("ok");
