// openai-node, given only an endpoint and a token provider: both surfaces, direct and through API Management; see
// ../README.md.

import assert from "node:assert/strict";
import { ManagedIdentityCredential, getBearerTokenProvider } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import OpenAI, { AzureOpenAI } from "openai";
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

// Node reads the proxy's variables by itself from Node 24 on.
setGlobalDispatcher(new EnvHttpProxyAgent());

const { OPENAI__endpoint: endpoint, OPENAI__baseUrl: base, OPENAI__audience: audience } = process.env;
const { OPENAI__clientId: callerId, KEYVAULT__clientId: readerId, KEYVAULT__vaultUri: vault } = process.env;
const gatewayUrl = base.replace(/\/openai\/v1$/, "");
const apiVersion = "2024-10-21";
const messages = [{ role: "user", content: "Say hello to the world." }];
const provider = (resource, clientId = callerId) =>
  getBearerTokenProvider(new ManagedIdentityCredential({ clientId }), `${resource}/.default`);

/** The same answer in one piece and event by event, with the same usage. */
async function chat(client) {
  const whole = await client.chat.completions.create({ model: "chat", messages });
  const text = whole.choices[0].message.content;
  assert.match(text, /Say hello to the world\./);
  const stream = await client.chat.completions.create({
    model: "chat", messages, stream: true, stream_options: { include_usage: true },
  });
  const pieces = [];
  let usage = null;
  for await (const chunk of stream) {
    pieces.push(...chunk.choices.map((choice) => choice.delta.content ?? ""));
    usage = chunk.usage ?? usage;
  }
  assert.equal(pieces.join(""), text);
  assert.equal(usage.total_tokens, whole.usage.total_tokens);
  return text;
}

async function responses(client) {
  const input = "Say hello to the world.";
  const whole = await client.responses.create({ model: "chat", input });
  assert.equal(whole.status, "completed");
  let text = "", last = null;
  for await (const event of await client.responses.create({ model: "chat", input, stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event.type;
  }
  assert.deepEqual([text, last], [whole.output_text, "response.completed"]);
}

const key = (await new SecretClient(vault, new ManagedIdentityCredential({ clientId: readerId }))
  .getSecret("chat-subscription-key")).value;
const defaultHeaders = { "api-key": key };
const [cognitive, foundry, gateway] =
  ["https://cognitiveservices.azure.com", "https://ai.azure.com", audience].map((resource) => provider(resource));

const direct = new OpenAI({ baseURL: `${endpoint}/openai/v1/`, apiKey: foundry });
const text = await chat(direct);
await responses(direct);
assert.equal(await chat(new OpenAI({ baseURL: `${endpoint}/openai/v1/`, apiKey: cognitive })), text);
const versioned = new AzureOpenAI({ endpoint, azureADTokenProvider: cognitive, apiVersion });
assert.equal(await chat(versioned), text);
console.log("direct: v1 and deployments, buffered and streamed");

const behind = new OpenAI({ baseURL: `${gatewayUrl}/openai/v1`, apiKey: gateway, defaultHeaders });
assert.equal(await chat(behind), text);
await responses(behind);
const behindVersioned =
  new AzureOpenAI({ endpoint: gatewayUrl, azureADTokenProvider: gateway, apiVersion, defaultHeaders });
assert.equal(await chat(behindVersioned), text);
console.log("through the gateway: v1 and deployments, buffered and streamed");

const other = new OpenAI({
  baseURL: `${endpoint}/openai/v1/`, apiKey: provider("https://cognitiveservices.azure.com", readerId),
});
await assert.rejects(chat(other), { status: 401, code: "PermissionDenied" });
await assert.rejects(
  versioned.chat.completions.create({ model: "nothing", messages }), { status: 404, code: "DeploymentNotFound" });
// A client ID that leaked opens nothing, nor does the subscription key: neither the model nor the gateway.
for (const [baseURL, apiKey, headers] of [
  [`${endpoint}/openai/v1/`, callerId, {}],
  [`${endpoint}/openai/v1/`, key, {}],
  [`${gatewayUrl}/openai/v1`, key, defaultHeaders],
  [`${gatewayUrl}/openai/v1`, gateway, {}],
]) {
  const nobody = new OpenAI({ baseURL, apiKey, defaultHeaders: headers, maxRetries: 0 });
  await assert.rejects(chat(nobody), (error) => error.status === 401 || error.status === 403);
}
console.log("who may not is refused");
console.log("ok");
