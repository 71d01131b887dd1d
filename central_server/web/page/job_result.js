// What a job left: its files to download, each with its hash, and its last numbers.
import { html } from "./preact.js";
import { bytes, duration } from "./format.js";
import { CopyButton } from "./parts/copy_button.js";
import { Icon } from "./parts/icons.js";

export function JobResult({ job }) {
  const files = job.result?.files ?? [];
  return html`<section class="card" aria-labelledby="result-title">
    <h2 id="result-title">Result</h2>
    ${!job.result && html`<p class="quiet">The files appear here when the job has succeeded.</p>`}
    ${job.result?.compute_seconds !== undefined && job.result && html`<p class="quiet">${duration(job.result.compute_seconds * 1000)} of training</p>`}
    ${files.length > 0 &&
    html`<ul class="files">
      ${files.map(
        (file) => html`<li key=${file.name}>
          <a class="file" href=${file.url} download=${file.name}><${Icon} name="download" /><span>${file.name}</span></a>
          <span class="quiet">${bytes(file.size_bytes)}</span>
          <span class="mono file-hash" title=${`SHA-256 ${file.sha256}`}>${file.sha256.slice(0, 10)}…</span>
          <${CopyButton} text=${file.sha256} what=${`the SHA-256 of ${file.name}`} />
        </li>`,
      )}
    </ul>`}
  </section>`;
}
