// Breaking things on purpose: the links of the chain as switches, faults of services, and the jobs that show them.

import { get, post } from "../api.js";
import { changed } from "../broken.js";
import { button, dateTime, el, replace, table } from "../dom.js";
import { faultForm } from "../fault_form.js";
import { onChange } from "../live.js";
import { doing, outcome } from "../outcome.js";
import { redraw, soon } from "../redraw.js";
import { prose } from "../words.js";

export const view = { path: "faults", title: "Faults", key: "x", show };

async function show(page) {
  const tell = outcome();
  const places = { links: el("div"), set: el("div") };
  const read = async () => {
    const [{ links, jobs }, faults] = await Promise.all([get("links", page.signal), get("faults", page.signal)]);
    redraw(places.links, drawLinks(links, jobs, tell, read));
    redraw(places.set, drawFaults(faults, tell, read));
    return faults;
  };
  const faults = await read();
  replace(page.main, el("h1", {}, "Break something"), tell.line,
    el("section", {}, el("h2", {}, "Links of the chain"), places.links),
    el("section", {}, el("h2", {}, "Faults of services"), places.set, faultForm(faults, tell, read)));
  const again = soon(() => read().catch(() => {}), page.signal);
  onChange(again, page.signal);
  addEventListener("broken-changed", again, { signal: page.signal });
}

function drawLinks(links, jobs, tell, read) {
  if (!links.length) return el("p", {}, "The seed names no links: ", el("code", {}, "links"), " in its ", el("code", {}, "[function_app]"), ".");
  const rows = links.map((link) => el("tr", { class: link.since ? "broken" : "" },
    el("th", { scope: "row" }, el("code", {}, link.name), el("div", { class: "quiet" }, `jobs: ${link.jobs.join(", ")}`)),
    el("td", {}, prose(link.help)),
    el("td", {}, el("b", {}, link.expected.service), el("div", { class: "reason" }, link.expected.why)),
    el("td", {}, seen(link)),
    el("td", {}, action(link, tell, read))));
  const caption = "Links that can be broken";
  return [
    el("p", { class: "tools" }, "Break one, then run a job:", jobs.map((job) => runJob(job, tell))),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
      el("table", { class: "links" }, el("caption", { class: "hidden" }, caption),
        el("thead", {}, el("tr", {}, ["Link", "What is wrong then", "Expected to refuse", "Seen", "Broken"].map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, rows))),
  ];
}

function runJob({ name, host }, tell) {
  const run = button(`Run ${name}`, () => doing(run, tell, async () => {
    tell.busy(`the job ${name} runs`);
    const { succeeded, error } = await post("jobs/run", { name });
    if (succeeded) tell.good(`the job ${name} succeeded`);
    else tell.bad(`the job ${name} failed: ${error}`);
  }), { id: `job-${name}`, disabled: !host, title: host ? null : "no Functions host runs here" });
  return [" ", run];
}

function seen(link) {
  if (!link.seen) return el("span", { class: "quiet" }, link.since ? "nothing refused yet" : "");
  const { entry, service, status, reason } = link.seen;
  return [el("a", { href: `#/requests/${entry}` }, `${service}, ${status}`), el("div", { class: "reason" }, reason)];
}

function action(link, tell, read) {
  if (link.how === "at-start-alone") {
    return [button("Off", () => {}, { disabled: true, role: "switch", "aria-checked": "false", "aria-label": `Break ${link.name}` }),
      el("div", { class: "quiet" }, prose(`Not in a world that runs: ${link.why}. \`${link.command}\` shows it.`))];
  }
  if (link.how === "attack") {
    const send = button("Send once", () => doing(send, tell, async () => {
      const { status, seen: refused } = await post("links/attack", { name: link.name });
      const entry = refused && [" ", el("a", { href: `#/requests/${refused.entry}` }, "its request"), `: ${refused.reason ?? ""}`];
      if (status >= 400) tell.good(`the attack ${link.name} was answered ${status} by ${refused?.service ?? "no service"}.`, entry);
      else tell.bad(`the attack ${link.name} was answered ${status}`);
      await read();
    }), { id: `attack-${link.name}`, "aria-label": `Send once: ${link.name}` });
    return [send, el("div", { class: "quiet" }, "one request of an attacker")];
  }
  const on = link.since !== null;
  const flip = button(on ? "On" : "Off", () => doing(flip, tell, async () => {
    tell.busy(on ? `mending ${link.name}` : `breaking ${link.name}`);
    const { handlerRestarted, problem } = await post(on ? "links/mend" : "links/break", { name: link.name });
    const done = on ? `${link.name} is mended.` : `${link.name} is broken.`;
    if (problem) tell.bad(`${done} The handler was not started anew, so it may keep tokens: ${problem}`);
    else tell.good(done, handlerRestarted ? " A new handler runs: it keeps no token of before." : "");
    changed();
    await read();
  }), { id: `link-${link.name}`, role: "switch", "aria-checked": String(on), "aria-label": `Break ${link.name}` });
  return [flip, on && el("div", { class: "quiet" }, "since ", dateTime(link.since))];
}

function drawFaults({ set }, tell, read) {
  if (!set.length) return el("p", {}, "No fault is set.");
  return table("Faults that are set", ["Fault", "Struck", "End it"], set.map((fault) => {
    const { id, service, kind, requests, strikes, ...members } = fault;
    const end = button("End", () => doing(end, tell, async () => {
      await post("faults/end", { id });
      tell.good(`fault ${id} has ended`);
      changed();
      await read();
    }), { id: `fault-${id}`, "aria-label": `End fault ${id}: ${service} ${kind}` });
    const limits = Object.entries(members).map(([name, value]) => el("span", { class: "tag" }, `${name} ${value}`));
    return [[el("code", {}, `${service}:${kind}`), limits], `${strikes} of ${requests} requests`, end];
  }));
}
