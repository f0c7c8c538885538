// Timers: when each fires, what became of its last run, and one run now.

import { get, post } from "../api.js";
import { button, dateTime, el, facts, milliseconds, replace } from "../dom.js";
import { onChange } from "../live.js";
import { doing, outcome } from "../outcome.js";
import { redraw, soon } from "../redraw.js";
import { schedule } from "../words.js";

export const view = { path: "timers", title: "Timers", key: "t", show };

async function show(page) {
  const tell = outcome();
  const list = el("div");
  const read = async () => draw(await get("timers", page.signal));
  function draw({ host, timers }) {
    if (!host) return redraw(list, el("p", {}, "No Functions host runs here, so there are no timers. ", el("code", {}, "local-azure start"), " without ", el("code", {}, "--no-host"), " runs one."));
    if (!timers.length) return redraw(list, el("p", {}, "The app has no timer."));
    redraw(list, timers.map((timer) => one(timer, tell, read)));
  }
  replace(page.main, el("h1", {}, "Timers"), tell.line, list);
  const again = soon(() => read().catch(() => {}), page.signal);
  onChange(again, page.signal);
  await read();
}

function one(timer, tell, read) {
  const run = button("Run now", () => doing(run, tell, async () => {
    tell.busy(`${timer.name} runs`);
    const { succeeded, status, milliseconds: took, error } = await post("timers/run", { name: timer.name });
    const text = `${timer.name} ${succeeded ? "succeeded" : "failed"} with ${status} in ${milliseconds(took)}`;
    if (succeeded) tell.good(text);
    else tell.bad(`${text}: ${error}`);
    await read();
  }), { id: `run-${timer.name}`, "aria-label": `Run now: ${timer.name}` });
  return el("section", { class: "card", "aria-label": timer.name },
    el("div", { class: "tools" }, el("h2", {}, timer.name), run),
    facts([
      ["Schedule", [el("code", {}, schedule(timer.schedule)), ` in ${timer.timeZone}`]],
      ["Fires", timer.silent ? `no: ${timer.silent}` : "on its schedule"],
      ["Last run", last(timer)],
      ["Next runs", timer.silent ? null : el("ol", { class: "plain" }, timer.next.map((at) => el("li", {}, dateTime(at))))],
    ]));
}

function last({ last: run, lastOnSchedule }) {
  if (!run) return lastOnSchedule ? ["on schedule: ", dateTime(lastOnSchedule)] : "none yet";
  const failed = run.status >= 400;
  return [
    el("span", { class: `verdict ${failed ? "failed" : "allowed"}` }, el("span", { "aria-hidden": "true", class: "icon" }, failed ? "✕" : "✓"), failed ? " failed" : " succeeded"),
    " ", dateTime(run.started), ` in ${milliseconds(run.milliseconds)}. `,
    el("a", { href: `#/requests/${run.entry}` }, "its request"),
    run.reason && el("div", { class: "reason" }, run.reason),
  ];
}
