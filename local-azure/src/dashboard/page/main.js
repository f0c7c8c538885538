// The frame: signing in, navigation, and the view of the address.

import { get, signIn } from "./api.js";
import * as broken from "./broken.js";
import { announce, button, el, replace } from "./dom.js";
import { help, onKey } from "./keys.js";
import * as live from "./live.js";
import { theme } from "./settings.js";
import { views } from "./views.js";

const main = document.getElementById("main");
const navigation = document.getElementById("views");
let leave = null;
let search = null;

const STATES = {
  live: "live",
  asking: "asks every 2 s",
  connecting: "connecting",
  gone: "this run has ended",
  "signed out": "signed out",
};

function drawFrame(about) {
  const state = el("span", { class: "state" });
  live.onState((name) => {
    state.textContent = STATES[name];
    state.dataset.state = name;
  });
  const choice = el("select", { id: "theme", on: { change: () => theme.set(choice.value) } },
    ["system", "light", "dark"].map((name) => el("option", { value: name, selected: theme.get() === name }, name)));
  replace(document.getElementById("banner"),
    el("strong", {}, "local-azure"), el("span", { class: "quiet" }, about.version), state,
    el("span", { class: "push" }, el("label", { for: "theme", class: "quiet" }, "Theme"), choice,
      button("Keys", help, { title: "the keys of this page (?)" })));
  replace(navigation, el("ul", {}, views.map(({ path, title, key }) =>
    el("li", {}, el("a", { href: `#/${path}`, "data-path": path, title: `g ${key}` }, title)))));
  for (const { path, title, key } of views) onKey(`g ${key}`, title, () => { location.hash = `#/${path}`; });
  onKey("/", "search", () => search?.focus());
  onKey("?", "these keys", help);
}

// "#/requests/7" shows entry 7 of the view `requests`.
async function route() {
  if (location.hash === "#main") return main.focus();
  const [path, ...parts] = location.hash.replace(/^#\//, "").split("/").map(decode);
  const view = views.find((one) => one.path === path);
  if (!view) {
    location.replace(`#/${views[0].path}`);
    return;
  }
  leave?.abort();
  leave = new AbortController();
  const { signal } = leave;
  search = null;
  for (const link of navigation.querySelectorAll("a")) {
    if (link.dataset.path === view.path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = (text) => { document.title = `${text} · local-azure`; };
  title(view.title);
  const place = el("div", { class: `view ${view.path}` });
  replace(main, place);
  const page = { main: place, signal, title, find: (input) => { search = input; } };
  try {
    await view.show(page, parts);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError" || error.status === 401) return;
    replace(place, el("h1", {}, view.title), el("p", { role: "alert" }, error.message));
  }
  if (!signal.aborted) announce(document.title, true);
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function showSignedOut(message) {
  leave?.abort();
  document.title = "Signed out · local-azure";
  replace(main,
    el("h1", {}, "This page is closed"),
    el("p", {}, message),
    el("p", {}, "Open the address that ", el("code", {}, "local-azure start"), " printed in its terminal. It ends in ",
      el("code", {}, "/#t=…"), "; the part behind the # opens the page for this browser, until that run ends. ",
      "On that terminal the key ", el("kbd", {}, "d"), " opens it too."));
}

async function begin() {
  theme.apply();
  const token = /^#t=(.+)$/.exec(location.hash);
  // Out of the address and of the history at once.
  if (token) history.replaceState(null, "", `${location.pathname}#/${views[0].path}`);
  try {
    if (token) await signIn(token[1]);
    const about = await get("about");
    drawFrame(about);
    live.start(about.sequence);
    broken.start(document.getElementById("broken"));
  } catch (error) {
    showSignedOut(error.message);
    return;
  }
  addEventListener("signed-out", () => showSignedOut("This browser is not signed in to this run."));
  addEventListener("hashchange", () => {
    // A second address of the same run, or of another one, in a tab that is open.
    if (location.hash.startsWith("#t=")) location.reload();
    else route();
  });
  await route();
}

begin();
