// Which keys do what, and the switch that turns them off for people whose software types for them.
import { html } from "./preact.js";
import { setShortcuts, shortcutsOn, shownBindings } from "./shortcuts.js";
import { summary } from "./cluster_live.js";
import { useStore } from "./store.js";
import { Dialog } from "./parts/dialog.js";

export function HelpDialog({ onClose }) {
  const isOn = useStore(shortcutsOn);
  const version = useStore(summary)?.version;
  return html`<${Dialog} title="Keys and help" onClose=${onClose}>
    <dl class="keys">
      ${shownBindings().map(
        ({ keys, says }) => html`<div><dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${says}</dd></div>`,
      )}
    </dl>
    <label class="check"><input type="checkbox" checked=${isOn} onChange=${(event) => setShortcuts(event.target.checked)} /> Single keys do things</label>
    <p class="quiet">
      Everything here is also JSON below <a href="/api/v1/openapi.json" target="_blank" rel="noopener">/api/v1</a>, on the command line
      (<code>cyxwiz --help</code>) and in Python (<code>import cyxwiz</code>).${version ? ` CyxWiz ${version}.` : ""}
    </p>
  <//>`;
}
