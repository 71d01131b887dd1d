// How far something is, as a bar with a name for those who cannot see it.
import { html } from "../preact.js";
import { percent } from "../format.js";

export function ProgressBar({ share, label, tone = "active" }) {
  const width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  return html`<span
    class=${`progress progress-${tone}`}
    role="progressbar"
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.floor((share || 0) * 100)}
    aria-valuetext=${percent(share)}
    ><span class="progress-fill" style=${{ width }}></span
  ></span>`;
}
