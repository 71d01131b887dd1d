// Whether the server answers, as the whole page sees it: "connecting", "open" or "lost".
import { createStore } from "./store.js";

export const connection = createStore("connecting");

const states = new Map();

/** One stream says how it stands; the page is "lost" while any of its streams is. */
export function reportStream(stream, state) {
  if (state === "closed") states.delete(stream);
  else states.set(stream, state);
  const all = [...states.values()];
  const next = all.includes("lost") ? "lost" : all.includes("connecting") ? "connecting" : "open";
  if (next !== connection.get()) connection.set(next);
}
