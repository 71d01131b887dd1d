// The row above the list of jobs: states with their numbers, search, order. It only writes the address.
import { html, useEffect, useRef, useState } from "./preact.js";
import { summary } from "./cluster_live.js";
import { count } from "./format.js";
import { SORTS, STATES } from "./jobs_query.js";
import { replaceQuery } from "./router.js";
import { useShortcuts } from "./shortcuts.js";
import { useStore } from "./store.js";
import { Icon } from "./parts/icons.js";

const TYPING_PAUSE_MS = 200;

export function JobsFilters({ query }) {
  return html`<div class="filters">
    <${StateFilter} chosen=${query.states} />
    <div class="filters-line">
      <${Search} value=${query.search} />
      <label class="select-label"><span class="visually-hidden">Order</span>
        <select value=${query.order} onChange=${(event) => replaceQuery({ order: event.target.value === SORTS[0].value ? "" : event.target.value })}>
          ${SORTS.map(({ value, says }) => html`<option value=${value} selected=${value === query.order}>${says}</option>`)}
        </select>
      </label>
      ${query.label &&
      html`<button class="chip chip-on chip-label" onClick=${() => replaceQuery({ label: "" })} aria-label=${`No longer only label ${query.label}`}>
        ${query.label}<${Icon} name="close" />
      </button>`}
    </div>
  </div>`;
}

function StateFilter({ chosen }) {
  const jobs = useStore(summary)?.jobs ?? {};
  const toggle = (state) => replaceQuery({ state: chosen.includes(state) ? chosen.filter((one) => one !== state) : [...chosen, state] });
  const all = Object.values(jobs).reduce((sum, n) => sum + n, 0);
  return html`<div class="chips" role="group" aria-label="Show jobs in these states">
    <button class=${chosen.length ? "chip" : "chip chip-on"} aria-pressed=${String(!chosen.length)} onClick=${() => replaceQuery({ state: [] })}>
      All <span class="chip-count">${count(all)}</span>
    </button>
    ${STATES.map(
      (state) => html`<button
        key=${state}
        class=${chosen.includes(state) ? "chip chip-on" : "chip"}
        aria-pressed=${String(chosen.includes(state))}
        onClick=${() => toggle(state)}
      >
        ${state} <span class="chip-count">${count(jobs[state] ?? 0)}</span>
      </button>`,
    )}
  </div>`;
}

/** The arrow down leaves the box for the first job that was found. */
function intoTheList(event) {
  const first = document.querySelector(".jobs .col-name a");
  if (event.key !== "ArrowDown" || !first) return;
  event.preventDefault();
  first.focus();
}

function Search({ value }) {
  const [text, setText] = useState(value);
  const input = useRef(null);
  const timer = useRef(0);
  useShortcuts([{ keys: "/", says: "Search", run: () => input.current?.focus() }], []);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value);
  }, [value]);
  const typed = (event) => {
    setText(event.target.value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => replaceQuery({ search: event.target.value.trim() }), TYPING_PAUSE_MS);
  };
  return html`<label class="search">
    <${Icon} name="search" /><span class="visually-hidden">Search by name, id or label</span>
    <input ref=${input} type="search" placeholder="Search by name, id or label" autocomplete="off" spellcheck=${false} value=${text} onInput=${typed} onKeyDown=${intoTheList} />
  </label>`;
}
