// What stands in place of content: nothing there, an error, something still being loaded.
import { html } from "../preact.js";
import { Icon } from "./icons.js";

export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children && html`<div class="empty-text">${children}</div>`}</div>`;
}

export function Failure({ error, onRetry }) {
  return html`<div class="failure" role="alert">
    <${Icon} name="alert" />
    <p>${error.message}</p>
    ${onRetry && html`<button class="button button-small" onClick=${onRetry}>Try again</button>`}
  </div>`;
}

export function Loading({ what }) {
  return html`<p class="loading" role="status">Loading ${what} …</p>`;
}
