// Drives the page of chat as a person does: with the keyboard, in headless Chromium.
//
//   node check_page.mjs URL KEY SCREENSHOTS
//
// The test that starts it holds the model's events back: a line `hold`, `release N`, `free` or `left` asks it for
// something, and is answered on standard input when that is done.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, key, screenshots] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function tell(line) {
  console.log(line);
  assert.equal((await answers.next()).value, "done");
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
const page = await context.newPage();
const complaints = [];
page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(String(error)));
const shot = (name) => page.screenshot({ path: join(screenshots, `${name}.png`) });
const prompt = page.getByRole("textbox", { name: "Message" });
const log = page.getByRole("log", { name: "Conversation" });
const status = page.getByRole("status");
const last = log.locator("li").last();

// Empty: everything has a name, and the person can type at once.
await page.goto(url);
await page.getByRole("heading", { name: "Chat" }).waitFor();
await page.getByRole("button", { name: "Send" }).waitFor();
assert.equal(await prompt.evaluate((element) => element === document.activeElement), true);
assert.equal(await log.getAttribute("aria-live"), "polite");
await shot("empty");
await page.keyboard.press("Enter");
assert.equal(await log.locator("li").count(), 0, "nothing is asked without a word");

// The key is asked for once: a wrong one again.
await tell("hold");
await page.keyboard.type("Tell me");
await page.keyboard.press("Shift+Enter");
await page.keyboard.type("something long.");
await page.keyboard.press("Enter");
const dialog = page.getByRole("dialog", { name: "Function key" });
await dialog.waitFor();
await shot("key");
await page.keyboard.type("wrong");
await page.keyboard.press("Enter");
await dialog.getByText("This key was refused.").waitFor();
await page.keyboard.type(key);
await page.keyboard.press("Enter");

// Streaming: text is there before the answer is complete.
await tell("release 12");
await page.getByRole("button", { name: "Stop" }).waitFor();
await page.waitForFunction(() => document.querySelector("#log .answer")?.firstChild.data.length > 0);
assert.equal(await log.locator("li").first().textContent(), "Tell me\nsomething long.");
assert.equal(await last.getAttribute("aria-busy"), "true");
assert.equal(await status.textContent(), "The model answers.");
await shot("streaming");
await tell("free");
await page.getByText("The answer is complete.").waitFor({ state: "attached" });
assert.equal(await last.getAttribute("aria-busy"), null);
assert.match(await last.textContent(), /something long\.[^]*\d+ \+ \d+ tokens/);
assert.equal(await prompt.evaluate((element) => element === document.activeElement), true);

// The key is in this tab and nowhere else.
const kept = await page.evaluate(() => ({ tab: sessionStorage.length, others: localStorage.length, cookies: document.cookie }));
assert.deepEqual(kept, { tab: 1, others: 0, cookies: "" });

// An error is told, and the question can be sent again.
await page.keyboard.type("something forbidden");
await page.keyboard.press("Enter");
await page.getByRole("alert").filter({ hasText: "the content filter refused it" }).waitFor();
assert.equal(await prompt.inputValue(), "something forbidden");
await shot("error");
await prompt.fill("");

// Escape stops the model.
await tell("hold");
await page.keyboard.type("Stop soon.");
await page.keyboard.press("Enter");
await tell("release 6");
await page.getByRole("button", { name: "Stop" }).waitFor();
await page.waitForFunction(() => document.querySelector("#log li:last-child")?.firstChild.data.length > 0);
await page.keyboard.press("Escape");
await page.getByRole("button", { name: "Send" }).waitFor();
assert.match(await last.textContent(), /Stopped\.$/);
await tell("left");

// Dark, and narrow: nothing is cut off.
await page.emulateMedia({ colorScheme: "dark" });
await shot("dark");
await page.emulateMedia({ colorScheme: "light" });
await page.setViewportSize({ width: 320, height: 568 });
const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
await shot("narrow");

// A new chat begins empty, and the person can type at once; Tab reaches every other control.
await page.getByRole("button", { name: "New chat" }).press("Enter");
assert.equal(await log.locator("li").count(), 0);
const reached = [];
for (let i = 0; i < 4; i++) {
  await page.keyboard.press("Tab");
  reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.tagName));
}
for (const id of ["send", "new", "log"]) assert.ok(reached.includes(id), `${id} in ${reached}`);

// Another tab asks for the key anew.
const other = await context.newPage();
await other.goto(url);
await other.keyboard.type("Hello");
await other.keyboard.press("Enter");
await other.getByRole("dialog", { name: "Function key" }).waitFor();

// Refusals of the server are in the browser's console, and nothing else is: no style or script was blocked.
const others = complaints.filter((text) => !/status of (400|401)/.test(text));
assert.deepEqual(others, []);
await browser.close();
console.log("all good");
process.exit(0);
