// A stream of server-sent events that goes on by itself after any break, from the last event that was seen.
// It sleeps while the tab is hidden: browsers allow few connections to one server, and hidden tabs would hold them all.
import { apiUrl, ApiError, getJson } from "./api.js";
import { reportStream } from "./connection.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;
const HIDDEN_FOR_MS = 10_000;

/**
 * Opens the stream at `path`; `on` maps names of events to functions of their data.
 * `since` is the id to begin behind, when something was read before.
 * `on.gone`, when there is one, is called instead of trying again after the server says 404 to `probe`.
 * Returns a function that closes it.
 */
export function openLive(path, { query = {}, since = "", on, probe = "/summary", onResume }) {
  const stream = Symbol(path);
  let source = null;
  let lastId = since;
  let waitMs = FIRST_WAIT_MS;
  let retryTimer = 0;
  let hiddenTimer = 0;
  let wasLost = false;
  let closed = false;

  function open() {
    if (closed || source) return;
    source = new EventSource(apiUrl(path, { ...query, since: lastId }));
    source.onopen = opened;
    source.onerror = failed;
    for (const name of Object.keys(on)) source.addEventListener(name, (event) => received(name, event));
  }

  function opened() {
    waitMs = FIRST_WAIT_MS;
    reportStream(stream, "open");
    if (wasLost) onResume?.();
    wasLost = false;
  }

  function received(name, event) {
    if (event.lastEventId) lastId = event.lastEventId;
    on[name](event.data ? JSON.parse(event.data) : null);
    if (name === "end") close();
  }

  // The browser would try again too, but at its own pace, and never after an answer that is no stream.
  function failed() {
    stop();
    if (closed) return;
    wasLost = true;
    reportStream(stream, "lost");
    clearTimeout(retryTimer);
    retryTimer = setTimeout(retry, waitMs);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }

  async function retry() {
    try {
      await getJson(probe);
    } catch (failure) {
      if (closed) return;
      if (failure instanceof ApiError && failure.isMissing && on.gone) {
        close();
        on.gone(null);
      } else failed();
      return;
    }
    open();
  }

  function stop() {
    source?.close();
    source = null;
  }

  function visibilityChanged() {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(stop, HIDDEN_FOR_MS);
    else if (!source) retryNow();
  }

  function retryNow() {
    clearTimeout(retryTimer);
    waitMs = FIRST_WAIT_MS;
    open();
  }

  function online() {
    if (!source) retryNow();
  }

  function close() {
    if (closed) return;
    closed = true;
    stop();
    clearTimeout(retryTimer);
    clearTimeout(hiddenTimer);
    document.removeEventListener("visibilitychange", visibilityChanged);
    window.removeEventListener("online", online);
    reportStream(stream, "closed");
  }

  document.addEventListener("visibilitychange", visibilityChanged);
  window.addEventListener("online", online);
  reportStream(stream, "connecting");
  open();
  return close;
}
