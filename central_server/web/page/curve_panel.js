// One drawing of curves with its title, its legend and its table: everything about it but the canvas, which is curve.js.
import { html, useMemo, useState } from "./preact.js";
import { Curve } from "./curve.js";
import { describe, spread } from "./curve_math.js";
import { count, metric } from "./format.js";

const ROWS_IN_TABLE = 60;

export function CurvePanel({ title, metricName, series, look, range, onRange, syncKey, isOverTime = false }) {
  const [at, setAt] = useState(null);
  const say = (value) => metric(metricName, value);
  const place = isOverTime ? (seconds) => `${placeOf(seconds, true)} s` : undefined;
  const summary = useMemo(() => `${series.map((one) => describe(one.label, one, say, place)).join(". ")}.`, [series]);
  return html`<figure class="curve-panel" data-curve=${metricName}>
    <figcaption class="curve-head">
      <h3>${title} <span class="quiet">${isOverTime ? "by time, in seconds" : "by step"}</span></h3>
      <${Legend} series=${series} at=${at} say=${say} isOverTime=${isOverTime} />
    </figcaption>
    <${Curve} series=${series} look=${look} range=${range} onRange=${onRange} onCursor=${setAt} syncKey=${syncKey} metricName=${metricName} label=${`Curve of ${title}. ${summary}`} />
    <details class="curve-table">
      <summary>As a table</summary>
      <${Tables} series=${series} say=${say} title=${title} isOverTime=${isOverTime} />
    </details>
  </figure>`;
}

const placeOf = (x, isOverTime) => (isOverTime ? x.toFixed(2) : count(x));

function Legend({ series, at, say, isOverTime }) {
  return html`<ul class="legend">
    ${series.map((one, index) => {
      const value = at ? at.values[index] : one.values.at(-1);
      return html`<li key=${one.label}><span class="swatch" style=${{ background: `var(${one.colour})` }} aria-hidden="true"></span>
        <span class="legend-label">${one.label}</span><span class="mono">${value === null || value === undefined ? "" : say(value)}</span></li>`;
    })}
    ${at && html`<li class="quiet mono">${isOverTime ? `${placeOf(at.step, true)} s` : `step ${count(at.step)}`}</li>`}
  </ul>`;
}

function Tables({ series, say, title, isOverTime }) {
  return html`<div class="curve-tables" tabindex="0" role="region" aria-label=${`Table of ${title}`}>
    ${series.map(
      (one) => html`<table class="plain" key=${one.label}>
        <caption>${one.label}${one.steps.length > ROWS_IN_TABLE ? `, ${ROWS_IN_TABLE} of ${count(one.steps.length)} points` : ""}</caption>
        <thead><tr><th scope="col">${isOverTime ? "Seconds" : "Step"}</th><th scope="col">Value</th></tr></thead>
        <tbody>${spread(one.steps.length, ROWS_IN_TABLE).map((index) => html`<tr key=${index}><td>${placeOf(one.steps[index], isOverTime)}</td><td>${say(one.values[index])}</td></tr>`)}</tbody>
      </table>`,
    )}
  </div>`;
}
