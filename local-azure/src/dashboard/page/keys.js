// Keys. Single letters can be turned off (WCAG 2.1.4); Escape, Enter and Tab stay.

import { el } from "./dom.js";
import { singleKeys } from "./settings.js";

const known = new Map();
let first = null;

// `key` is a character, or "g r" for two one after the other. It ends with `signal`, if there is one.
export function onKey(key, description, action, signal) {
  const entry = { description, action };
  known.set(key, entry);
  signal?.addEventListener("abort", () => known.get(key) === entry && known.delete(key));
}

function types(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && types(event.target)) return event.target.blur();
  if (types(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key !== "Escape" && !singleKeys.get()) return;
  const key = first ? `${first} ${event.key}` : event.key;
  first = !first && event.key === "g" ? "g" : null;
  const entry = known.get(key);
  if (!entry) return;
  event.preventDefault();
  entry.action();
});

export function help() {
  const rows = [...known].map(([key, { description }]) =>
    [el("dt", {}, key.split(" ").map((part) => [el("kbd", {}, part), " "])), el("dd", {}, description)]);
  const on = el("input", { type: "checkbox", checked: singleKeys.get(), on: { change: () => singleKeys.set(on.checked) } });
  const dialog = el("dialog", { "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title" }, "Keys"),
    el("dl", { class: "facts" }, rows),
    el("label", { class: "choice" }, on, " keys of one letter"),
    el("form", { method: "dialog" }, el("button", {}, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
