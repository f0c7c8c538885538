// Secrets: names, versions and dates. There is no way from here to a value.

import { get } from "../api.js";
import { dateTime, el, facts, replace, table } from "../dom.js";

export const view = { path: "secrets", title: "Secrets", key: "s", show };

const DAY = 86_400_000;

async function show(page) {
  const vaults = await get("secrets", page.signal);
  replace(page.main, el("h1", {}, "Secrets"),
    el("p", { class: "quiet" }, "Names, versions and dates. A value is never shown here: the app reads it with its identity."),
    vaults.length ? vaults.map(vault) : el("p", {}, "The seed has no vault."));
}

function vault({ name, host, softDeleteRetentionDays, purgeProtection, secrets }) {
  const versions = secrets.flatMap((secret) => secret.versions);
  // Empty columns are left out.
  const optional = [["Not before", "notBefore", date], ["Type", "contentType", (text) => text ?? ""]]
    .filter(([, member]) => versions.some((version) => version[member]));
  const rows = secrets.flatMap((secret) => secret.versions.map((version, index) => [
    index ? el("span", { class: "quiet" }, secret.name) : el("b", {}, secret.name),
    el("code", {}, version.id),
    state(secret, version, index),
    date(version.created), date(version.updated), ends(version.expires),
    ...optional.map(([, member, draw]) => draw(version[member])),
  ]));
  return el("section", {}, el("h2", {}, name),
    facts([
      ["Host", el("code", {}, host)],
      ["A deleted secret", `can be brought back for ${softDeleteRetentionDays} days${purgeProtection ? ", and cannot be purged before" : ""}`],
    ]),
    rows.length
      ? table(`Secrets of ${name}`, ["Secret", "Version", "State", "Created", "Changed", "Expires", ...optional.map(([heading]) => heading)], rows)
      : el("p", {}, "This vault has no secret."));
}

const date = (at) => (at ? dateTime(at) : "");

function state(secret, version, index) {
  if (secret.deleted) return [word("bad", "✕", "deleted"), " ", dateTime(secret.deleted), ", purged ", dateTime(secret.purged)];
  if (!version.enabled) return word("bad", "✕", "disabled");
  return index ? word("quiet", "·", "older") : word("good", "✓", "current");
}

function ends(at) {
  if (!at) return el("span", { class: "quiet" }, "never");
  const days = Math.ceil((new Date(at) - Date.now()) / DAY);
  if (days <= 0) return [dateTime(at), " ", word("bad", "!", "expired")];
  return days <= 30 ? [dateTime(at), " ", word("warn", "!", `in ${days} days`)] : dateTime(at);
}

function word(kind, icon, text) {
  return el("span", { class: `word ${kind}` }, el("span", { "aria-hidden": "true" }, icon), ` ${text}`);
}
