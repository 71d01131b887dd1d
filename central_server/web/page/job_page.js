// The page of one job: what it is and does, and its sections below one address each.
import { html, useEffect, useRef } from "./preact.js";
import { say } from "./announce.js";
import { nameOf } from "./job_facts.js";
import { JobHead } from "./job_head.js";
import { JobLog } from "./job_log.js";
import { JobModel } from "./job_model.js";
import { JobOverview } from "./job_overview.js";
import { JobSettings } from "./job_settings.js";
import { useJob } from "./use_job.js";
import { Empty, Failure, Loading } from "./parts/notices.js";
import { PageTitle } from "./parts/page_title.js";

const SECTIONS = [
  { key: "", says: "Overview", Section: JobOverview },
  { key: "model", says: "Model", Section: JobModel },
  { key: "settings", says: "Settings", Section: JobSettings },
  { key: "logs", says: "Log", Section: JobLog },
];

export function JobPage({ jobId, section = "" }) {
  const { job, error, rows, log, setJob } = useJob(jobId);
  useStateSaid(job);
  if (error?.isMissing) return html`<${Missing} jobId=${jobId} error=${error} />`;
  if (error && !job) return html`<div class="page"><${PageTitle} text="Job" focusKey=${jobId} /><${Failure} error=${error} /></div>`;
  if (!job) return html`<div class="page"><${PageTitle} text="Job" focusKey=${jobId} /><${Loading} what="the job" /></div>`;
  const { Section } = SECTIONS.find(({ key }) => key === (section ?? "")) ?? SECTIONS[0];
  return html`<div class="page">
    <${JobHead} job=${job} onChanged=${setJob} />
    <${SectionLinks} jobId=${jobId} section=${section ?? ""} />
    <${Section} job=${job} rows=${rows} log=${log} />
  </div>`;
}

function SectionLinks({ jobId, section }) {
  const root = `/jobs/${encodeURIComponent(jobId)}`;
  return html`<nav class="sections" aria-label="Parts of this job">
    ${SECTIONS.map(({ key, says }) => html`<a href=${key ? `${root}/${key}` : root} aria-current=${key === section ? "page" : null}>${says}</a>`)}
  </nav>`;
}

function Missing({ jobId, error }) {
  return html`<div class="page"><${PageTitle} text="No such job" focusKey=${`${jobId}-missing`} />
    <${Empty} title=${error.message}><a href="/">All jobs</a><//></div>`;
}

/** A change of state is said aloud; progress is not, which would never end. */
function useStateSaid(job) {
  const before = useRef(null);
  useEffect(() => {
    if (!job) return;
    if (before.current && before.current !== job.state) say(`${nameOf(job)} is now ${job.state}.`);
    before.current = job.state;
  }, [job?.state]);
}
