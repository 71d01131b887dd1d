// The labels of a job; each leads to the jobs that have it too.
import { html } from "../preact.js";

export function Labels({ labels }) {
  const pairs = Object.entries(labels ?? {});
  if (!pairs.length) return null;
  return html`<ul class="labels" aria-label="Labels">
    ${pairs.map(
      ([key, value]) =>
        html`<li><a class="label" href=${`/?label=${encodeURIComponent(`${key}:${value}`)}`}><span class="label-key">${key}</span> ${value}</a></li>`,
    )}
  </ul>`;
}
