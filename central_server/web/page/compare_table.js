// What is equal and what differs between jobs: their outcome first, then their settings.
import { html, useState } from "./preact.js";
import { useNow } from "./clock.js";
import { duration, metric, title, words } from "./format.js";
import { nameOf, ranForMs } from "./job_facts.js";
import { comparedSettings, settingText } from "./settings_flat.js";
import { StateBadge } from "./parts/state_badge.js";

const BETTER_HIGH = /accuracy|samples_per_second/;
const BETTER_LOW = /loss/;
const OUTCOMES = ["loss", "val_loss", "accuracy", "val_accuracy", "samples_per_second"];

export function CompareTable({ known }) {
  const [isAll, setAll] = useState(false);
  const now = useNow();
  if (!known.length) return null;
  const jobs = known.map(({ job }) => job);
  const settings = comparedSettings(jobs.map((job) => job.spec)).filter(({ name }) => name !== "name");
  const shown = isAll ? settings : settings.filter(({ differs }) => differs);
  return html`<section class="card" aria-labelledby="differs-title">
    <div class="card-head"><h2 id="differs-title">Outcome and settings</h2>
      <label class="check"><input type="checkbox" checked=${isAll} onChange=${(event) => setAll(event.target.checked)} /> Also settings that are equal</label></div>
    <div class="table-scroll" tabindex="0" role="region" aria-label="Table of outcomes and settings"><table class="plain compare-table">
      <thead><tr><td></td>${known.map(({ id, job, colour }) => html`<th scope="col" key=${id}><span class="swatch" style=${{ background: `var(${colour})` }} aria-hidden="true"></span><a href=${`/jobs/${encodeURIComponent(id)}`}>${nameOf(job)}</a></th>`)}</tr></thead>
      <tbody>
        <tr><th scope="row">State</th>${jobs.map((job) => html`<td><${StateBadge} state=${job.state} /></td>`)}</tr>
        <tr><th scope="row">Ran for</th>${jobs.map((job) => html`<td class="mono">${duration(ranForMs(job, now))}</td>`)}</tr>
        ${OUTCOMES.filter((name) => jobs.some((job) => name in job.metrics)).map((name) => html`<${Outcome} key=${name} name=${name} jobs=${jobs} />`)}
      </tbody>
      <tbody>
        ${shown.map(({ name, values, differs }) => html`<tr key=${name} class=${differs ? "differs" : ""}><th scope="row">${words(name)}</th>${values.map((value) => html`<td class="mono setting-value">${settingText(value)}</td>`)}</tr>`)}
        ${!shown.length && html`<tr><td colspan=${jobs.length + 1} class="quiet">${jobs.length > 1 ? "No setting differs." : "Add a second job to see what differs."}</td></tr>`}
      </tbody>
    </table></div>
  </section>`;
}

function Outcome({ name, jobs }) {
  const values = jobs.map((job) => job.metrics[name]);
  const best = bestOf(name, values);
  return html`<tr><th scope="row">${title(name)}</th>
    ${values.map((value) => html`<td class="mono">${metric(name, value)}${value !== undefined && value === best && html` <span class="best">best</span>`}</td>`)}
  </tr>`;
}

function bestOf(name, values) {
  const numbers = values.filter((value) => Number.isFinite(value));
  if (numbers.length < 2 || new Set(numbers).size < 2) return undefined;
  if (BETTER_LOW.test(name)) return Math.min(...numbers);
  return BETTER_HIGH.test(name) ? Math.max(...numbers) : undefined;
}
