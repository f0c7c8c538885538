// Words of the program as a page shows them.

import { el } from "./dom.js";

// Text between backticks is code. Its lines break only between words: an option is one word.
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? el("code", {}, solid(part)) : part));
}

function solid(text) {
  return text.split(" ").flatMap((word, index) => [index > 0 && " ", el("span", { class: "solid" }, word)]);
}

// A schedule as it is written in function.json, not as the host's log words it.
export function schedule(text) {
  return text.replace(/^Cron: '(.*)'$/, "$1");
}
