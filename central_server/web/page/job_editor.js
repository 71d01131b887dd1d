// The text of a job file with numbered lines. An error stands on the line of its field and in words below.
import { html, useEffect, useRef } from "./preact.js";
import { lineOfField } from "./yaml_lines.js";
import { Icon } from "./parts/icons.js";

export function JobEditor({ text, error, onChange, onPlan, isOver }) {
  const area = useRef(null);
  const gutter = useRef(null);
  const lines = text.split("\n").length;
  const wrong = error ? errorLine(text, error) : 0;
  useEffect(() => {
    if (error) show(area.current, wrong, gutter.current);
  }, [error]);
  const keys = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onPlan();
    }
  };
  return html`<div class="editor">
    <div class="editor-box">
      <div ref=${gutter} class="editor-gutter" aria-hidden="true">
        ${Array.from({ length: lines }, (_, index) => html`<span class=${index + 1 === wrong ? "is-wrong" : ""}>${index + 1}</span>`)}
      </div>
      <textarea
        ref=${area} aria-label="Job file, as YAML or JSON" aria-invalid=${String(Boolean(error))} aria-describedby=${error ? "job-error" : "job-hint"}
        spellcheck=${false} autocapitalize="off" autocomplete="off" wrap="off" rows="22" value=${text}
        onInput=${(event) => onChange(event.target.value)} onScroll=${() => { gutter.current.scrollTop = area.current.scrollTop; }} onKeyDown=${keys}
      ></textarea>
      ${isOver && html`<div class="editor-drop" aria-hidden="true">Drop it here</div>`}
    </div>
    <div role="alert" class="editor-error-place">
      ${error &&
      html`<div id="job-error" class="editor-error">
        <${Icon} name="alert" />
        <p>${error.field && html`<strong class="mono">${error.field}</strong> `}${error.message}</p>
        ${wrong > 0 && html`<button class="button button-small" onClick=${() => show(area.current, wrong, gutter.current, true)}>Line ${wrong}</button>`}
      </div>`}
    </div>
    <p id="job-hint" class="quiet editor-hint">Paste YAML, or drop a <code>.yaml</code> job file or a <code>.cyxgraph</code> of the designer anywhere on this page.</p>
  </div>`;
}

function errorLine(text, error) {
  const said = /\bline (\d+)/.exec(error.message);
  return error.field ? lineOfField(text, error.field) : said ? Number(said[1]) : 0;
}

/** Brings a line into view; with `isChosen` it is also selected for typing over it. */
function show(area, line, gutter, isChosen = false) {
  if (!line) return;
  const starts = area.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const height = area.scrollHeight / area.value.split("\n").length;
  area.scrollTop = Math.max(0, (line - 4) * height);
  gutter.scrollTop = area.scrollTop;
  if (!isChosen) return;
  area.focus();
  area.setSelectionRange(starts, starts + area.value.split("\n")[line - 1].length);
}
