// The demands of a service beside the claims of the token, with the mismatch marked.

import { dateTime, el, table } from "./dom.js";

const NAMES = {
  "identity-header": "identity header",
  identity: "identity of the app",
  "subscription-key": "subscription key",
  token: "bearer token",
  signature: "signature",
  lifetime: "lifetime",
  audience: "audience (aud)",
  issuer: "issuer (iss)",
  role: "role assignment",
};

// Claims in which a request shows what a demand is about.
const CLAIMS = { audience: "aud", issuer: "iss" };

function mark(met) {
  if (met === undefined) return el("span", { class: "quiet" }, "– not looked at");
  return met
    ? el("span", { class: "verdict allowed" }, el("span", { "aria-hidden": "true", class: "icon" }, "✓"), " met")
    : el("span", { class: "verdict refused" }, el("span", { "aria-hidden": "true", class: "icon" }, "✕"), " not met");
}

export function demands({ demanded, claims = {} }) {
  const rows = demanded.map((demand) => {
    const claim = demand.claim ?? CLAIMS[demand.what];
    const found = demand.found ?? (claim in claims ? text(claims[claim]) : demand.claim && "no such claim");
    return [
      demand.claim ? `claim ${demand.claim}` : NAMES[demand.what] ?? demand.what,
      accepted(demand.accepted),
      found ?? "",
      mark(demand.met),
    ];
  });
  const drawn = table("Demands beside what was shown", ["Demand", "Accepted", "Shown", "Result"], rows, { class: "demands" });
  demanded.forEach((demand, index) => {
    if (demand.met === false) drawn.querySelector("tbody").rows[index].classList.add("unmet");
  });
  return drawn;
}

function accepted(values) {
  if (values.length < 2) return values[0] ?? "";
  return ["any of", el("ul", {}, values.map((value) => el("li", {}, value)))];
}

const TIMES = new Set(["exp", "nbf", "iat", "auth_time"]);

// The claims as the client sent them; the token itself is not kept.
export function claims({ claims: found, token }, open = true) {
  const rows = Object.entries(found).map(([name, value]) => [
    el("code", {}, name),
    [el("code", { class: "value" }, text(value)),
      TIMES.has(name) && Number.isFinite(value) && Math.abs(value) < 8e12 && [" ", el("span", { class: "quiet" }, dateTime(new Date(value * 1000).toISOString()))]],
  ]);
  return el("details", { open },
    el("summary", {}, token ? `token ${token.hash}, ${token.alg ?? "no alg"}, key ${token.kid ?? "none"}` : "claims"),
    el("p", { class: "quiet" }, "As the client sent them. The token and its signature are not kept; the same number stands for the same token."),
    table("Claims", ["Claim", "Value"], rows));
}

function text(value) {
  return typeof value === "string" ? value : Array.isArray(value) && value.every((one) => typeof one === "string") ? value.join(", ") : JSON.stringify(value);
}
