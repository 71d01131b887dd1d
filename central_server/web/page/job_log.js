// The log of a job: follows its end, or stays where one reads; searched here, since all of it is here.
import { html, useEffect, useMemo, useRef, useState } from "./preact.js";
import { clockTime, count, plural } from "./format.js";
import { useShortcuts } from "./shortcuts.js";
import { useStore } from "./store.js";
import { useWindowOfRows } from "./window_of_rows.js";
import { Icon } from "./parts/icons.js";
import { Empty } from "./parts/notices.js";

const LINE_HEIGHT = 22;
const AT_END_PIXELS = 30;

export function JobLog({ log }) {
  const { lines, dropped, isRead } = useStore(log);
  const [search, setSearch] = useState("");
  const [follows, setFollows] = useState(true);
  const input = useRef(null);
  useShortcuts([{ keys: "/", says: "Search the log", run: () => input.current?.focus() }], []);
  const word = search.toLowerCase();
  const shown = useMemo(() => (word ? lines.filter(({ text, level }) => text.toLowerCase().includes(word) || level.toLowerCase() === word) : lines), [lines, word]);
  return html`<section class="card log-card" aria-labelledby="log-title">
    <div class="card-head">
      <h2 id="log-title">Log</h2>
      <label class="search search-small"><${Icon} name="search" /><span class="visually-hidden">Search the log</span>
        <input ref=${input} type="search" placeholder="Search" spellcheck=${false} value=${search} onInput=${(event) => setSearch(event.target.value)} /></label>
      <span class="quiet" role="status">${word ? `${count(shown.length)} of ${plural(lines.length, "line")}` : plural(lines.length, "line")}</span>
      <label class="check"><input type="checkbox" checked=${follows} onChange=${(event) => setFollows(event.target.checked)} /> Follow</label>
    </div>
    ${dropped > 0 && html`<p class="quiet">The first ${plural(dropped, "line")} are not shown; <code>cyxwiz logs</code> has all of them.</p>`}
    ${isRead && !lines.length && html`<${Empty} title="Nothing was logged yet." />`}
    ${lines.length > 0 && html`<${Lines} lines=${shown} word=${word} follows=${follows} onFollow=${setFollows} />`}
  </section>`;
}

function Lines({ lines, word, follows, onFollow }) {
  const scroller = useRef(null);
  const list = useRef(null);
  const { start, end } = useWindowOfRows({ list, scroller, rowHeight: LINE_HEIGHT, total: lines.length });
  useEffect(() => {
    if (follows) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [follows, lines.length]);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PIXELS;
    if (!isAtEnd && follows && performance.now() - wheelAt.current < 400) onFollow(false);
  };
  const wheelAt = useRef(-1e9);
  const byHand = () => {
    wheelAt.current = performance.now();
  };
  return html`<div ref=${scroller} class="log" role="log" aria-live="off" aria-label="Lines of the log" tabindex="0" onScroll=${scrolled} onWheel=${byHand} onKeyDown=${byHand} onTouchMove=${byHand} onPointerDown=${byHand}>
    <div ref=${list} class="log-lines" style=${{ height: `${lines.length * LINE_HEIGHT}px` }}>
      <div class="log-window" style=${{ transform: `translateY(${start * LINE_HEIGHT}px)` }}>
        ${lines.slice(start, end).map(
          (line) => html`<div key=${line.sequence} class=${`log-line log-${line.level.toLowerCase()}`}>
            <span class="log-time">${clockTime(line.at_ms)}</span><span class="log-attempt">#${line.attempt}</span>
            <span class="log-level">${line.level}</span><span class="log-text"><${Marked} text=${line.text} word=${word} /></span>
          </div>`,
        )}
      </div>
    </div>
  </div>`;
}

function Marked({ text, word }) {
  if (!word) return text;
  const parts = [];
  const low = text.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, from)) {
    parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + word.length)}</mark>`);
    from = at + word.length;
  }
  return [...parts, text.slice(from)];
}
