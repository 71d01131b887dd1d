// Speaks to /api/v1. Every request of the page goes through `request`, and every failure becomes an ApiError with one sentence.

const ROOT = "/api/v1";
const UNREACHABLE = 0;
const NOBODY = 401;

export class ApiError extends Error {
  constructor(status, detail, field = "") {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.field = field;
  }

  get isMissing() {
    return this.status === 404;
  }

  get isUnreachable() {
    return this.status === UNREACHABLE || this.status >= 502;
  }
}

/** The address of an API path with its query; empty values are left out, lists are repeated. */
export function apiUrl(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") search.append(name, String(one));
    }
  }
  const text = search.toString();
  return ROOT + path + (text ? `?${text}` : "");
}

async function request(method, path, options) {
  if (method !== "GET") await haveSession();
  let response = await send(method, path, options);
  if (response.status === NOBODY) {
    session = null; // it has ended, or the server was started anew
    if (await haveSession()) response = await send(method, path, options);
    else goToSignIn();
  }
  if (!response.ok) throw await errorFrom(response);
  return response;
}

async function send(method, path, { query, body, type = "application/json", signal } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = type;
  let response;
  try {
    response = await fetch(apiUrl(path, query), { method, headers, body, signal, credentials: "same-origin" });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new ApiError(UNREACHABLE, "The server cannot be reached. The page tries again by itself.");
  }
  return response;
}

// Whatever changes something needs a session. On the server's own machine it comes for the asking, elsewhere by a token.
let session = null;

function haveSession() {
  session ??= beginSession();
  return session;
}

async function beginSession() {
  const address = `${ROOT}/session`;
  try {
    const known = await fetch(address, { credentials: "same-origin" });
    const who = known.ok ? await known.json() : {};
    if (who.is_session) return true;
    return Boolean(who.user) && (await fetch(address, { method: "POST", credentials: "same-origin" })).ok;
  } catch {
    session = null;
    return false;
  }
}

function goToSignIn() {
  const here = location.pathname + location.search + location.hash;
  location.assign(`/static/sign_in.html?${new URLSearchParams({ to: here })}`);
}

async function errorFrom(response) {
  try {
    const { detail, field } = await response.json();
    return new ApiError(response.status, sentence(detail, response), field || "");
  } catch {
    return new ApiError(response.status, sentence(undefined, response));
  }
}

function sentence(detail, response) {
  return typeof detail === "string" && detail ? detail : `The server answered ${response.status} ${response.statusText}`.trim();
}

export async function getJson(path, query, signal) {
  return (await request("GET", path, { query, signal })).json();
}

/** One page of jobs: its rows, how many match in all, and the cursor of the next page ("" at the end). */
export async function getJobs(query, signal) {
  const response = await request("GET", "/jobs", { query, signal });
  const rows = await response.json();
  const total = Number(response.headers.get("X-Total-Count") ?? rows.length);
  return { rows, total, cursor: response.headers.get("X-Next-Cursor") || "" };
}

export async function postJson(path, value = {}) {
  const response = await request("POST", path, { body: JSON.stringify(value) });
  return response.json();
}

export async function postText(path, text, { type = "application/yaml", query, signal } = {}) {
  return (await request("POST", path, { body: text, type, query, signal })).json();
}

export async function deleteJob(jobId) {
  await request("DELETE", `/jobs/${encodeURIComponent(jobId)}`);
}

export const jobPath = (jobId, rest = "") => `/jobs/${encodeURIComponent(jobId)}${rest}`;
