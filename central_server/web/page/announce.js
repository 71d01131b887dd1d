// Says things that happen to people who hear the page, and shows the same as a note that goes away.
import { html, useEffect } from "./preact.js";
import { createStore, useStore } from "./store.js";

const NOTE_MS = 6000;
const notes = createStore([]);
const spoken = createStore("");
let nextId = 1;

/** Say a sentence to screen readers only. */
export function say(text) {
  spoken.set(text);
}

/** Show a note; `kind` is "good" or "bad". Notes of failures stay until they are closed. */
export function note(text, kind = "good") {
  const id = nextId++;
  notes.set([...notes.get().slice(-3), { id, text, kind }]);
  if (kind === "good") setTimeout(() => drop(id), NOTE_MS);
}

function drop(id) {
  notes.set(notes.get().filter((one) => one.id !== id));
}

export function Notes() {
  const shown = useStore(notes);
  const text = useStore(spoken);
  useEffect(() => {
    if (!text) return undefined;
    const timer = setTimeout(() => spoken.set(""), 2000);
    return () => clearTimeout(timer);
  }, [text]);
  return html`
    <div class="visually-hidden" role="status" aria-live="polite">${text}</div>
    <div class="notes" role="region" aria-label="Notes" aria-live="polite">
      ${shown.map(
        (one) => html`<div key=${one.id} class="note note-${one.kind}">
          <p>${one.text}</p>
          <button class="icon-button" aria-label="Close this note" onClick=${() => drop(one.id)}>×</button>
        </div>`,
      )}
    </div>`;
}
