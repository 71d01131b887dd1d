// What the job was asked to be, as a table and as the job file that would ask for it again.
import { html } from "./preact.js";
import { title } from "./format.js";
import { jobFileText } from "./job_file_text.js";
import { flatSettings, settingText } from "./settings_flat.js";
import { CopyButton } from "./parts/copy_button.js";
import { Loading } from "./parts/notices.js";
import { Icon } from "./parts/icons.js";

export function JobSettings({ job }) {
  if (!job.spec) return html`<${Loading} what="the settings" />`;
  const { model, ...rest } = job.spec;
  const yaml = jobFileText(job.spec);
  return html`<div class="two-columns">
    <section class="card" aria-labelledby="settings-title">
      <h2 id="settings-title">Settings</h2>
      <table class="plain settings">
        <thead class="visually-hidden"><tr><th scope="col">Setting</th><th scope="col">Value</th></tr></thead>
        ${groupsOf(rest).map(
          ([group, settings]) => html`<tbody key=${group}>
            ${group && html`<tr class="settings-group"><th scope="rowgroup" colspan="2">${title(group)}</th></tr>`}
            ${settings.map(([name, value]) => html`<tr key=${name}><th scope="row">${title(name)}</th><td class="mono">${settingText(value)}</td></tr>`)}
          </tbody>`,
        )}
      </table>
    </section>
    <section class="card" aria-labelledby="file-title">
      <div class="card-head">
        <h2 id="file-title">Job file</h2>
        <${CopyButton} text=${yaml} what="the job file" />
        <a class="button button-small" href=${`/submit?from=${encodeURIComponent(job.job_id)}`}><${Icon} name="copy" />Clone</a>
      </div>
      <pre class="job-file" tabindex="0" aria-label="The job file">${yaml}</pre>
    </section>
  </div>`;
}

/** `[group, [[name, value]]]`: first what stands alone, then each group under its own heading. */
function groupsOf(spec) {
  const groups = new Map([["", []]]);
  for (const [name, value] of Object.entries(flatSettings(spec))) {
    const dot = name.indexOf(".");
    const group = dot < 0 ? "" : name.slice(0, dot);
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push([name.slice(dot + 1), value]);
  }
  return [...groups];
}
