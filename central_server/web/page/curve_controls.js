// How curves are looked at: smoothing, logarithmic or not, all of them or the first ones, and back to the whole.
import { html } from "./preact.js";

export function CurveControls({ look, onLook, range, onReset, more = 0, children }) {
  const set = (change) => onLook({ ...look, ...change });
  return html`<div class="curve-controls">
    ${children}
    ${range && html`<button class="button button-small" onClick=${onReset}>Whole curve</button>`}
    <label class="slider"><span>Smoothing</span>
      <input type="range" min="0" max="0.99" step="0.01" value=${look.smoothing} aria-valuetext=${`${Math.round(look.smoothing * 100)} per cent`} onInput=${(event) => set({ smoothing: Number(event.target.value) })} />
      <output class="mono">${look.smoothing.toFixed(2)}</output>
    </label>
    <label class="check"><input type="checkbox" checked=${look.isLog} onChange=${(event) => set({ isLog: event.target.checked })} /> Log scale</label>
    ${more > 0 && html`<label class="check"><input type="checkbox" checked=${look.isAll} onChange=${(event) => set({ isAll: event.target.checked })} /> All metrics</label>`}
  </div>`;
}
