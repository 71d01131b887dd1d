// The one stream of news about the cluster. Pages subscribe to an event; the summary is kept for all of them.
import { getJson } from "./api.js";
import { openLive } from "./live.js";
import { createStore } from "./store.js";

export const summary = createStore(null);
export const knownNodes = createStore([]);

const listeners = { job: new Set(), gone: new Set(), nodes: new Set(), summary: new Set(), resumed: new Set() };
let close = null;
let openTopics = "";

function tell(event, data) {
  for (const listener of [...listeners[event]]) listener(data);
}

// Only what someone looks at is asked for: rows of thousands of busy jobs are nothing for the page of one.
function wantedTopics() {
  const topics = [];
  if (listeners.job.size || listeners.gone.size) topics.push("jobs");
  if (listeners.nodes.size) topics.push("nodes");
  return topics.join(",") || "nodes"; // The summary comes with every topic.
}

function reopen() {
  const topics = wantedTopics();
  if (topics === openTopics) return;
  openTopics = topics;
  close?.();
  close = openLive("/events", {
    query: { topics },
    on: {
      job: (row) => tell("job", row),
      gone: (data) => tell("gone", data),
      nodes(all) {
        knownNodes.set(all);
        tell("nodes", all);
      },
      summary: (data) => summary.set(data),
      reset: () => tell("resumed", null),
    },
    onResume: () => tell("resumed", null),
  });
}

/** Calls `listener` for every event of that name until the returned function is called. */
export function onCluster(event, listener) {
  listeners[event].add(listener);
  queueMicrotask(reopen);
  return () => {
    listeners[event].delete(listener);
    queueMicrotask(reopen);
  };
}

export async function startSummary() {
  queueMicrotask(reopen);
  try {
    summary.set(await getJson("/summary"));
  } catch {
    // The banner already says that the server does not answer, and the stream brings the summary when it does.
  }
}
