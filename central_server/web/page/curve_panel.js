// One drawing of curves with its title, its legend and its table: everything about it but the canvas, which is curve.js.
import { html, useMemo, useState } from "./preact.js";
import { Curve } from "./curve.js";
import { describe, spread } from "./curve_math.js";
import { count, metric } from "./format.js";

const ROWS_IN_TABLE = 60;

export function CurvePanel({ title, metricName, series, look, range, onRange, syncKey }) {
  const [at, setAt] = useState(null);
  const say = (value) => metric(metricName, value);
  const summary = useMemo(() => `${series.map((one) => describe(one.label, one, say)).join(". ")}.`, [series]);
  return html`<figure class="curve-panel" data-curve=${metricName}>
    <figcaption class="curve-head">
      <h3>${title} <span class="quiet">by step</span></h3>
      <${Legend} series=${series} at=${at} say=${say} />
    </figcaption>
    <${Curve} series=${series} look=${look} range=${range} onRange=${onRange} onCursor=${setAt} syncKey=${syncKey} metricName=${metricName} label=${`Curve of ${title}. ${summary}`} />
    <details class="curve-table">
      <summary>As a table</summary>
      <${Tables} series=${series} say=${say} title=${title} />
    </details>
  </figure>`;
}

function Legend({ series, at, say }) {
  return html`<ul class="legend">
    ${series.map((one, index) => {
      const value = at ? at.values[index] : one.values.at(-1);
      return html`<li key=${one.label}><span class="swatch" style=${{ background: `var(${one.colour})` }} aria-hidden="true"></span>
        <span class="legend-label">${one.label}</span><span class="mono">${value === null || value === undefined ? "" : say(value)}</span></li>`;
    })}
    ${at && html`<li class="quiet mono">step ${count(at.step)}</li>`}
  </ul>`;
}

function Tables({ series, say, title }) {
  return html`<div class="curve-tables" tabindex="0" role="region" aria-label=${`Table of ${title}`}>
    ${series.map(
      (one) => html`<table class="plain" key=${one.label}>
        <caption>${one.label}${one.steps.length > ROWS_IN_TABLE ? `, ${ROWS_IN_TABLE} of ${count(one.steps.length)} points` : ""}</caption>
        <thead><tr><th scope="col">Step</th><th scope="col">Value</th></tr></thead>
        <tbody>${spread(one.steps.length, ROWS_IN_TABLE).map((index) => html`<tr key=${index}><td>${count(one.steps[index])}</td><td>${say(one.values[index])}</td></tr>`)}</tbody>
      </table>`,
    )}
  </div>`;
}
