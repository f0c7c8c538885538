// Blobs: accounts, containers, what is under a prefix, and the content of one as a file.

import { get, segment } from "../api.js";
import { button, dateTime, el, facts, replace } from "../dom.js";
import { doing, outcome } from "../outcome.js";

export const view = {
  path: "blobs",
  title: "Blobs",
  key: "b",
  show: (page, [account, container, prefix = ""]) => (container === undefined ? accounts(page) : list(page, account, container, prefix)),
};

const STATES = {
  current: null,
  snapshot: "snapshot",
  version: "older version",
  deleted: "deleted: it can be brought back, not read",
  uncommitted: "uncommitted: blocks wait, there is no blob yet",
};

const address = (account, container, prefix = "") =>
  `#/blobs/${segment(account)}/${segment(container)}${prefix && `/${segment(prefix)}`}`;

async function accounts(page) {
  const found = await get("blobs", page.signal);
  replace(page.main, el("h1", {}, "Blobs"),
    found.length ? found.map(account) : el("p", {}, "The seed has no storage account."));
}

function account({ name, versioning, deleteRetentionDays, containers }) {
  const rows = containers.map((container) => el("tr", {},
    el("td", {}, el("a", { href: address(name, container.name) }, container.name)),
    el("td", { class: "number" }, container.blobs),
    el("td", {}, dateTime(container.lastModified)),
    el("td", {}, metadata(container.metadata))));
  return el("section", {}, el("h2", {}, name),
    facts([
      ["Host", el("code", {}, `${name}.blob.core.windows.net`)],
      ["A write", versioning ? "keeps what was there as a version" : "replaces what was there"],
      ["A deleted blob", deleteRetentionDays ? `can be brought back for ${deleteRetentionDays} days` : "is gone at once"],
    ]),
    rows.length
      ? grid(`Containers of ${name}`, ["Container", "Blobs", "Changed", "Metadata"], rows)
      : el("p", {}, "This account has no container."));
}

async function list(page, account, container, prefix) {
  page.title(`${container} · Blobs`);
  const tell = outcome();
  const body = el("tbody");
  const more = el("p");
  const input = el("input", { type: "search", id: "prefix", value: prefix, placeholder: "the beginning of a name", autocomplete: "off" });
  const form = el("form", { class: "tools", role: "search", on: { submit: (event) => {
    event.preventDefault();
    location.hash = address(account, container, input.value);
  } } }, el("label", { for: "prefix" }, "Prefix"), input, el("button", {}, "Show"));
  page.find(input);
  async function read(after) {
    const query = new URLSearchParams({ account, container, prefix, ...(after && { after }) });
    const page_ = await get(`blobs/list?${query}`, page.signal);
    body.append(...page_.folders.map((name) => folder(account, container, prefix, name)),
      ...page_.blobs.map((blob) => row(account, container, prefix, blob)));
    const next = page_.after && button("More", () => doing(next, tell, () => read(page_.after)));
    replace(more, next);
  }
  await read();
  replace(page.main, crumbs(account, container, prefix), el("h1", {}, container), form, tell.line,
    body.children.length
      ? grid(`Blobs in ${container}`, ["Name", "State", "Bytes", "Type", "Changed", "Metadata", "Content"], body)
      : el("p", {}, prefix ? "No blob's name begins so." : "This container is empty."),
    more);
}

function crumbs(account, container, prefix) {
  const steps = [el("li", {}, el("a", { href: "#/blobs" }, account)), el("li", {}, el("a", { href: address(account, container) }, container))];
  let path = "";
  for (const part of prefix.split("/").slice(0, -1)) {
    path += `${part}/`;
    steps.push(el("li", {}, el("a", { href: address(account, container, path) }, part || "/")));
  }
  return el("nav", { "aria-label": "Folders" }, el("ol", { class: "crumbs" }, steps));
}

function folder(account, container, prefix, name) {
  return el("tr", {},
    el("td", { colspan: 7 }, el("a", { href: address(account, container, name) },
      el("span", { "aria-hidden": "true" }, "▸ "), name.slice(prefix.length))));
}

function row(account, container, prefix, blob) {
  const mark = STATES[blob.state];
  const query = new URLSearchParams({ account, container, name: blob.name, etag: blob.etag ?? "" });
  const file = blob.readable && el("a", { href: `/dashboard/api/blobs/content?${query}`, download: "", "aria-label": `Download ${blob.name}` }, "Download");
  return el("tr", { class: blob.state },
    el("td", {}, el("code", {}, blob.name.slice(prefix.slice(0, prefix.lastIndexOf("/") + 1).length))),
    el("td", {}, mark ? el("span", { class: "word warn" }, el("span", { "aria-hidden": "true" }, "! "), mark) : el("span", { class: "quiet" }, "current"), blob.tier === "Archive" && " in the archive"),
    el("td", { class: "number" }, blob.bytes.toLocaleString()),
    el("td", {}, blob.contentType ?? "", el("span", { class: "quiet" }, ` ${blob.kind}`)),
    el("td", {}, blob.deleted ? ["deleted ", dateTime(blob.deleted)] : blob.lastModified && dateTime(blob.lastModified)),
    el("td", {}, metadata(blob.metadata)),
    el("td", {}, file || el("span", { class: "quiet" }, "none")));
}

function metadata(pairs) {
  const names = Object.entries(pairs);
  return names.length ? el("dl", { class: "pairs" }, names.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))) : "";
}

function grid(caption, headings, rows) {
  const body = Array.isArray(rows) ? el("tbody", {}, rows) : rows;
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "hidden" }, caption),
      el("thead", {}, el("tr", {}, headings.map((text) => el("th", { scope: "col" }, text)))), body));
}
