// The state of a job, an attempt or a node: a word with a mark of its own shape and colour, so that neither is needed alone.
import { html } from "../preact.js";
import { words } from "../format.js";

const TONES = {
  queued: "waiting", offered: "waiting", paused: "waiting", draining: "waiting", preempted: "waiting", declined: "waiting",
  running: "active", starting: "active", stopping: "active", warming_up: "active",
  succeeded: "good", ready: "good",
  failed: "bad", lost: "bad", offline: "bad",
  cancelled: "quiet",
};

export const toneOf = (state) => TONES[state] ?? "quiet";

export function StateBadge({ state }) {
  return html`<span class=${`state state-${toneOf(state)}`}><span class="state-mark" aria-hidden="true"></span>${words(state)}</span>`;
}
