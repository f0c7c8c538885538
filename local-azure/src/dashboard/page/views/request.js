// One request and its chain: who asked whom, how long it took, who let it pass or refused and why.

import { get, segment } from "../api.js";
import { button, el, facts, milliseconds, replace, table, time, verdict } from "../dom.js";
import { onKey } from "../keys.js";
import { onChange } from "../live.js";
import { actions } from "../replay.js";
import { demands, claims } from "../token.js";

export async function request(page, id) {
  let again = null;
  async function read() {
    const found = await get(`requests/${segment(id)}`, page.signal);
    draw(page, found);
    return found;
  }
  const { chain, row } = await read();
  const trace = row.trace;
  const known = new Set(chain.map((one) => one.row.id));
  // The rest of a trace may come later: an invocation is recorded when it ends. Who reads or types here is not disturbed.
  const more = button("This chain has gone on: show it", () => read().catch(() => {}), { class: "more" });
  function redraw() {
    if (page.signal.aborted) return;
    if (page.main.contains(document.activeElement) || page.main.querySelector("form[data-open]")) page.main.prepend(more);
    else read().catch(() => {});
  }
  onChange((change) => {
    const { row: other } = change;
    if (!other || !trace || (other.trace !== trace && !known.has(other.id))) return;
    clearTimeout(again);
    again = setTimeout(redraw, 300);
  }, page.signal);
  onKey("Escape", "back to the list", () => { location.hash = "#/requests"; }, page.signal);
  onKey("u", "back to the list", () => { location.hash = "#/requests"; }, page.signal);
}

function draw(page, found) {
  const { id, row, chain, bars, refused, logs, host } = found;
  const { entry } = chain.find((one) => one.row.id === id);
  page.title(`${row.method} ${row.path}`);
  replace(page.main,
    el("p", { class: "back" }, el("a", { href: "#/requests" }, "← Requests")),
    el("h1", {}, `${row.method} ${row.path}`),
    refused && refusal(refused, id, chain),
    summary(found, row, entry),
    actions(page, found),
    found.joined && el("p", { class: "note" }, "No traceparent arrived with this request. Its chain is known because the handler's span names this invocation ID."),
    row.trace || found.joined
      ? [el("h2", {}, "Chain"), waterfall(bars, id)]
      : el("p", { class: "note" }, "No traceparent arrived with this request, so it belongs to no chain."),
    decision(entry, row),
    chain.length > 1 && [el("h2", {}, "Tokens along the chain"), chain.filter((one) => one.row.id !== id && one.entry.demanded).map(hop)],
    logs && logLines(logs),
    host === null && entry.invocation && el("p", { class: "note" }, "The Functions host has ended, so this cannot be repeated."));
}

function refusal({ id, service, status, reason }, shown, chain) {
  const where = id === shown ? service : el("a", { href: `#/requests/${id}` }, service);
  // The handler knows what to mend: its words stand below those of who refused.
  const handler = chain.find((one) => one.entry.invocation && one.row.id !== id && one.row.status >= 400);
  return el("section", { class: "refusal", "aria-label": "Who refused" },
    el("p", {}, el("b", {}, el("span", { "aria-hidden": "true" }, "✕ "), where, ` refused with ${status}`)),
    el("p", { class: "words" }, reason ?? "It gave no reason."),
    handler?.entry.reason && el("p", {}, el("b", {}, "The handler says: "), el("span", { class: "words" }, message(handler.entry.reason))));
}

// The message in an error's JSON, or the text.
function message(text) {
  try {
    return JSON.parse(text).error?.message ?? text;
  } catch {
    return text;
  }
}

function summary(found, row, entry) {
  return facts([
    ["Decision", verdict(row.verdict)],
    ["Service", row.service],
    ["Host", entry.host],
    ["Query", entry.query && el("code", {}, entry.query)],
    ["Status", String(row.status)],
    ["Began", time(row.started)],
    ["Took", milliseconds(row.milliseconds)],
    ["Who asked", row.from ?? "a process outside"],
    ["Identity", entry.identity],
    ["Allowed by", entry.allowedBy],
    ["Wrote", entry.wrote],
    ["Stream", entry.stream && `${entry.stream.events} of ${entry.stream.of} events${entry.stream.callerLeft ? "; the caller left" : ""}`],
    ["Function", entry.invocation?.function],
    ["Invocation ID", entry.invocation && el("code", {}, entry.invocation.id)],
    ["Repeats", entry.replayOf && el("a", { href: `#/requests/${entry.replayOf}` }, `request ${entry.replayOf}`)],
    ["Trace", (row.trace ?? found.joined) && el("code", {}, row.trace ?? found.joined)],
  ]);
}

// Bars on the time line of the trace; the table says the same in numbers.
function waterfall(bars, shown) {
  const end = Math.max(...bars.map((bar) => bar.start + bar.length), 0.001);
  const percent = (value) => `${(100 * value / end).toFixed(2)}%`;
  const rows = bars.map((bar) => {
    const name = el("span", { class: "step", vars: { "--depth": bar.depth } },
      bar.entry === undefined
        ? [el("span", { class: "tag" }, "span"), ` ${bar.service}: ${bar.title}`]
        : [el("b", {}, bar.service), " ", el("a", { href: `#/requests/${bar.entry}`, class: "call", "aria-current": bar.entry === shown && "true" }, bar.title)]);
    const kind = bar.verdict ?? (bar.failed ? "failed" : "answered");
    return [
      name,
      bar.verdict ? [verdict(bar.verdict), ` ${bar.status}`] : bar.failed && verdict("failed"),
      `+${milliseconds(bar.start)}`,
      milliseconds(bar.length),
      el("span", { class: `bar ${kind}`, "aria-hidden": "true", vars: { "--from": percent(bar.start), "--size": percent(bar.length) } }),
    ];
  });
  return table("Steps of the chain", ["Step", "Decision", "Began", "Took", "Time line"], rows, { class: "waterfall" });
}

function decision(entry, row) {
  return [
    entry.demanded && [el("h2", {}, `What ${row.service} demanded`), demands(entry)],
    entry.claims && [el("h2", {}, "The token's claims"), claims(entry)],
    entry.policies && [el("h2", {}, "Policies that ran"), policies(entry.policies)],
    entry.reason && row.verdict === "challenge" && el("p", { class: "note" }, "A challenge: the client learns which audience its token must have, and asks again."),
  ];
}

function hop({ row, entry }) {
  const wrong = entry.demanded?.some((demand) => demand.met === false) && row.verdict !== "challenge";
  return el("details", { open: wrong },
    el("summary", {}, verdict(row.verdict), ` ${row.service}: ${row.method} ${row.path}`),
    demands(entry),
    entry.claims && claims(entry, false));
}

const ENDS = { answered: "answered the caller", failed: "went to on-error" };

// In the order in which they ran: where each stands, what its expressions gave, what it decided, what came after it.
function policies(list) {
  const rows = list.map((policy) => [
    el("code", {}, policy.policy),
    [[policy.section, policy.scope].filter(Boolean).join(", "), policy.path && el("div", { class: "quiet" }, policy.path)],
    el("code", {}, policy.place),
    (policy.values ?? []).map(({ name, value }) => el("div", {}, el("code", {}, name), " = ", el("code", { class: "value" }, value))),
    [policy.outcome, ENDS[policy.end] && el("div", {}, el("b", {}, ENDS[policy.end]))],
    policy.microseconds === undefined ? "" : milliseconds(policy.microseconds / 1000),
  ]);
  return table("Policies in the order in which they ran", ["Policy", "Section, scope", "Place", "Expressions", "Outcome", "Took"], rows, { class: "policies" });
}

function logLines({ own, meanwhile, received = [] }) {
  const draw = (lines) => el("ol", { class: "log" }, lines.map((line) =>
    el("li", { class: line.level }, time(line.at), ` ${line.level === "information" ? "" : `${line.level}: `}`, el("span", { class: "line" }, line.text))));
  return [
    el("h2", {}, "Log of the invocation"),
    own.length > 0 ? draw(own) : el("p", { class: "quiet" }, "No line names this invocation."),
    received.length > 0 && [el("h3", {}, "Records received by OTLP"), draw(received)],
    meanwhile.length > 0 && el("details", {}, el("summary", {}, `${meanwhile.length} lines that the handler printed meanwhile name no invocation`), draw(meanwhile)),
  ];
}

