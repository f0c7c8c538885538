// The benchmark's jobs as a Node custom handler: official Azure SDKs, one client of each kind for the whole process,
// keep-alive everywhere, tokens kept by the SDK, the subscription key kept for five minutes.
import { createServer } from "node:http";
import { ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { BlobServiceClient } from "@azure/storage-blob";
import { EnvHttpProxyAgent, request as call } from "undici";

const env = process.env;
const started = Date.now();
const SECRET_LIFETIME = 5 * 60_000;
const BLOCK = 4 * 1024 * 1024;

const identity = (name) => new ManagedIdentityCredential({ clientId: env[`${name}__clientId`] });
const vault = new SecretClient(env.KEYVAULT__vaultUri, identity("KEYVAULT"));
const storage = new BlobServiceClient(env.STORAGE__blobServiceUri, identity("STORAGE"));
const snapshots = storage.getContainerClient(env.SNAPSHOT_CONTAINER);
const uploads = storage.getContainerClient(env.UPLOAD_CONTAINER);
const caller = identity("APIM");
const dispatcher = new EnvHttpProxyAgent();
const sources = new Map(env.SNAPSHOT_SOURCES.split(",").map((source) => source.split("=")));

let key;
function subscriptionKey() {
  if (!key || Date.now() - key.at > SECRET_LIFETIME) {
    const value = vault.getSecret(env.APIM__subscriptionKeySecret).then((secret) => secret.value);
    const asked = { at: Date.now(), value };
    key = asked;
    value.catch(() => key === asked && (key = undefined));
  }
  return key.value;
}

async function api(path, options = {}) {
  const [token, secret] = await Promise.all([caller.getToken(`${env.APIM__audience}/.default`), subscriptionKey()]);
  const headers = { ...options.headers, authorization: `Bearer ${token.token}` };
  headers[env.APIM__subscriptionKeyHeader] = secret;
  return call(new URL(path, env.APIM__baseUrl), { ...options, headers, dispatcher });
}

function answer(response, status, body, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}

async function snapshot(response, source) {
  if (!sources.has(source)) return answer(response, 404, { error: { code: "NotFound", message: "no such source" } });
  const reply = await api(sources.get(source));
  const body = Buffer.from(await reply.body.arrayBuffer());
  if (reply.statusCode !== 200) throw new Error(`the API answered ${reply.statusCode}`);
  const slot = new Date().toISOString().slice(0, 16);
  const name = `${source}/${slot.replaceAll("-", "/").replace("T", "/").replace(":", "")}00Z.json`;
  const blob = snapshots.getBlockBlobClient(name);
  let status = 201;
  let etag = "";
  try {
    const written = await blob.upload(body, body.length, {
      conditions: { ifNoneMatch: "*" },
      blobHTTPHeaders: { blobContentType: reply.headers["content-type"] },
    });
    etag = written.etag;
  } catch (error) {
    if (error.statusCode !== 409 && error.statusCode !== 412) throw error;
    status = 200;
  }
  answer(response, status, { source, slot: `${slot}:00Z`, url: blob.url, etag, size: body.length }, { location: blob.url });
}

async function upload(request, response, name) {
  const blob = uploads.getBlockBlobClient(name);
  const options = {
    conditions: { ifNoneMatch: "*" },
    blobHTTPHeaders: { blobContentType: request.headers["content-type"] ?? "application/octet-stream" },
  };
  const length = Number(request.headers["content-length"]);
  let written;
  if (length <= BLOCK) {
    const body = Buffer.concat(await request.toArray());
    written = await blob.upload(body, body.length, options);
  } else {
    written = await blob.uploadStream(request, BLOCK, 2, options);
  }
  answer(response, 201, { name, url: blob.url, etag: written.etag, size: length }, { location: blob.url });
}

async function relay(request, response, path) {
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const reply = await api(path, { method: request.method, body: hasBody ? request : undefined });
  const { connection, "transfer-encoding": chunked, ...headers } = reply.headers;
  response.writeHead(reply.statusCode, headers);
  reply.body.pipe(response);
}

async function serve(request, response) {
  const path = request.url;
  if (path === "/" || path === "/api/health") {
    answer(response, 200, { status: "ok", version: "0.1.0", uptimeSeconds: Math.floor((Date.now() - started) / 1000) });
  } else if (path.startsWith("/api/snapshots/")) {
    await snapshot(response, decodeURIComponent(path.slice("/api/snapshots/".length)));
  } else if (path.startsWith("/api/relay/")) {
    await relay(request, response, path.slice("/api/relay".length));
  } else if (path.startsWith("/api/uploads/")) {
    await upload(request, response, decodeURIComponent(path.slice("/api/uploads/".length)));
  } else {
    answer(response, 404, { error: { code: "NotFound", message: "no such function" } });
  }
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    console.error(error);
    if (response.headersSent) response.destroy();
    else answer(response, 502, { error: { code: "Failed", message: error.message } });
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
