// The curves of one job side by side, with one zoom, one smoothing and one scale for all.
import { html, useState } from "./preact.js";
import { CurveControls } from "./curve_controls.js";
import { CurvePanel } from "./curve_panel.js";
import { panelsOf } from "./curve_math.js";
import { hasEnded } from "./job_facts.js";
import { count, title } from "./format.js";
import { useCurves } from "./use_curves.js";
import { Empty, Failure } from "./parts/notices.js";

const PANELS_AT_FIRST = 2;
const COLOURS = ["--series-1", "--series-2"];

export function JobCurves({ jobId, rows, job }) {
  const [range, setRange] = useState(null);
  const [look, setLook] = useState({ smoothing: 0, isLog: false, isAll: false });
  const { names, series, error, rows: known } = useCurves(jobId, rows, range);
  const panels = panelsOf(names);
  const shown = look.isAll ? panels : panels.slice(0, PANELS_AT_FIRST);
  return html`<section class="card" aria-labelledby="curves-title">
    <div class="card-head">
      <h2 id="curves-title">Curves</h2>
      <${CurveControls} look=${look} onLook=${setLook} range=${range} onReset=${() => setRange(null)} more=${panels.length - PANELS_AT_FIRST} />
    </div>
    ${error && html`<${Failure} error=${error} />`}
    ${!panels.length && !error && html`<${Empty} title="No points yet.">${hasEnded(job) ? "The job ended before its first report." : "The first comes with the first step."}<//>`}
    <div class="curves">
      ${shown.map(
        ({ base, names: own }) => html`<${CurvePanel}
          key=${base}
          title=${title(base)}
          metricName=${base}
          series=${own.map((name, index) => ({ label: title(name), colour: COLOURS[name.startsWith("val_") ? 1 : 0], isSparse: name.startsWith("val_"), ...series[name] }))}
          look=${look}
          range=${range}
          onRange=${setRange}
          syncKey=${jobId}
        />`,
      )}
    </div>
    ${known > 0 && html`<p class="quiet curves-note">${count(known)} reports. Drag across a curve to look closer, double-click to see all of it.</p>`}
  </section>`;
}
