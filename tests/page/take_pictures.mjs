// Takes pictures of the dashboard of a run of this repository's sample: every view, light, dark and narrow, and the three of
// the tour in README.
//
//   node take_pictures.mjs URL FOLDER TOUR

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser as launch, context as fresh, drawn, go, open } from "./dashboard.mjs";

const [url, folder, tour] = process.argv.slice(2);
const browser = await launch();
const context = await fresh(browser, [], { viewport: { width: 1340, height: 760 }, locale: "en-GB", timezoneId: "UTC" });
const page = await open(context, url);
const outcome = page.locator("main .outcome");

// The browser itself writes WebP, which is small for pages of text.
async function webp(name) {
  const png = (await page.screenshot()).toString("base64");
  const blank = await browser.newPage();
  const data = await blank.evaluate(async (png) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return canvas.toDataURL("image/webp", 0.85);
  }, png);
  await blank.close();
  writeFileSync(join(tour, `${name}.webp`), Buffer.from(data.split(",")[1], "base64"));
}

// A caller whose trace every hop carries on.
const { host } = await page.evaluate(async () => (await fetch("/dashboard/api/about")).json());
async function call(path, body) {
  const traceparent = `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
  const headers = { traceparent, "content-type": "application/json" };
  return (await fetch(new URL(path, host), { method: "POST", headers, body })).status;
}

// Work to look at: a snapshot and a question to the model, then a link that is broken.
assert.equal(await call("api/snapshots/orders"), 201);
assert.equal(await call("api/chat", JSON.stringify({ prompt: "Who may call this model?" })), 200);
await go(page, "#/requests");
await webp("requests");
const paths = await page.locator("#views a").evaluateAll((links) => links.map((link) => link.dataset.path));
await go(page, "#/blobs/stkeyless/snapshots");
for (const folder = page.locator("main tr:not(.current) td a"); await folder.count();) {
  await folder.first().click();
  await drawn(page);
}
await page.locator("main tr.current").first().waitFor();
const shots = [...paths.map((path) => [path, `#/${path}`]), ["container", new URL(page.url()).hash]];

await go(page, "#/faults");
await page.locator("#link-app-role").click();
await outcome.getByText("app-role is broken.").waitFor();
assert.equal(await call("api/snapshots/orders"), 502);
const seen = page.locator("tr.broken").getByRole("link", { name: /API Management, 401/ });
await seen.waitFor();
await page.evaluate(() => scrollTo(0, 0));
await webp("faults");
const refused = await seen.getAttribute("href");
await page.setViewportSize({ width: 1340, height: 1400 });
await go(page, refused);
await webp("refused");
await page.setViewportSize({ width: 1340, height: 760 });
shots.push(["one-request", refused]);

for (const [look, colorScheme, width] of [["light", "light", 1340], ["dark", "dark", 1340], ["narrow", "light", 320]]) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 760 });
  for (const [name, hash] of shots) {
    await go(page, hash);
    await drawn(page);
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
  }
}
await page.locator("#mend-all").click();
await page.locator("#broken").waitFor({ state: "hidden" });
await browser.close();
process.exit(0);
