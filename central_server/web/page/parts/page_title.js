// The heading of a page. It names the tab and takes the focus when the page changes, so that readers hear where they are.
import { html, useEffect, useRef } from "../preact.js";

let isFirstPage = true;

export function PageTitle({ text, children, focusKey }) {
  const ref = useRef(null);
  useEffect(() => {
    document.title = `${text} · CyxWiz`;
  }, [text]);
  useEffect(() => {
    if (!isFirstPage) ref.current?.focus({ preventScroll: true });
    isFirstPage = false;
  }, [focusKey]);
  return html`<h1 ref=${ref} tabindex="-1" class="page-title">${children ?? text}</h1>`;
}
