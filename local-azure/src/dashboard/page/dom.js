// Elements are made here and nowhere else: text stays text, whatever markup it holds.

const LINK = /^(#|\/dashboard\/)/;

// el("a", { href: "#/requests", class: "row", on: { click } }, "text", node, null)
// `vars` sets custom properties of CSS. A child that is null, undefined or false is left out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else if (name === "vars") {
      for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    } else if (name === "href" && !LINK.test(value)) {
      throw new Error(`a link leads to the dashboard alone, not to ${value}`);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...kept(children));
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren(...kept(children));
}

function kept(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

// A table with a caption for screen readers. Each row is an array of cells: text, a node, or an array of both.
export function table(caption, headings, rows, attributes = {}) {
  const head = el("thead", {}, el("tr", {}, headings.map((text) => el("th", { scope: "col" }, text))));
  const body = el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell)))));
  const tabular = el("table", attributes, el("caption", { class: "hidden" }, caption), head, body);
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption }, tabular);
}

// Pairs of a name and a value; a value that is undefined is left out.
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return el("dl", { class: "facts" }, known.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

export function button(text, action, attributes = {}) {
  return el("button", { type: "button", on: { click: action }, ...attributes }, text);
}

// The outcome of a request, as icon and word: never as colour alone.
const VERDICTS = {
  allowed: ["✓", "allowed"],
  answered: ["·", "answered"],
  challenge: ["?", "challenge"],
  refused: ["✕", "refused"],
  left: ["↩", "client left"],
  failed: ["!", "failed"],
};

export function verdict(name) {
  const [icon, word] = VERDICTS[name] ?? ["·", name];
  return el("span", { class: `verdict ${name}` }, el("span", { "aria-hidden": "true", class: "icon" }, icon), ` ${word}`);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hour12: false });

// A time of today to the millisecond; the whole date on hover and for machines.
export function time(iso) {
  const date = new Date(iso);
  return el("time", { datetime: iso, title: day.format(date) }, clock.format(date));
}

export function dateTime(iso) {
  return el("time", { datetime: iso }, day.format(new Date(iso)));
}

export function milliseconds(value) {
  if (value >= 10000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 100 ? `${Math.round(value)} ms` : `${value.toFixed(value >= 10 ? 1 : 2)} ms`;
}

let said = 0;
let waiting;

// Tells a screen reader, at most once in two seconds: the last text wins. What answers a person's own act is told at once.
export function announce(text, atOnce = false) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    said = Date.now();
    document.getElementById("status").textContent = text;
  }, atOnce ? 0 : Math.max(0, said + 2000 - Date.now()));
}
