// The list of requests: each comes when it has ended, and stands by when it began.

import { get } from "../api.js";
import { announce, button, el, milliseconds, replace, time, verdict } from "../dom.js";
import { onKey } from "../keys.js";
import { onChange } from "../live.js";
import { request } from "./request.js";

// Rows in memory, and rows on the page.
const KEPT = 2000;
const SHOWN = 400;

export const view = {
  path: "requests",
  title: "Requests",
  key: "r",
  show: (page, [id]) => (id === undefined ? list(page) : request(page, id)),
};

function draw(row) {
  const token = row.kind === "identity-endpoint" && row.audience && `token for ${row.audience}`;
  const why = row.reason ?? token;
  return el("tr", { class: row.verdict, "data-id": row.id },
    el("td", { class: "number" }, time(row.started)),
    el("td", { class: "who", title: row.from ?? "a process outside" }, row.identity ?? row.from ?? "outside"),
    el("td", { class: "who" }, row.service),
    el("td", { class: "what" }, el("a", { href: `#/requests/${row.id}`, class: "call", title: `${row.method} ${row.path}` }, el("b", {}, row.method), ` ${row.path}`)),
    el("td", { class: "number" }, row.status),
    el("td", { class: "number" }, milliseconds(row.milliseconds)),
    el("td", { class: "why" }, el("div", { class: "clamp" }, verdict(row.verdict),
      row.replayOf && el("span", { class: "tag" }, "replay"),
      !row.trace && el("span", { class: "tag", title: "no traceparent arrived: this request belongs to no chain" }, "no trace"),
      why && el("span", { class: "reason", title: why }, ` ${why}`))));
}

function text(row) {
  return [row.method, row.path, row.service, row.from, row.identity, row.audience, row.status, row.verdict, row.reason, row.trace ?? "no trace"]
    .join(" ").toLowerCase();
}

async function list(page) {
  const rows = new Map();
  const late = new Map();
  let paused = false;
  let bounds = null;
  const body = el("tbody");
  const count = el("p", { class: "quiet" });
  const input = el("input", { type: "search", id: "filter", placeholder: "path, service, identity, status, verdict", autocomplete: "off" });
  const pause = button("Pause", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", paused);
    if (!paused) {
      for (const row of late.values()) add(row);
      late.clear();
    }
    tell();
  }, { "aria-pressed": "false" });

  function matches(row) {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    return words.every((word) => text(row).includes(word));
  }
  function tell() {
    pause.textContent = paused ? `Go on${late.size ? ` (${late.size} new)` : ""}` : "Pause";
    const shown = body.children.length;
    const dropped = bounds.dropped ? `; ${bounds.dropped} older ones were dropped` : "";
    if (!rows.size) {
      count.textContent = "No request has ended yet. Call a function, or run a timer: what each service was asked shows here.";
      return;
    }
    count.textContent = `${shown} shown of ${Math.max(bounds.kept, rows.size)} kept${dropped}. ` +
      `Kept are the latest ${bounds.mostEntries.toLocaleString()}, and ${bounds.mostBytes / 2 ** 20} MiB at most.`;
  }
  // IDs are given when requests begin: the one that began last is on top, whichever ended last.
  function add(row) {
    const known = body.querySelector(`tr[data-id="${row.id}"]`);
    rows.set(row.id, row);
    if (!matches(row)) return known?.remove();
    const drawn = draw(row);
    if (known) return known.replaceWith(drawn);
    const below = [...body.children].find((other) => Number(other.dataset.id) < row.id);
    body.insertBefore(drawn, below ?? null);
    while (body.children.length > SHOWN) body.lastElementChild.remove();
    // A map keeps the order in which rows came: the one that ended first goes.
    if (rows.size > KEPT) rows.delete(rows.keys().next().value);
  }
  function redraw() {
    const found = [...rows.values()].filter(matches).sort((one, other) => other.id - one.id).slice(0, SHOWN);
    replace(body, found.map(draw));
    tell();
  }
  async function read() {
    bounds = await get(`requests?limit=${KEPT}`, page.signal);
    rows.clear();
    for (const row of bounds.rows) rows.set(row.id, row);
    redraw();
  }

  input.addEventListener("input", () => {
    redraw();
    announce(`${body.children.length} requests match`);
  });
  replace(page.main,
    el("h1", {}, "Requests"),
    el("form", { class: "tools", role: "search", on: { submit: (event) => event.preventDefault() } },
      el("label", { for: "filter" }, "Filter"), input, pause),
    count,
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "List of requests" },
      el("table", { class: "list" },
        el("caption", { class: "hidden" }, "Requests, newest first"),
        el("thead", {}, el("tr", {}, ["Time", "Who asked", "Service", "Request", "Status", "Took", "Decision"]
          .map((heading) => el("th", { scope: "col" }, heading)))),
        body)));
  page.find(input);
  onKey("j", "next request", () => move(body, 1), page.signal);
  onKey("k", "request before", () => move(body, -1), page.signal);
  onKey("p", "pause or go on", () => pause.click(), page.signal);
  onChange((change) => {
    if (change.kind === "reset") return void read().catch(() => {});
    if (!bounds) return;
    if (paused) late.set(change.row.id, change.row);
    else {
      if (!rows.has(change.row.id)) bounds.kept = Math.min(bounds.kept + 1, bounds.mostEntries);
      add(change.row);
      announce(`${change.row.service}: ${change.row.verdict}`);
    }
    tell();
  }, page.signal);
  await read();
}

// Focus goes from link to link, so Enter opens.
function move(body, step) {
  const links = [...body.querySelectorAll("a.call")];
  const here = links.indexOf(document.activeElement);
  const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), links.length - 1);
  links[next]?.focus();
  links[next]?.scrollIntoView({ block: "nearest" });
}
