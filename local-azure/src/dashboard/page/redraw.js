// Fills a place anew. What had the focus gets it again, if something with its ID is there.

import { replace } from "./dom.js";

export function redraw(place, ...children) {
  const id = place.contains(document.activeElement) ? document.activeElement.id : "";
  replace(place, ...children);
  if (id) document.getElementById(id)?.focus();
}

// Calls `draw` soon after the last of many calls.
export function soon(draw, signal) {
  let waiting;
  signal?.addEventListener("abort", () => clearTimeout(waiting));
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 250);
  };
}
