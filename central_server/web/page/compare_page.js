// Several jobs beside each other: one metric's curves over one another, last numbers, and the settings that differ.
import { html, useState } from "./preact.js";
import { CompareTable } from "./compare_table.js";
import { CurveControls } from "./curve_controls.js";
import { overTime } from "./curve_over_time.js";
import { CurvePanel } from "./curve_panel.js";
import { JobPicker } from "./job_picker.js";
import { nameOf } from "./job_facts.js";
import { title, words } from "./format.js";
import { replaceQuery } from "./router.js";
import { useCompared } from "./use_compared.js";
import { Icon } from "./parts/icons.js";
import { Empty } from "./parts/notices.js";
import { PageTitle } from "./parts/page_title.js";

const MOST = 8;
const BOOKKEEPING = new Set(["step", "epoch", "at_ms", "samples_processed", "elapsed_ms"]);

export function ComparePage({ query }) {
  const jobIds = [...new Set(query.getAll("job"))].slice(0, MOST);
  const metricName = query.get("metric") || "loss";
  const { jobs, names, series } = useCompared(jobIds, metricName);
  const known = jobIds.map((id, index) => ({ id, job: jobs[id]?.error ? null : jobs[id], error: jobs[id]?.error, colour: `--series-${index + 1}` }));
  const remove = (id) => replaceQuery({ job: jobIds.filter((one) => one !== id) });
  return html`<div class="page">
    <div class="page-head"><${PageTitle} text="Compare" focusKey="compare" /></div>
    <div class="compared" role="group" aria-label="Compared jobs">
      ${known.map((one) => html`<${Compared} key=${one.id} ...${one} onRemove=${() => remove(one.id)} />`)}
      ${jobIds.length < MOST && html`<${JobPicker} except=${jobIds} onPick=${(id) => replaceQuery({ job: [...jobIds, id] })} />`}
    </div>
    ${!jobIds.length && html`<${Empty} title="Nothing to compare yet.">Add jobs here, or choose them in the <a href="/">list of jobs</a>.<//>`}
    ${jobIds.length > 0 && html`<${Curves} known=${known} names=${names} metricName=${metricName} series=${series} />`}
    ${jobIds.length > 0 && html`<${CompareTable} known=${known.filter(({ job }) => job)} />`}
  </div>`;
}

function Compared({ id, job, error, colour, onRemove }) {
  const name = job ? nameOf(job) : id.slice(0, 8);
  return html`<span class=${error ? "compared-job is-missing" : "compared-job"} title=${error?.message}>
    <span class="swatch" style=${{ background: `var(${colour})` }} aria-hidden="true"></span>
    <a href=${`/jobs/${encodeURIComponent(id)}`}>${name}</a> <span class="quiet mono">${id.slice(0, 6)}</span>${error && html` <span class="quiet">not found</span>`}
    <button class="icon-button" aria-label=${`Take ${name} out of the comparison`} onClick=${onRemove}><${Icon} name="close" /></button>
  </span>`;
}

function Curves({ known, names, metricName, series }) {
  const [look, setLook] = useState({ smoothing: 0, isLog: false });
  const [range, setRange] = useState(null);
  const [isOverTime, setIsOverTime] = useState(false);
  const choices = [...new Set([metricName, ...names.filter((name) => !BOOKKEEPING.has(name))])];
  const drawn = isOverTime ? series.map((one) => overTime(one, one.curve)).filter(Boolean) : series;
  const shown = drawn.map((one) => {
    const { job, colour } = known.find(({ id }) => id === one.id);
    return { label: job ? `${nameOf(job)} ${one.id.slice(0, 6)}` : one.id.slice(0, 8), colour, isSparse: metricName.startsWith("val_"), steps: one.steps, values: one.values };
  });
  const overTimeOrSteps = (chosen) => {
    setIsOverTime(chosen);
    setRange(null); // steps are no seconds
  };
  return html`<section class="card" aria-labelledby="compare-curves">
    <div class="card-head"><h2 id="compare-curves">Curves</h2>
      <${CurveControls} look=${look} onLook=${setLook} range=${range} onReset=${() => setRange(null)}>
        <label class="select-label"><span>Metric</span><select value=${metricName} onChange=${(event) => replaceQuery({ metric: event.target.value })}>
          ${choices.map((name) => html`<option key=${name} value=${name} selected=${name === metricName}>${words(name)}</option>`)}
        </select></label>
        <label class="check"><input type="checkbox" checked=${isOverTime} onChange=${(event) => overTimeOrSteps(event.target.checked)} /> Over time</label>
      <//>
    </div>
    ${shown.length > 0
      ? html`<${CurvePanel} title=${title(metricName)} metricName=${metricName} series=${shown} look=${look} range=${range} onRange=${setRange} syncKey="compare" isOverTime=${isOverTime} />`
      : html`<${Empty} title="No points of this metric yet." />`}
  </section>`;
}
