// A modal dialog of the browser's own, and the question asked before something that cannot be taken back.
import { html, useEffect, useRef, useState } from "../preact.js";
import { Icon } from "./icons.js";

export function Dialog({ title, onClose, children, className = "" }) {
  const ref = useRef(null);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      if (dialog.open) dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  const outside = (event) => event.target === ref.current && onClose();
  return html`<dialog ref=${ref} class=${`dialog ${className}`} aria-labelledby="dialog-title" onClose=${onClose} onClick=${outside}>
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id="dialog-title">${title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}

/** Asks; `onYes(text)` may be asynchronous. `ask` names an optional line of text to give with the answer. */
export function Confirm({ title, says, yes, danger = false, ask = "", onYes, onClose }) {
  const [isBusy, setBusy] = useState(false);
  const text = useRef(null);
  async function confirmed(event) {
    event.preventDefault();
    setBusy(true);
    await onYes(text.current?.value.trim() ?? "");
    onClose();
  }
  return html`<${Dialog} title=${title} onClose=${onClose} className="dialog-small">
    <form method="dialog" onSubmit=${confirmed}>
      <p>${says}</p>
      ${ask && html`<label class="field"><span>${ask}</span><input ref=${text} type="text" maxlength="200" autocomplete="off" /></label>`}
      <div class="dialog-actions">
        <button type="button" class="button" onClick=${onClose}>Leave it</button>
        <button type="submit" class=${danger ? "button button-danger" : "button button-primary"} disabled=${isBusy}>${yes}</button>
      </div>
    </form>
  <//>`;
}
