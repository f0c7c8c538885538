// The host's log and the handler's output.

import { get } from "../api.js";
import { announce, button, el, replace, time } from "../dom.js";
import { onKey } from "../keys.js";

const SHOWN = 1000;
const PAUSE = 1500;

export const view = { path: "logs", title: "Logs", key: "l", show };

async function show(page) {
  const lines = [];
  let last = 0;
  let bounds = null;
  let paused = false;
  const list = el("ol", { class: "log" });
  const count = el("p", { class: "quiet" });
  const input = el("input", { type: "search", id: "filter", placeholder: "text, level, invocation ID", autocomplete: "off" });
  const pause = button("Pause", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", paused);
    pause.textContent = paused ? "Go on" : "Pause";
  }, { "aria-pressed": "false" });
  function matches(line) {
    const text = `${line.source} ${line.level} ${line.text}`.toLowerCase();
    return input.value.toLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
  }
  function draw(line) {
    return el("li", { class: line.level }, time(line.at), " ", el("span", { class: "tag" }, line.source),
      line.level === "information" ? " " : ` ${line.level}: `, el("span", { class: "line" }, line.text));
  }
  function redraw() {
    const found = lines.filter(matches);
    replace(list, found.slice(-SHOWN).reverse().map(draw));
    const dropped = bounds.dropped ? `; ${bounds.dropped} older ones were dropped` : "";
    count.textContent = `${Math.min(found.length, SHOWN)} shown of ${lines.length} kept${dropped}. Newest first. ` +
      `Kept are the latest ${bounds.mostLines.toLocaleString()} lines, and ${bounds.mostBytes / 2 ** 20} MiB at most.`;
  }
  async function read() {
    bounds = await get(`logs?after=${last}`, page.signal);
    if (bounds.lines.length === 0 && last > 0) return;
    last = bounds.last;
    lines.push(...bounds.lines);
    lines.splice(0, Math.max(0, lines.length - bounds.mostLines));
    redraw();
  }
  input.addEventListener("input", () => {
    redraw();
    announce(`${list.children.length} lines match`);
  });
  replace(page.main,
    el("h1", {}, "Logs"),
    el("form", { class: "tools", role: "search", on: { submit: (event) => event.preventDefault() } },
      el("label", { for: "filter" }, "Filter"), input, pause),
    count, list);
  page.find(input);
  onKey("p", "pause or go on", () => pause.click(), page.signal);
  await read();
  const again = setInterval(() => !paused && read().catch(() => {}), PAUSE);
  page.signal.addEventListener("abort", () => clearInterval(again));
}
