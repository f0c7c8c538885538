// Functions: what each is called by, and those in error with the reason.

import { get } from "../api.js";
import { el, facts, replace, table } from "../dom.js";
import { schedule as written } from "../words.js";

export const view = { path: "functions", title: "Functions", key: "f", show };

const LEVELS = { anonymous: "no key", function: "function key", admin: "master key", system: "system key", user: "signed-in user" };

async function show(page) {
  const { state, url, problem, functions, inError } = await get("functions", page.signal);
  replace(page.main, el("h1", {}, "Functions"),
    state ? facts([["Host", el("code", {}, url)], ["State", state], ["Problem", problem]])
      : el("p", {}, "No Functions host runs here: this is the Azure side alone."),
    inError.length > 0 && el("section", { class: "bad-news" }, el("h2", {}, "In error: left out, the others run"),
      table("Functions in error", ["Function", "Reason"], inError.map(({ name, reason }) => [el("b", {}, name), reason]))),
    functions.length > 0
      ? table("Functions", ["Function", "Trigger", "Methods", "Route or schedule", "Level"], functions.map(row))
      : state && el("p", {}, "The app has no function that can run."));
}

function row({ name, trigger, schedule, url, methods, level, disabled }) {
  return [
    [el("b", {}, name), disabled && el("span", { class: "tag" }, "disabled")],
    trigger === "timerTrigger" ? [el("a", { href: "#/timers" }, "timer")] : "HTTP",
    trigger === "timerTrigger" ? "" : methods.join(", ") || "all",
    el("code", {}, schedule ? written(schedule) : route(url)),
    level ? el("span", { title: LEVELS[level] }, level) : "",
  ];
}

// Without the address of the host, which stands above.
function route(url) {
  return url.replace(/^https?:\/\/[^/]+/, "");
}
