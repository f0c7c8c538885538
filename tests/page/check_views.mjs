// Drives the dashboard as a person does: every view with the keyboard, wide and narrow, light and dark.
//
//   node check_views.mjs URL SCREENSHOTS

import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { browser as launch, context as fresh, drawn, go, open, overflow, violations } from "./dashboard.mjs";

const [url, screenshots] = process.argv.slice(2);
const { origin, port } = new URL(url);
const browser = await launch();
const complaints = [];
const context = await fresh(browser, complaints);
const page = await open(context, url);

// Every view by its two keys; each is named, holds up at 320 pixels, and axe finds nothing.
const views = await page.locator("#views a").evaluateAll((links) =>
  links.map((link) => ({ path: link.dataset.path, title: link.textContent, keys: link.title.split(" ") })));
for (const path of ["requests", "timers", "secrets", "blobs", "identities", "settings", "functions", "faults"]) {
  assert.ok(views.some((view) => view.path === path), `${path} is in the navigation`);
}
const found = [];
for (const { path, title, keys } of views) {
  for (const key of keys) await page.keyboard.press(key);
  await page.locator(`#views a[data-path="${path}"][aria-current="page"]`).waitFor();
  await drawn(page);
  assert.match(await page.title(), new RegExp(title), "the title names the view");
  for (const [name, width, colorScheme] of [["light", 1180, "light"], ["dark", 1180, "dark"], ["narrow", 320, "light"]]) {
    await page.setViewportSize({ width, height: 760 });
    await page.emulateMedia({ colorScheme });
    found.push(...(await violations(page)).map((violation) => `${path}, ${name}: ${violation}`));
    const wide = await overflow(page);
    if (wide > 0) found.push(`${path}, ${name}: ${wide} pixels too wide`);
    await page.screenshot({ path: join(screenshots, `${path}-${name}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1180, height: 760 });
}
assert.deepEqual(found, []);

// Tab reaches the navigation, and what it reaches shows that it has the focus.
await page.keyboard.press("g");
await page.keyboard.press(views[0].keys[1]);
await page.evaluate(() => document.activeElement.blur());
const reached = new Set();
for (let i = 0; i < 60 && reached.size < views.length; i++) {
  await page.keyboard.press("Tab");
  const at = await page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return { path: element.dataset.path, visible: outlineStyle !== "none" && outlineWidth !== "0px", text: element.outerHTML.slice(0, 80) };
  });
  assert.ok(at.visible || at.text.startsWith("<body"), `the focus is seen: ${at.text}`);
  if (at.path) reached.add(at.path);
}
assert.equal(reached.size, views.length, "every view is reached with Tab");

// A link is broken, seen and mended with the keyboard alone.
const press = async (id, key) => {
  await page.locator(`#${id}`).focus();
  await page.keyboard.press(key);
};
const outcome = page.locator("main .outcome");
await go(page, "#/faults");
await press("link-vault-role", "Space");
await outcome.getByText("vault-role is broken.").waitFor();
const banner = page.locator("#broken");
await banner.getByText("vault-role").waitFor();
await page.locator('#link-vault-role[aria-checked="true"]').waitFor();
assert.equal(await page.evaluate(() => document.activeElement.id), "link-vault-role", "the focus stays");
await press("job-main", "Enter");
await outcome.getByText("the job main failed").waitFor();
const row = page.locator("tr.broken");
await row.getByRole("link", { name: "Key Vault, 403" }).waitFor();
await page.screenshot({ path: join(screenshots, "broken.png"), fullPage: true });
assert.deepEqual(await violations(page), []);
await row.getByRole("link", { name: "Key Vault, 403" }).press("Enter");
await page.locator("main").getByText(/getSecret/).first().waitFor();
await press("mend-all", "Enter");
await banner.waitFor({ state: "hidden" });
await go(page, "#/timers");
await press("run-snapshot", "Enter");
await outcome.getByText("snapshot succeeded").waitFor();
await page.getByText("its request").first().waitFor();
for (const link of ["audience", "issuer", "identity", "model-role", "token-limit"]) {
  await go(page, "#/faults");
  assert.ok(await page.getByRole("switch", { name: `Break ${link}`, exact: true }).isDisabled(), `${link} cannot be switched`);
}
await press("attack-model-key", "Enter");
await outcome.getByText("was answered 403 by Azure OpenAI").waitFor();

// A fault, set by the form and ended; what cannot be is refused by name.
await page.locator("#fault-service").selectOption("key-vault");
await page.locator("#fault-kind").selectOption("secret-disabled");
await press("fault-set", "Enter");
await outcome.getByText("secret-disabled needs secret").waitFor();
await page.locator("#fault-kind").selectOption("throttled");
await page.getByText("Limits and members").press("Enter");
await page.getByLabel("The first requests only").fill("2");
await press("fault-set", "Enter");
await outcome.getByText(/fault \d+ is set/).waitFor();
await page.getByRole("button", { name: /End fault \d+: key-vault throttled/ }).press("Enter");
await outcome.getByText("has ended").waitFor();

// A blob whose name is markup: it stays text, and comes as a file.
await go(page, "#/blobs/stkeyless/uploads");
const name = "<img src=x onerror=complain(1)>.html";
await page.getByText(name).waitFor();
assert.equal(await page.locator("main img, main script").count(), 0);
const link = page.getByRole("link", { name: `Download ${name}` });
const downloaded = await context.request.get(new URL(await link.getAttribute("href"), origin).href, { headers: { "sec-fetch-site": "same-origin" } });
assert.equal(downloaded.status(), 200);
const { "content-disposition": disposition, "x-content-type-options": sniff, "content-security-policy": policy } = downloaded.headers();
assert.match(disposition, /^attachment; filename\*=UTF-8''%3Cimg/);
assert.deepEqual([sniff, policy], ["nosniff", "default-src 'none'; sandbox"]);
const saving = page.waitForEvent("download");
await link.press("Enter");
await (await saving).cancel();

// So do a path and a claim that are.
await go(page, "#/requests");
await page.locator("#filter").fill("script");
const marked = page.getByRole("link", { name: /%3Cscript%3Ecomplain\(2\)/ }).first();
await marked.waitFor();
await marked.press("Enter");
await page.getByText("<b onclick=complain(3)>somebody</b>").first().waitFor();
assert.equal(await page.locator("main script, main b[onclick]").count(), 0);

// Seven tabs: each hears of a request.
const tabs = [page];
while (tabs.length < 7) {
  const tab = await context.newPage();
  await tab.goto(`${origin}/#/requests`);
  await drawn(tab);
  tabs.push(tab);
}
await go(page, "#/requests");
await tabs[6].evaluate(() => fetch("/dashboard/api/timers/run", { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"secret_expiry"}' }));
await Promise.all(tabs.map((tab) => tab.getByText("/secret_expiry").first().waitFor()));

// The server refuses every client except this page: another host, another origin, no cookie.
const ask = (path, headers) => new Promise((resolve, reject) =>
  request({ host: "127.0.0.1", port, path, headers }, (answer) => resolve(answer.resume().statusCode)).on("error", reject).end());
for (const path of ["/", "/dashboard/page/main.js", "/dashboard/api/secrets", "/dashboard/api/blobs/content"]) {
  assert.equal(await ask(path, { host: "evil.test" }), 403, `foreign host, ${path}`);
  assert.equal(await ask(path, { host: `127.0.0.1:${port}`, origin: "https://evil.test" }), 403, `foreign origin, ${path}`);
}
assert.equal(await ask("/dashboard/api/secrets", { host: `127.0.0.1:${port}` }), 401);
const stranger = await fresh(browser, complaints);
const closed = await stranger.newPage();
await closed.goto(origin);
await closed.getByText("This page is closed").waitFor();

// The refusals above are in the browser's console, and nothing else is.
const others = complaints.filter((text) => !/status of 40[01]/.test(text));
assert.deepEqual(others, []);
await browser.close();
console.log("all good");
process.exit(0);
