// The buttons of a job. What cannot be taken back is asked about first; every answer of the server is told.
import { html, useState } from "./preact.js";
import { note } from "./announce.js";
import { deleteJob, jobPath, postJson } from "./api.js";
import { actionsOf, nameOf } from "./job_facts.js";
import { navigate } from "./router.js";
import { Confirm } from "./parts/dialog.js";
import { Icon } from "./parts/icons.js";

export function JobActions({ job, onChanged }) {
  const [asked, setAsked] = useState("");
  const [isBusy, setBusy] = useState(false);
  const can = actionsOf(job);
  const name = nameOf(job);

  async function act(work, done) {
    setBusy(true);
    try {
      const row = await work();
      if (row) onChanged(row);
      note(done);
    } catch (failure) {
      note(failure.message, "bad");
    } finally {
      setBusy(false);
    }
  }
  const pause = () => act(() => postJson(jobPath(job.job_id, "/pause")), `${name} is being paused.`);
  const resume = () => act(() => postJson(jobPath(job.job_id, "/resume")), `${name} is queued again.`);
  const cancel = (reason) => act(() => postJson(jobPath(job.job_id, "/cancel"), reason ? { reason } : {}), `${name} is being cancelled.`);
  const again = () =>
    act(async () => {
      const row = await postJson("/jobs", job.spec);
      navigate(`/jobs/${encodeURIComponent(row.job_id)}`);
    }, `${name} was submitted again.`);
  const remove = () =>
    act(async () => {
      await deleteJob(job.job_id);
      navigate("/");
    }, `${name} was deleted.`);

  return html`<div class="actions" role="group" aria-label="What to do with this job">
    ${can.canPause && html`<${Action} icon="pause" says="Pause" onClick=${pause} isBusy=${isBusy} />`}
    ${can.canResume && html`<${Action} icon="play" says="Resume" onClick=${resume} isBusy=${isBusy} />`}
    ${can.canCancel && html`<${Action} icon="stop" says="Cancel" onClick=${() => setAsked("cancel")} isBusy=${isBusy} kind="button-danger-quiet" />`}
    <a class="button" href=${`/compare?job=${encodeURIComponent(job.job_id)}`}><${Icon} name="compare" />Compare</a>
    <a class="button" href=${`/submit?from=${encodeURIComponent(job.job_id)}`}><${Icon} name="copy" />Clone</a>
    <${Action} icon="again" says="Submit again" onClick=${again} isBusy=${isBusy || !job.spec} />
    ${can.canDelete && html`<${Action} icon="trash" says="Delete" onClick=${() => setAsked("delete")} isBusy=${isBusy} kind="button-danger-quiet" />`}
    ${asked === "cancel" &&
    html`<${Confirm} title=${`Cancel ${name}?`} says="It stops at the end of the current chunk of steps and cannot be resumed. Pausing keeps it." yes="Cancel the job" danger ask="Reason (may be empty)" onYes=${cancel} onClose=${() => setAsked("")} />`}
    ${asked === "delete" &&
    html`<${Confirm} title=${`Delete ${name}?`} says="Its metrics, its log and its result files are removed for good." yes="Delete the job" danger onYes=${remove} onClose=${() => setAsked("")} />`}
  </div>`;
}

function Action({ icon, says, onClick, isBusy, kind = "" }) {
  return html`<button type="button" class=${`button ${kind}`} onClick=${onClick} disabled=${isBusy}><${Icon} name=${icon} />${says}</button>`;
}
