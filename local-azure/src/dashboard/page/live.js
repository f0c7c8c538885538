// Changes of the journal, in every tab.
//
// A browser opens six connections to one address, for all its tabs together: with a stream for each tab the seventh would
// hang. So one tab holds a lock, and with it the only stream, and tells the others. When it is closed another tab gets the
// lock. A tab that hears nothing, or a browser without locks, asks instead.

import { get } from "./api.js";

const SILENCE = 12_000;
const PULSE = 4_000;
const PAUSE = 2_000;

const listeners = new Set();
const states = new Set();
const channel = "BroadcastChannel" in window ? new BroadcastChannel("local-azure-dashboard") : null;
let sequence = 0;
let heard = Date.now();
let stream = null;
let asking = false;
let state = "connecting";

// `listener` gets { kind: "entry", row } and { kind: "reset" }, until `signal` ends it.
export function onChange(listener, signal) {
  listeners.add(listener);
  signal?.addEventListener("abort", () => listeners.delete(listener));
}

// `listener` gets "live", "asking" or "gone".
export function onState(listener) {
  states.add(listener);
  listener(state);
}

function become(next) {
  if (next === state) return;
  state = next;
  for (const listener of states) listener(state);
}

function deliver(change) {
  if (change.sequence !== undefined) sequence = Math.max(sequence, change.sequence);
  for (const listener of listeners) listener(change);
}

function hear(change) {
  heard = Date.now();
  become("live");
  if (change.kind !== "pulse") deliver(change);
}

function tell(change) {
  hear(change);
  channel?.postMessage(change);
}

function open() {
  stream = new EventSource(`/dashboard/api/events?after=${sequence}`);
  stream.addEventListener("open", () => tell({ kind: "pulse" }));
  stream.addEventListener("entry", (event) =>
    tell({ kind: "entry", sequence: Number(event.lastEventId), row: JSON.parse(event.data) }));
  stream.addEventListener("reset", (event) => tell({ kind: "reset", sequence: Number(event.lastEventId) }));
}

// Holds the lock, and so the stream, until the tab is closed.
function lead() {
  open();
  return new Promise(() => {
    setInterval(() => {
      if (stream.readyState === EventSource.OPEN) tell({ kind: "pulse" });
      // The browser tries again by itself, unless it was refused.
      if (stream.readyState === EventSource.CLOSED) open();
    }, PULSE);
  });
}

async function ask() {
  if (asking || Date.now() - heard < SILENCE) return;
  asking = true;
  try {
    const { sequence: last, reset, rows } = await get(`changes?after=${sequence}`);
    sequence = last;
    become("asking");
    if (reset) deliver({ kind: "reset" });
    for (const row of rows) deliver({ kind: "entry", row });
  } catch (error) {
    become(error.status === 401 ? "signed out" : "gone");
  }
  asking = false;
}

// `last` is the number of the last change that this tab knows.
export function start(last) {
  sequence = last;
  channel?.addEventListener("message", ({ data }) => hear(data));
  if (navigator.locks && channel) navigator.locks.request("local-azure-dashboard", lead);
  else heard = 0;
  setInterval(ask, PAUSE);
}
