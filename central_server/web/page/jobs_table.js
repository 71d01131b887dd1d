// The rows of jobs that are on the screen, as a table where there is room and as cards on a phone.
// The roles are written out because cards take from the browser what a table is.
import { html, useEffect, useRef } from "./preact.js";
import { ago, duration, metric, percent, shortId } from "./format.js";
import { useNow } from "./clock.js";
import { ranForMs, whyOf } from "./job_facts.js";
import { PHONE, useMedia } from "./media.js";
import { replaceQuery } from "./router.js";
import { useShortcuts } from "./shortcuts.js";
import { useWindowOfRows } from "./window_of_rows.js";
import { ProgressBar } from "./parts/progress_bar.js";
import { StateBadge, toneOf } from "./parts/state_badge.js";

const ROW_HEIGHT = 52;
const CARD_HEIGHT = 128;
const NEAR_END_ROWS = 30;

export function JobsTable({ list, query, chosen, onChoose, onNearEnd }) {
  const body = useRef(null);
  const rowHeight = useMedia(PHONE) ? CARD_HEIGHT : ROW_HEIGHT;
  const { start, end } = useWindowOfRows({ list: body, rowHeight, total: list.rows.length });
  useEffect(() => {
    if (list.cursor && end > list.rows.length - NEAR_END_ROWS) onNearEnd();
  }, [end, list.rows.length, list.cursor]);
  useRowKeys(body);
  const now = useNow();
  return html`<table class="jobs" role="table" aria-label="Jobs" aria-rowcount=${list.total + 1}>
    <thead role="rowgroup"><tr role="row" aria-rowindex="1">
      <th role="columnheader" class="col-choose"><span class="visually-hidden">Choose to compare</span></th>
      <${Sortable} name="name" says="Job" query=${query} />
      <th role="columnheader">State</th>
      <th role="columnheader" class="col-progress">Progress</th>
      <th role="columnheader" class="col-number">Loss</th>
      <th role="columnheader" class="col-number">Accuracy</th>
      <${Sortable} name="priority" says="Priority" query=${query} />
      <${Sortable} name="submitted" says="Submitted" query=${query} />
      <th role="columnheader" class="col-number">Ran for</th>
    </tr></thead>
    <tbody ref=${body} role="rowgroup">
      <${Space} key="above" rows=${start} height=${rowHeight} />
      ${list.rows.slice(start, end).map((row, index) => html`<${JobRow} key=${row.job_id} row=${row} index=${start + index} now=${now} isChosen=${chosen.includes(row.job_id)} onChoose=${onChoose} />`)}
      <${Space} key="below" rows=${list.rows.length - end} height=${rowHeight} />
    </tbody>
  </table>
  ${list.cursor && html`<p class="loading" role="status">Loading more …</p>`}`;
}

function Space({ rows, height }) {
  return html`<tr class="space" aria-hidden="true"><td colspan="9" style=${{ height: `${rows * height}px` }}></td></tr>`;
}

function Sortable({ name, says, query }) {
  const [sort, direction] = query.order.split("-");
  const isSorted = sort === name;
  const first = name === "name" ? "asc" : "desc";
  const next = name === "priority" ? "desc" : isSorted ? (direction === "asc" ? "desc" : "asc") : first;
  const aria = isSorted ? (direction === "asc" ? "ascending" : "descending") : "none";
  return html`<th role="columnheader" aria-sort=${aria} class=${`col-${name}`}>
    <button class="sort" onClick=${() => replaceQuery({ order: `${name}-${next}` })}>${says}<span class="sort-mark" aria-hidden="true">${isSorted ? (direction === "asc" ? "↑" : "↓") : ""}</span></button>
  </th>`;
}

function JobRow({ row, index, now, isChosen, onChoose }) {
  const name = row.name || shortId(row.job_id);
  return html`<tr role="row" aria-rowindex=${index + 2} class=${isChosen ? "job-row is-chosen" : "job-row"} data-job=${row.job_id}>
    <td role="cell" class="col-choose"><input type="checkbox" aria-label=${`Choose ${name} to compare`} checked=${isChosen} onChange=${() => onChoose(row.job_id)} /></td>
    <td role="cell" class="col-name">
      <a href=${`/jobs/${encodeURIComponent(row.job_id)}`}>${name}</a>
      <span class="row-id mono">${shortId(row.job_id)}</span>
    </td>
    <td role="cell" class="col-state"><${StateBadge} state=${row.state} /><span class="row-why">${whyOf(row)}</span></td>
    <td role="cell" class="col-progress">
      <span class="progress-line"><${ProgressBar} share=${row.progress} label=${`Progress of ${name}`} tone=${toneOf(row.state)} /><span class="mono">${percent(row.progress)}</span></span>
      <span class="row-sub">epoch ${row.epoch} of ${row.epochs}</span>
    </td>
    <td role="cell" class="col-number" data-says="Loss">${metric("loss", row.metrics.loss)}</td>
    <td role="cell" class="col-number" data-says="Accuracy">${metric("accuracy", row.metrics.accuracy)}</td>
    <td role="cell" class="col-priority"><span class=${`priority priority-${row.priority}`}>${row.priority}</span></td>
    <td role="cell" class="col-submitted">${ago(row.submitted_at_ms, now)}</td>
    <td role="cell" class="col-number" data-says="Ran for">${duration(ranForMs(row, now))}</td>
  </tr>`;
}

/** j and k walk through the rows, x chooses one, Enter opens it (it is a link). */
function useRowKeys(body) {
  const links = () => [...(body.current?.querySelectorAll(".col-name a") ?? [])];
  const step = (by) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const choose = () => document.activeElement?.closest?.(".job-row")?.querySelector("input[type=checkbox]")?.click();
  useShortcuts(
    [
      { keys: "j", says: "Next job", run: () => step(1) },
      { keys: "k", says: "Job before", run: () => step(-1) },
      { keys: "x", says: "Choose the job to compare", run: choose },
    ],
    [],
  );
}
