// The attempts of a job on one line of time, and each in words.
import { html } from "./preact.js";
import { knownNodes } from "./cluster_live.js";
import { useNow } from "./clock.js";
import { clockTime, count, duration } from "./format.js";
import { hasEnded } from "./job_facts.js";
import { useStore } from "./store.js";
import { Empty } from "./parts/notices.js";
import { StateBadge, toneOf } from "./parts/state_badge.js";

export function JobAttempts({ job }) {
  const now = useNow();
  const end = job.ended_at_ms ?? now;
  return html`<section class="card" aria-labelledby="attempts-title">
    <h2 id="attempts-title">Attempts</h2>
    ${!job.attempts.length && html`<${Empty} title="Not tried yet.">${job.waiting_reason || "It waits for its turn."}<//>`}
    ${job.attempts.length > 0 && html`<${Line} job=${job} end=${end} />`}
    <ol class="attempts">
      ${[...job.attempts].reverse().map((attempt) => html`<${Attempt} key=${attempt.number} attempt=${attempt} now=${now} isOver=${hasEnded(job)} />`)}
    </ol>
  </section>`;
}

function Line({ job, end }) {
  const from = job.submitted_at_ms;
  const span = Math.max(1, end - from);
  const share = (ms) => Math.max(0, Math.min(100, ((ms - from) / span) * 100));
  return html`<div class="timeline" aria-hidden="true">
    <div class="timeline-track">
      ${job.attempts
        .filter((attempt) => attempt.started_at_ms)
        .map((attempt) => {
          const left = share(attempt.started_at_ms);
          const width = Math.max(0.6, share(attempt.ended_at_ms ?? end) - left);
          return html`<span class=${`timeline-bar timeline-${toneOf(attempt.state)}`} style=${{ left: `${left}%`, width: `${width}%` }}>${width > 6 ? attempt.number : ""}</span>`;
        })}
    </div>
    <div class="timeline-ends"><span>${clockTime(from)} submitted</span><span>${job.ended_at_ms ? `${clockTime(end)} ended` : "now"}</span></div>
  </div>`;
}

function Attempt({ attempt, now, isOver }) {
  const { number, node_id: node, state, reason, started_at_ms: started, ended_at_ms: ended, resumed_from_step: resumed } = attempt;
  const name = useStore(knownNodes).find((one) => one.node_id === node)?.name || node.slice(0, 13);
  const ran = started ? duration((ended ?? (isOver ? started : now)) - started) : "not started";
  return html`<li class="attempt">
    <span class="attempt-number" aria-hidden="true">${number}</span>
    <div>
      <p class="attempt-line"><span class="visually-hidden">Attempt ${number}:</span><${StateBadge} state=${state} />
        <span>${ran}</span><span class="quiet">on <a href=${`/nodes#${node}`}>${name}</a></span>
        ${resumed > 0 && html`<span class="quiet">went on from step ${count(resumed)}</span>`}
      </p>
      ${reason && html`<p class="quiet attempt-why">${reason}</p>`}
    </div>
  </li>`;
}
