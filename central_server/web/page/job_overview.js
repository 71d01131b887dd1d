// The overview of a job: its numbers now, its curves, its attempts, and what it left.
import { html } from "./preact.js";
import { metric, title } from "./format.js";
import { JobAttempts } from "./job_attempts.js";
import { JobCurves } from "./job_curves.js";
import { JobResult } from "./job_result.js";
import { JobTimes } from "./job_times.js";

const FIRST = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "samples_per_second"];
const COUNTERS = new Set(["samples_processed", "elapsed_ms"]);

export function JobOverview({ job, rows }) {
  return html`<${Numbers} metrics=${job.metrics} />
    <${JobCurves} jobId=${job.job_id} rows=${rows} job=${job} />
    <div class="two-columns">
      <div class="stack"><${JobAttempts} job=${job} /><${OtherNumbers} metrics=${job.metrics} /></div>
      <div class="stack"><${JobResult} job=${job} /><${JobTimes} job=${job} /></div>
    </div>`;
}

function Numbers({ metrics }) {
  const names = FIRST.filter((name) => name in metrics);
  if (!names.length) return null;
  return html`<dl class="tiles" aria-label="Last numbers">
    ${names.map((name) => html`<div class="tile" key=${name}><dt>${title(name)}</dt><dd data-metric=${name}>${metric(name, metrics[name])}</dd></div>`)}
  </dl>`;
}

function OtherNumbers({ metrics }) {
  const names = Object.keys(metrics).filter((name) => !FIRST.includes(name) && !COUNTERS.has(name)).sort();
  if (!names.length) return null;
  return html`<section class="card" aria-labelledby="numbers-title">
    <h2 id="numbers-title">More numbers</h2>
    <dl class="facts facts-columns">${names.map((name) => html`<div key=${name}><dt>${title(name)}</dt><dd class="mono">${metric(name, metrics[name])}</dd></div>`)}</dl>
  </section>`;
}
