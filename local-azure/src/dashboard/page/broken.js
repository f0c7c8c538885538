// A banner while something is broken on purpose, on every view, with one button that mends all.

import { get, post } from "./api.js";
import { button, el, replace } from "./dom.js";
import { doing, outcome } from "./outcome.js";

const PAUSE = 3_000;
let shown = null;

// Tells the banner, and every view that listens, that something was broken or mended here.
export function changed() {
  dispatchEvent(new CustomEvent("broken-changed"));
}

function draw(place, { links, faults }) {
  const tell = outcome();
  const mend = button("Mend all", () => doing(mend, tell, async () => {
    tell.busy("mending");
    await post("broken/mend");
    changed();
    document.getElementById("main").focus();
  }), { id: "mend-all" });
  const what = [];
  if (links.length) what.push(`${links.length === 1 ? "the link" : "the links"} ${links.join(", ")}`);
  if (faults) what.push(faults === 1 ? "1 fault is set" : `${faults} faults are set`);
  replace(place, el("strong", {}, "Broken on purpose: "), what.join("; "), " ",
    el("a", { href: "#/faults" }, "see them"), mend, tell.line);
}

export function start(place) {
  async function ask() {
    let broken;
    try {
      broken = await get("broken");
    } catch {
      return;
    }
    const now = JSON.stringify(broken);
    if (now === shown) return;
    shown = now;
    const some = broken.links.length > 0 || broken.faults > 0;
    place.hidden = !some;
    if (some) draw(place, broken);
    else replace(place);
  }
  addEventListener("broken-changed", ask);
  setInterval(ask, PAUSE);
  ask();
}
