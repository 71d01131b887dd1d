// Finds a job by typing: a box with a list of what answers, for the mouse and for the keyboard.
import { html, useEffect, useRef, useState } from "./preact.js";
import { getJobs } from "./api.js";
import { shortId } from "./format.js";
import { nameOf } from "./job_facts.js";
import { Icon } from "./parts/icons.js";
import { StateBadge } from "./parts/state_badge.js";

const SHOWN = 8;
const TYPING_PAUSE_MS = 150;

export function JobPicker({ except, onPick }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState([]);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef(null);

  useEffect(() => {
    if (!isOpen) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      getJobs({ search: text.trim(), limit: SHOWN + except.length }, abort.signal).then(
        ({ rows }) => {
          setFound(rows.filter((row) => !except.includes(row.job_id)).slice(0, SHOWN));
          setAt(0);
        },
        () => {},
      );
    }, TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, isOpen, except.join()]);

  const pick = (row) => {
    onPick(row.job_id);
    setText("");
    setOpen(false);
    input.current?.focus();
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter" && isOpen && found[at]) pick(found[at]);
    else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  };
  const shows = isOpen && found.length > 0;
  return html`<div class="picker" onFocusOut=${(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}>
    <label class="search search-small"><${Icon} name="plus" /><span class="visually-hidden">Add a job to the comparison</span>
      <input
        ref=${input} type="text" role="combobox" placeholder="Add a job" autocomplete="off" spellcheck=${false}
        aria-expanded=${String(shows)} aria-controls="picker-list" aria-autocomplete="list" aria-activedescendant=${shows ? `pick-${found[at]?.job_id}` : null}
        value=${text} onInput=${(event) => { setText(event.target.value); setOpen(true); }} onFocus=${() => setOpen(true)} onKeyDown=${keys}
      /></label>
    <ul id="picker-list" role="listbox" aria-label="Jobs" class="picker-list" hidden=${!shows}>
      ${found.map(
        (row, index) => html`<li key=${row.job_id} id=${`pick-${row.job_id}`} role="option" aria-selected=${String(index === at)} onMouseDown=${(event) => { event.preventDefault(); pick(row); }}>
          <span>${nameOf(row)}</span> <span class="mono quiet">${shortId(row.job_id)}</span> <${StateBadge} state=${row.state} />
        </li>`,
      )}
    </ul>
  </div>`;
}
