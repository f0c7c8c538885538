// JavaScript's own Blob client against local-azure; see ../README.md.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { ManagedIdentityCredential } from "@azure/identity";
import { BlobServiceClient } from "@azure/storage-blob";

const clientId = process.env.OWNER__clientId;
const service = new BlobServiceClient(process.env.STORAGE__blobServiceUri, new ManagedIdentityCredential({ clientId }));
const container = service.getContainerClient(`javascript-${randomUUID().slice(0, 8)}`);
const refused = (code, call) => assert.rejects(call, (error) => error.code === code || assert.fail(`${error.code}, not ${code}`));
const text = async (blob) => (await blob.downloadToBuffer()).toString();
const sum = (content) => createHash("sha256").update(content).digest("hex");
const collect = async (pages) => { const found = []; for await (const one of pages) found.push(one); return found; };

await container.create({ metadata: { owner: "javascript" } });
assert.equal((await container.createIfNotExists()).succeeded, false);
assert.deepEqual((await container.getProperties()).metadata, { owner: "javascript" });

const content = Buffer.concat(Array(40).fill(randomBytes(1024 * 1024)));
const large = container.getBlockBlobClient("large/forty MiB.bin");
await large.uploadStream(Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]), 4 * 1024 * 1024, 4, {
  blobHTTPHeaders: { blobContentType: "application/x-random" },
});
assert.equal(sum(await large.downloadToBuffer()), sum(content));
assert.equal((await large.getProperties()).contentType, "application/x-random");
assert.deepEqual(await large.downloadToBuffer(5_000_000, 1_000), content.subarray(5_000_000, 5_001_000));
await large.uploadData(content, { blockSize: 4 * 1024 * 1024, maxSingleShotSize: 1024 * 1024, concurrency: 4 });
assert.equal(sum(await large.downloadToBuffer()), sum(content));
console.log("large: 40 MiB streamed and in blocks");

const blob = container.getBlockBlobClient("blob");
const first = await blob.upload("first", 5, { tags: { project: "keyless" }, tier: "Cool", metadata: { k: "v" } });
await refused("BlobAlreadyExists", () => blob.upload("again", 5, { conditions: { ifNoneMatch: "*" } }));
await blob.upload("second", 6);
await refused("ConditionNotMet", () => blob.setMetadata({}, { conditions: { ifMatch: first.etag } }));
await refused("BlobNotFound", () => container.getBlobClient("nothing").download());
assert.equal(await container.getBlobClient("nothing").exists(), false);
await blob.setHTTPHeaders({ blobContentType: "text/plain", blobContentLanguage: "de" });
assert.equal((await blob.getProperties()).contentLanguage, "de");
console.log("conditions and properties");

const lease = blob.getBlobLeaseClient();
await lease.acquireLease(-1);
await refused("LeaseIdMissing", () => blob.upload("other", 5));
await refused("LeaseIdMismatchWithBlobOperation", () => blob.upload("other", 5, { conditions: { leaseId: randomUUID() } }));
await blob.upload("mine", 4, { conditions: { leaseId: lease.leaseId } });
await lease.changeLease(randomUUID());
await lease.renewLease();
await lease.releaseLease();
console.log("leases");

await blob.setTags({ project: "other", "a b": "1+2" });
assert.deepEqual((await blob.getTags()).tags, { project: "other", "a b": "1+2" });
await blob.setAccessTier("Cold");
assert.equal((await blob.getProperties()).accessTier, "Cold");
console.log("tags and tiers");

for (const name of ["list/a/1", "list/a/2", "list/b", "list/ü & <c>"]) await container.uploadBlockBlob(name, "x", 1);
const pages = await collect(container.listBlobsFlat({ prefix: "list/", includeTags: true }).byPage({ maxPageSize: 3 }));
assert.deepEqual(pages.map((page) => page.segment.blobItems.map((one) => one.name)), [["list/a/1", "list/a/2", "list/b"], ["list/ü & <c>"]]);
const level = await collect(container.listBlobsByHierarchy("/", { prefix: "list/" }));
assert.deepEqual(level.map((one) => `${one.kind} ${one.name}`).sort(), ["blob list/b", "blob list/ü & <c>", "prefix list/a/"]);
assert.ok((await collect(service.listContainers({ prefix: "javascript-" }))).some((one) => one.name === container.containerName));
console.log("lists");

const log = container.getAppendBlobClient("log");
await log.create();
await log.appendBlock("one,", 4);
assert.equal((await log.appendBlock("two", 3, { conditions: { appendPosition: 4 } })).blobCommittedBlockCount, 2);
assert.equal(await text(log), "one,two");
const disk = container.getPageBlobClient("disk");
await disk.create(2048);
await disk.uploadPages(Buffer.alloc(1024, "p"), 512, 1024);
await disk.clearPages(512, 512);
const ranges = await disk.getPageRanges();
assert.deepEqual(ranges.pageRange.map(({ offset, count }) => [offset, count]), [[1024, 511]]); // This client's count is the last byte less the first.
console.log("append and page blobs");

const copy = container.getBlockBlobClient("copy");
const poller = await copy.beginCopyFromURL(blob.url);
assert.equal((await poller.pollUntilDone()).copyStatus, "success");
assert.equal(await text(copy), "mine");
console.log("copies");

const batch = await service.getBlobBatchClient().deleteBlobs([copy, log, disk]);
assert.equal(batch.subResponsesSucceededCount, 3);
const key = await service.getUserDelegationKey(new Date(), new Date(Date.now() + 3_600_000));
assert.equal(key.signedService, "b");
console.log("batch; user delegation key");

await container.delete();
assert.equal(await container.exists(), false);
console.log("ok");
