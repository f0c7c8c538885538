// The actions on a request: repeat it, copy it as a command, keep it as a file, share its address.

import { post, segment } from "./api.js";
import { announce, button, el, replace, verdict } from "./dom.js";

const SAFE = /^(GET|HEAD|OPTIONS|TRACE)$/;

export function actions(page, found) {
  const { chain, id, host } = found;
  const { entry } = chain.find((one) => one.row.id === id);
  const place = el("div", { class: "replay" });
  const copied = (what) => announce(`${what} is on the clipboard`);
  const copy = (text, what) => navigator.clipboard.writeText(text).then(() => copied(what), () => showText(place, text));
  return [
    el("div", { class: "tools" },
      entry.invocation && host && button("Replay…", () => form(page, place, found, entry)),
      button("Copy as curl", () => copy(curl(entry, host), "the command")),
      button("Copy link", () => copy(`${location.origin}/#/requests/${id}`, "the link")),
      button("Export JSON", () => save(found))),
    place,
  ];
}

// A form, because the query, the headers and the body are not kept: they may hold keys.
function form(page, place, { id }, entry) {
  const { call, function: name } = entry.invocation;
  const changes = !call || !SAFE.test(call.method);
  const query = el("input", { id: "replay-query", autocomplete: "off", placeholder: "a=1&b=2" });
  const kind = el("input", { id: "replay-type", value: "application/json", autocomplete: "off" });
  const body = el("textarea", { id: "replay-body", spellcheck: "false" });
  const sure = el("input", { type: "checkbox", id: "replay-sure", required: true });
  const answer = el("div", { role: "status" });
  async function send(event) {
    event.preventDefault();
    if (changes && !sure.checked) return;
    replace(answer, "running…");
    try {
      const given = { query: query.value, confirmed: sure.checked };
      if (body.value) Object.assign(given, { body: body.value, contentType: kind.value });
      show(answer, await post(`requests/${segment(id)}/replay`, given));
    } catch (error) {
      replace(answer, el("p", { class: "verdict refused" }, error.message));
    }
  }
  const label = (input, text) => el("p", {}, el("label", { for: input.id }, text), el("br"), input);
  replace(place, el("form", { "data-open": true, class: "panel", on: { submit: send } },
    el("h2", {}, call ? `Replay ${call.method} ${call.path}` : `Run the timer ${name} again`),
    el("p", { class: "quiet" }, "It goes through the Functions host as a new invocation, and is marked as a replay. ",
      call && "Method and path are sent again, in a new trace and with the key of this local host. Query, headers and body of the first request are not kept, because they may hold keys: give again what the function needs."),
    call && label(query, "Query"),
    call && changes && [label(kind, "Content type"), label(body, "Body")],
    changes && el("p", {}, el("label", { class: "choice" }, sure, call ? ` ${call.method} may change something: run it again` : " run it now")),
    el("div", { class: "tools" }, el("button", {}, call ? "Send" : "Run"), button("Cancel", () => replace(place))),
    answer));
  (call ? query : sure).focus();
}

function show(answer, { status, entry, body, error }) {
  replace(answer,
    el("p", {}, verdict(status < 400 ? "answered" : status < 500 ? "refused" : "failed"), ` ${status} `,
      entry && el("a", { href: `#/requests/${entry}` }, "its chain")),
    error && el("p", {}, error),
    body && el("pre", {}, body.slice(0, 20_000)));
}

// A shell's single quotes hold everything but themselves.
function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// Without a token and without a key: the names of variables stand for them.
function curl(entry, host) {
  const { invocation, token, method, path, host: name, query } = entry;
  const call = invocation?.call;
  if (invocation && !call) return `curl -X POST ${quote(`${host?.url ?? "http://127.0.0.1:7071/"}admin/functions/${invocation.function}`)} -H 'content-type: application/json' -d '{}'`;
  if (call) {
    const key = host?.keys ? ` -H "x-functions-key: $FUNCTIONS_KEY"` : "";
    return `curl -X ${call.method} ${quote((host?.url ?? "http://127.0.0.1:7071/").replace(/\/$/, "") + call.path)}${key}`;
  }
  const bearer = token ? ` -H "Authorization: Bearer $TOKEN"` : "";
  const address = `${path}${query ? `?${query}` : ""}`;
  if (entry.service === "identity-endpoint") {
    return `curl "$IDENTITY_ENDPOINT"${quote(query ? `?${query}` : "")} -H "X-IDENTITY-HEADER: $IDENTITY_HEADER"`;
  }
  return `curl -X ${method} --proxy "$HTTPS_PROXY" --cacert "$SSL_CERT_FILE" ${quote(`https://${name ?? "HOST"}${address}`)}${bearer}`;
}

function showText(place, text) {
  const area = el("textarea", { readonly: true, "aria-label": "Copy this" });
  area.value = text;
  replace(place, area);
  area.select();
}

// A download by a link of the page's own; blob: addresses are no connection.
function save(found) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `request-${found.id}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
