// Reads in the dashboard who refused, for each link broken in its own world.
//
//   node check_links.mjs < JSON: [{ link, url, entry, service, status, reason }]

import assert from "node:assert/strict";
import { browser as launch, context as fresh, go, open, violations } from "./dashboard.mjs";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const browser = await launch();
const complaints = [];
for (const { link, url, entry, service, status, reason } of JSON.parse(text)) {
  const context = await fresh(browser, complaints);
  const page = await open(context, url);
  await go(page, `#/requests/${entry}`);
  const told = (await page.locator("main").innerText()).replace(/\s+/g, " ");
  for (const part of [service, String(status), reason.replace(/\s+/g, " ")]) {
    assert.ok(told.includes(part), `${link}: the page does not say "${part}": ${told}`);
  }
  assert.deepEqual(await violations(page), [], link);
  await context.close();
}
assert.deepEqual(complaints, []);
await browser.close();
console.log("all good");
process.exit(0);
