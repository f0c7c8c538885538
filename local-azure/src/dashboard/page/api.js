// The dashboard's JSON.

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", redirect: "error", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "Gone", "local-azure does not answer: this run has ended");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const text = await response.text();
  let error = {};
  try {
    error = JSON.parse(text).error ?? {};
  } catch {
    // The text is the message.
  }
  if (response.status === 401) dispatchEvent(new CustomEvent("signed-out"));
  throw new ApiError(response.status, error.code, error.message ?? (text.trim() || `status ${response.status}`));
}

// The name of a path's segment that came from data.
export const segment = encodeURIComponent;

export function get(path, signal) {
  return ask(`/dashboard/api/${path}`, { signal });
}

export function post(path, body = {}) {
  return ask(`/dashboard/api/${path}`, request(body));
}

// Trades the token for the cookie.
export function signIn(token) {
  return ask("/dashboard/session", request({ token }));
}

function request(body) {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
