// A line that tells what became of an action, also to a screen reader.

import { el, replace } from "./dom.js";

export function outcome() {
  const line = el("p", { role: "status", class: "outcome" });
  const say = (kind, icon, ...parts) => {
    line.dataset.kind = kind;
    replace(line, el("span", { "aria-hidden": "true", class: "icon" }, icon), " ", ...parts);
  };
  return {
    line,
    busy: (...parts) => say("busy", "…", ...parts),
    good: (...parts) => say("good", "✓", ...parts),
    bad: (...parts) => say("bad", "✕", ...parts),
  };
}

// Runs an action of a button; the button cannot be pressed meanwhile, and its problem is told.
export async function doing(button, tell, action) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (error) {
    tell.bad(error.message);
  }
  button.removeAttribute("aria-disabled");
}
