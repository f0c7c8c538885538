// App settings: names, and where each comes from. Values stay where they are.

import { get } from "../api.js";
import { el, replace, table } from "../dom.js";

export const view = { path: "settings", title: "App settings", key: "a", show };

const SOURCES = {
  "settings-file": "settings file",
  seed: "seed",
  shell: "shell",
  "local-azure": "local-azure",
};

async function show(page) {
  const { host, settings } = await get("settings", page.signal);
  const input = el("input", { type: "search", id: "setting", placeholder: "name or source", autocomplete: "off", on: { input: draw } });
  const list = el("div");
  page.find(input);
  function draw() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = ({ name, source }) => `${name} ${SOURCES[source]}`.toLowerCase();
    const found = settings.filter((setting) => words.every((word) => text(setting).includes(word)));
    // The app's own first; what the shell adds besides may be long.
    const own = found.filter(({ source, hides }) => source !== "shell" || hides)
      .sort((one, other) => (one.source === "local-azure") - (other.source === "local-azure"));
    const shell = found.filter((setting) => !own.includes(setting));
    replace(list,
      own.length ? table("App settings", ["Name", "Comes from"], own.map(row)) : el("p", {}, "None."),
      shell.length > 0 && el("details", { open: words.length > 0 },
        el("summary", {}, `${shell.length} other variables of the shell`),
        table("Other variables of the shell", ["Name", "Comes from"], shell.map(row))));
  }
  draw();
  replace(page.main, el("h1", {}, "App settings"),
    el("p", { class: "quiet" }, host
      ? "What the handler gets as its environment. Values are never shown here, and not kept."
      : "No Functions host runs here: these are the seed's. Values are never shown here."),
    el("p", { class: "tools" }, el("label", { for: "setting" }, "Filter"), input), list);
}

function row({ name, source, hides }) {
  return [el("code", {}, name), [SOURCES[source], hides && el("span", { class: "quiet" }, `, in the place of another value of the ${SOURCES[hides]}`)]];
}
