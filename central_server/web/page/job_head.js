// The head of a job's page: name, state and why, progress, and what can be done with it.
import { html } from "./preact.js";
import { useNow } from "./clock.js";
import { count, duration, percent, shortId } from "./format.js";
import { JobActions } from "./job_actions.js";
import { leftMs, nameOf, ranForMs, whyOf } from "./job_facts.js";
import { CopyButton } from "./parts/copy_button.js";
import { Labels } from "./parts/labels.js";
import { PageTitle } from "./parts/page_title.js";
import { ProgressBar } from "./parts/progress_bar.js";
import { StateBadge, toneOf } from "./parts/state_badge.js";

export function JobHead({ job, onChanged }) {
  return html`<header class="job-head">
    <p class="crumbs"><a href="/">Jobs</a> <span aria-hidden="true">/</span></p>
    <div class="job-head-line">
      <${PageTitle} text=${nameOf(job)} focusKey=${job.job_id} />
      <${StateBadge} state=${job.state} />
      <${JobActions} job=${job} onChanged=${onChanged} />
    </div>
    <div class="job-head-facts">
      <span class="mono job-id">${shortId(job.job_id)}<${CopyButton} text=${job.job_id} what="the job's id" /></span>
      <${Labels} labels=${job.labels} />
    </div>
    <${Why} job=${job} />
    <${Progress} job=${job} />
  </header>`;
}

function Why({ job }) {
  const why = whyOf(job);
  if (!why) return null;
  return html`<p class=${`why why-${toneOf(job.state)}`}>${why}${job.error?.code && html` <span class="mono why-code">${job.error.code}</span>`}</p>`;
}

function Progress({ job }) {
  const now = useNow();
  const left = leftMs(job);
  const ran = ranForMs(job, now);
  return html`<div class="job-progress">
    <${ProgressBar} share=${job.progress} label="Progress of the job" tone=${toneOf(job.state)} />
    <p class="job-progress-words">
      <strong>${percent(job.progress)}</strong>
      <span>epoch ${count(job.epoch)} of ${count(job.epochs)}</span>
      ${job.steps_total > 0 && html`<span>step ${count(job.step)} of ${count(job.steps_total)}</span>`}
      ${ran !== null && html`<span>ran for ${duration(ran)}</span>`}
      ${left !== null && html`<span>about ${duration(left)} left</span>`}
    </p>
  </div>`;
}
