// When things happened to a job.
import { html } from "./preact.js";
import { dateTime, duration } from "./format.js";

export function JobTimes({ job }) {
  const { submitted_at_ms: submitted, started_at_ms: started, first_step_at_ms: firstStep, ended_at_ms: ended } = job;
  const after = (ms, from) => (ms && from ? html` <span class="quiet">after ${duration(ms - from)}</span>` : null);
  return html`<section class="card" aria-labelledby="times-title">
    <h2 id="times-title">Times</h2>
    <dl class="facts">
      <div><dt>Submitted</dt><dd>${dateTime(submitted)}${job.user_id && html` <span class="quiet">by ${job.user_id}</span>`}</dd></div>
      <div><dt>Started</dt><dd>${dateTime(started)}${after(started, submitted)}</dd></div>
      <div><dt>First step</dt><dd>${dateTime(firstStep)}${after(firstStep, started)}</dd></div>
      <div><dt>Ended</dt><dd>${dateTime(ended)}</dd></div>
    </dl>
  </section>`;
}
