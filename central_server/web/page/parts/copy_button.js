// Puts a text on the clipboard and says so.
import { html } from "../preact.js";
import { note } from "../announce.js";
import { Icon } from "./icons.js";

export function CopyButton({ text, what }) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      note(`Copied ${what}.`);
    } catch {
      note(`The browser does not let this page copy; ${what}: ${text}`, "bad");
    }
  }
  return html`<button type="button" class="icon-button" aria-label=${`Copy ${what}`} title=${`Copy ${what}`} onClick=${copy}>
    <${Icon} name="copy" />
  </button>`;
}
