// The parts that all checks of the dashboard share: a browser that collects complaints, and axe.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
}

// A context whose pages put what the browser complains about into `complaints`: errors, and what the policy blocked.
export async function context(browser, complaints, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
  await context.exposeFunction("complain", (text) => complaints.push(text));
  await context.addInitScript(() => addEventListener("securitypolicyviolation", (event) =>
    window.complain(`blocked: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)));
  context.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  // To work on the page without a build: PAGE_FROM=local-azure/src/dashboard/page.
  if (process.env.PAGE_FROM) {
    const file = (url) => join(process.env.PAGE_FROM, url.split("/dashboard/page/")[1]);
    await context.route("**/dashboard/page/**", (route) => route.fulfill({ path: file(route.request().url()) }));
  }
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return context;
}

// Opens the dashboard with its token, and waits for its first view.
export async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator("#views a").first().waitFor();
  assert.ok(!page.url().includes("t="), "the token is out of the address");
  return page;
}

// Shows the view of an address in a page that is open, and waits until it is drawn.
export async function go(page, hash) {
  await page.evaluate((hash) => new Promise((resolve) => {
    if (location.hash === hash) return resolve();
    addEventListener("hashchange", resolve, { once: true });
    location.hash = hash;
  }), hash);
  await drawn(page);
}

export async function drawn(page) {
  await page.locator("main h1").first().waitFor();
  await page.waitForLoadState("networkidle");
}

// Violations of WCAG 2.2 AA, in words.
export async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
}

// Pixels that the page is too wide.
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
