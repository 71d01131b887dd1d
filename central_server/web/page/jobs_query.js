// What the list of jobs is asked for: read from the address, written into it, and whether a row answers it. Pure.

export const STATES = ["queued", "running", "stopping", "paused", "succeeded", "failed", "cancelled"];

export const SORTS = [
  { value: "submitted-desc", says: "Newest first" },
  { value: "submitted-asc", says: "Oldest first" },
  { value: "ended-desc", says: "Last ended first" },
  { value: "name-asc", says: "Name, A to Z" },
  { value: "name-desc", says: "Name, Z to A" },
  { value: "priority-desc", says: "Highest priority first" },
];

export function queryFromAddress(search) {
  const order = SORTS.some(({ value }) => value === search.get("order")) ? search.get("order") : SORTS[0].value;
  return {
    states: search.getAll("state").filter((state) => STATES.includes(state)),
    search: search.get("search") ?? "",
    label: search.get("label") ?? "",
    order,
  };
}

export function apiQuery({ states, search, label, order }) {
  const [sort, direction] = order.split("-");
  return { state: states, search, label, sort, order: direction };
}

/** Whether a row of news belongs to the list, by the rules of the server. */
export function answers(row, { states, search, label }) {
  if (states.length && !states.includes(row.state)) return false;
  if (label) {
    const [key, value] = splitLabel(label);
    if (row.labels?.[key] !== value) return false;
  }
  return !search || hasWord(row, search.toLowerCase());
}

function splitLabel(label) {
  const at = label.indexOf(":");
  return at < 0 ? [label, ""] : [label.slice(0, at), label.slice(at + 1)];
}

function hasWord(row, word) {
  const values = Object.values(row.labels ?? {});
  return row.job_id.startsWith(word) || row.name.toLowerCase().includes(word) || values.some((value) => value.toLowerCase().includes(word));
}
