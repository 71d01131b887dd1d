// The rows of the list of jobs as they are known here: pages that were read, and news put in where it belongs. Pure.
import { answers } from "./jobs_query.js";

export const NO_ROWS = { rows: [], total: 0, cursor: "", isRead: false };

export const withFirstPage = (page) => ({ ...page, isRead: true });

/** A job may have moved between two readings, so a row that is already there is not added again. */
export function withNextPage(list, page) {
  const known = new Set(list.rows.map((row) => row.job_id));
  return { ...page, rows: [...list.rows, ...page.rows.filter((row) => !known.has(row.job_id))], isRead: true };
}

export function withNews(list, row, query) {
  const at = list.rows.findIndex((one) => one.job_id === row.job_id);
  if (at >= 0) return answers(row, query) ? replaced(list, at, row) : without(list, row.job_id);
  return answers(row, query) ? inserted(list, row, query) : list;
}

export function without(list, jobId) {
  const rows = list.rows.filter((row) => row.job_id !== jobId);
  return rows.length === list.rows.length ? list : { ...list, rows, total: Math.max(0, list.total - 1) };
}

function replaced(list, at, row) {
  const rows = list.rows.slice();
  rows[at] = row;
  return { ...list, rows };
}

// Only by time of submission is it known where a new row belongs; in other orders it comes with the next reading.
function inserted(list, row, { order }) {
  if (!order.startsWith("submitted")) return list;
  const isNewestFirst = order === "submitted-desc";
  const comesBefore = (other) => (isNewestFirst ? row.submitted_at_ms >= other.submitted_at_ms : row.submitted_at_ms < other.submitted_at_ms);
  const at = list.rows.findIndex(comesBefore);
  const isBeyondWhatIsRead = at < 0 && list.cursor;
  if (isBeyondWhatIsRead) return list;
  const place = at < 0 ? list.rows.length : at;
  return { ...list, rows: [...list.rows.slice(0, place), row, ...list.rows.slice(place)], total: list.total + 1 };
}
