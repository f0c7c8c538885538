// Identities and what they may do.

import { get } from "../api.js";
import { dateTime, el, facts, replace, table } from "../dom.js";

export const view = { path: "identities", title: "Identities", key: "i", show };

async function show(page) {
  const found = await get("identities", page.signal);
  const { identities, roleAssignments, appRegistrations, appRoleAssignments, subscriptions } = found;
  replace(page.main, el("h1", {}, "Identities and roles"),
    facts([["Tenant", el("code", {}, found.tenant)], ["Function app", found.app]]),
    section("Identities", "The seed has no identity.", ["Name", "Kind", "Carried by", "Client ID", "Principal ID"],
      identities.map((one) => [el("b", {}, one.name), one.kind, carried(one), el("code", {}, one.clientId), el("code", {}, one.principalId)])),
    section("Role assignments (Azure RBAC)", "No identity has a role.", ["Identity", "Role", "Scope"],
      roleAssignments.map(({ identity, role, scope }) => [identity, role, scope])),
    section("App registrations", "The seed has no app registration.", ["Name", "App ID URI", "Client ID", "Tokens", "App roles", "Proves itself with"],
      appRegistrations.map((one) => [el("b", {}, one.name), el("code", {}, one.appIdUri), el("code", {}, one.clientId),
        `version ${one.tokenVersion}${one.assignmentRequired ? ", for assigned callers alone" : ""}`,
        one.appRoles.join(", ") || "none", one.credentials.length ? one.credentials.map(credential) : el("span", { class: "quiet" }, "nothing")])),
    section("App roles held now", "No identity holds an app role.", ["Who", "App", "Role", "Since"],
      appRoleAssignments.map(({ principal, app, role, created }) => [principal, app, role ?? "access without a role", dateTime(created)])),
    section("Subscriptions of API Management", "There is no subscription.", ["Name", "Opens", "State", "Secrets with its primary key"],
      subscriptions.map(({ name, scope, state, secrets }) => [el("b", {}, name), scope, state, secrets.join(", ") || "none"])));
}

function section(title, empty, headings, rows) {
  return el("section", {}, el("h2", {}, title), rows.length ? table(title, headings, rows) : el("p", {}, empty));
}

const carried = ({ carriedBy }) => carriedBy.join(", ") || el("span", { class: "quiet" }, "nothing");

function credential({ kind, name, expires }) {
  return el("div", {}, `${kind} ${name}`, expires && [", until ", dateTime(expires)]);
}
