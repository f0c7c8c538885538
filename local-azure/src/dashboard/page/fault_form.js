// A form for one fault: its members are those of the seed's [[faults]].

import { post } from "./api.js";
import { changed } from "./broken.js";
import { el, replace } from "./dom.js";
import { doing } from "./outcome.js";
import { prose } from "./words.js";

// Name, label, whether it is a number, and an example.
const MEMBERS = [
  ["rate", "Share of requests, 0 to 1", true, "all"],
  ["count", "The first requests only", true, "no limit"],
  ["for_seconds", "For so many seconds", true, "no limit"],
  ["milliseconds", "Milliseconds (latency, hang, slow)", true, ""],
  ["retry_after", "Seconds to wait (throttled, unavailable)", true, ""],
  ["seconds", "Seconds (near-expiry, clock-skew)", true, ""],
  ["seed", "Another number chooses other requests", true, ""],
  ["tokens_for", "Tokens of this app registration alone", false, ""],
  ["secret", "This secret alone", false, ""],
  ["container", "This container alone", false, ""],
];

export function faultForm({ services, kinds }, tell, read) {
  const service = select("fault-service", services);
  const kind = el("select", { id: "fault-kind" });
  const help = el("p", { class: "quiet", id: "fault-help" });
  const fields = MEMBERS.map(([name, label, numeric, hint]) => ({
    name, numeric, label,
    input: el("input", { id: `fault-${name.replace("_", "-")}`, inputmode: numeric ? "decimal" : null, placeholder: hint, autocomplete: "off" }),
  }));
  const known = (name) => kinds.find((one) => one.name === name);
  const offer = () => {
    const { kinds: names } = services.find((one) => one.name === service.value);
    replace(kind, names.map((name) => el("option", { value: name }, name)));
    explain();
  };
  const explain = () => replace(help, prose(known(kind.value)?.help ?? ""));
  service.addEventListener("change", offer);
  kind.addEventListener("change", explain);
  offer();
  const set = el("button", { id: "fault-set" }, "Set this fault");
  const form = el("form", { class: "fault", "aria-label": "Set a fault", on: { submit: (event) => {
    event.preventDefault();
    doing(set, tell, async () => {
      const fault = { service: service.value, kind: kind.value };
      for (const { name, numeric, label, input } of fields) {
        const text = input.value.trim();
        if (!text) continue;
        if (numeric && Number.isNaN(Number(text))) throw new Error(`${label}: "${text}" is not a number`);
        fault[name] = numeric ? Number(text) : text;
      }
      const { id } = await post("faults/set", fault);
      tell.good(`fault ${id} is set: ${fault.service} ${fault.kind}`);
      changed();
      await read();
    });
  } } },
  field("fault-service", "Service", service), field("fault-kind", "Fault", kind), help,
  el("details", {}, el("summary", {}, "Limits and members"), el("div", { class: "fields" }, fields.map(({ label, input }) => field(input.id, label, input)))),
  el("p", {}, set));
  return [el("h3", {}, "Set a fault"), form];
}

function select(id, choices) {
  return el("select", { id }, choices.map(({ name, help }) => el("option", { value: name }, `${name}: ${help}`)));
}

function field(id, label, input) {
  return el("p", { class: "field" }, el("label", { for: id }, label), input);
}
