// The page of all jobs: filters, search, order, and the rows, live. What is chosen stands in the address.
import { html, useEffect, useRef, useState } from "./preact.js";
import { count, plural } from "./format.js";
import { JobsFilters } from "./jobs_filters.js";
import { JobsTable } from "./jobs_table.js";
import { queryFromAddress } from "./jobs_query.js";
import { navigate } from "./router.js";
import { useJobs } from "./use_jobs.js";
import { useShortcuts } from "./shortcuts.js";
import { Icon } from "./parts/icons.js";
import { Empty, Failure, Loading } from "./parts/notices.js";
import { PageTitle } from "./parts/page_title.js";

const MOST_COMPARED = 8;

export function JobsPage({ query: search }) {
  const query = queryFromAddress(search);
  const { list, error, read, readMore } = useJobs(query);
  const [chosen, setChosen] = useState([]);
  const choose = (jobId) => setChosen((now) => (now.includes(jobId) ? now.filter((id) => id !== jobId) : [...now, jobId].slice(-MOST_COMPARED)));
  const isFiltered = Boolean(query.states.length || query.search || query.label);
  return html`<div class="page">
    <div class="page-head">
      <${PageTitle} text="Jobs" focusKey="jobs" />
      <span class="page-count" aria-live="polite">${list.isRead ? plural(list.total, "job") : ""}</span>
      <a class="button button-primary page-head-action" href="/submit"><${Icon} name="plus" />New job</a>
    </div>
    <${JobsFilters} query=${query} />
    ${error && html`<${Failure} error=${error} onRetry=${read} />`}
    ${!list.isRead && !error && html`<${Loading} what="jobs" />`}
    ${list.isRead && !list.rows.length && html`<${NoJobs} isFiltered=${isFiltered} />`}
    ${list.rows.length > 0 && html`<${JobsTable} list=${list} query=${query} chosen=${chosen} onChoose=${choose} onNearEnd=${readMore} />`}
    ${chosen.length > 0 && html`<${ChosenBar} chosen=${chosen} onClear=${() => setChosen([])} />`}
  </div>`;
}

function NoJobs({ isFiltered }) {
  if (isFiltered) return html`<${Empty} title="No job answers this."><a href="/">Show all jobs</a><//>`;
  return html`<${Empty} title="No jobs yet.">
    <p><a href="/submit">Submit the first one</a> here, or from a terminal: <code>cyxwiz submit digits.yaml --follow</code></p>
  <//>`;
}

function ChosenBar({ chosen, onClear }) {
  const href = `/compare?${chosen.map((id) => `job=${encodeURIComponent(id)}`).join("&")}`;
  const bar = useRef(null);
  useShortcuts([{ keys: "c", says: "Compare the chosen jobs", run: () => navigate(href) }], [href]);
  useEffect(() => document.body.classList.add("has-bar") ?? (() => document.body.classList.remove("has-bar")), []);
  return html`<div ref=${bar} class="chosen-bar" role="region" aria-label="Chosen jobs">
    <span>${count(chosen.length)} chosen</span>
    <button class="button button-small" onClick=${onClear}>Clear</button>
    <a class="button button-small button-primary" href=${href}><${Icon} name="compare" />Compare</a>
  </div>`;
}
