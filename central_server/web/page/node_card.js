// One node: its state, its devices with their memory, its running attempts, and the button that drains it.
import { html, useState } from "./preact.js";
import { note } from "./announce.js";
import { postJson } from "./api.js";
import { useNow } from "./clock.js";
import { ago, bytes, percent, plural, shortId } from "./format.js";
import { Confirm } from "./parts/dialog.js";
import { Icon } from "./parts/icons.js";
import { StateBadge } from "./parts/state_badge.js";

export function NodeCard({ node, onChanged }) {
  const now = useNow();
  const name = node.name || shortId(node.node_id);
  const title = `node-${node.node_id}`;
  return html`<article class=${node.state === "offline" ? "card node is-away" : "card node"} id=${node.node_id} aria-labelledby=${title}>
    <header class="node-head">
      <h2 id=${title}>${name}</h2><${StateBadge} state=${node.state} />
      <${DrainButton} node=${node} name=${name} onChanged=${onChanged} />
    </header>
    <p class="quiet node-sub"><span class="mono">${shortId(node.node_id)}</span> · seen ${ago(node.last_seen_ms, now)}${node.slots ? html` · ${plural(node.slots, "slot")}` : ""}</p>
    <ul class="devices" aria-label=${`Devices of ${name}`}>${node.devices.map((device) => html`<${Device} key=${device.device_id} device=${device} />`)}</ul>
    <h3>Running</h3>
    ${!node.attempts.length && html`<p class="quiet">Nothing runs here.</p>`}
    <ul class="node-attempts">${node.attempts.map((attempt) => html`<${Running} key=${`${attempt.job_id}-${attempt.number}`} attempt=${attempt} />`)}</ul>
  </article>`;
}

function Device({ device }) {
  const { kind, name, memory_bytes: total, memory_promised_bytes: promised, memory_used_bytes: used, utilisation } = device;
  return html`<li class="device">
    <p class="device-name"><${Icon} name="chip" /><span>${name || kind}</span><span class="device-kind">${kind}</span></p>
    <${Memory} says="promised" value=${promised} total=${total} tone="active" />
    ${used !== undefined && used !== null && html`<${Memory} says="used" value=${used} total=${total} tone="used" />`}
    ${utilisation !== undefined && utilisation !== null && html`<p class="device-use quiet">${percent(utilisation)} busy</p>`}
  </li>`;
}

function Memory({ says, value, total, tone }) {
  const share = total ? Math.min(1, value / total) : 0;
  return html`<div class="memory">
    <span class="memory-says">${says}</span>
    <span class=${`progress progress-${tone}`} role="meter" aria-label=${`Memory ${says}`} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)} aria-valuetext=${`${bytes(value)} of ${bytes(total)}`}>
      <span class="progress-fill" style=${{ width: `${share * 100}%` }}></span></span>
    <span class="memory-words mono">${bytes(value)} / ${bytes(total)}<span class="visually-hidden">, ${percent(share)}</span></span>
  </div>`;
}

function Running({ attempt }) {
  const name = attempt.name || shortId(attempt.job_id);
  return html`<li><a href=${`/jobs/${encodeURIComponent(attempt.job_id)}`}>${name}</a>
    <span class="quiet">attempt ${attempt.number}</span><${StateBadge} state=${attempt.state} /><span class="mono quiet node-attempt-memory">${bytes(attempt.memory_promised_bytes)}</span></li>`;
}

function DrainButton({ node, name, onChanged }) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  async function act(what, body, done) {
    setBusy(true);
    try {
      await postJson(`/nodes/${encodeURIComponent(node.node_id)}/${what}`, body);
      note(done);
      onChanged();
    } catch (failure) {
      note(failure.message, "bad");
    } finally {
      setBusy(false);
    }
  }
  if (node.state === "offline") return null;
  if (node.state === "draining") {
    return html`<button class="button button-small node-button" disabled=${isBusy} onClick=${() => act("undrain", {}, `${name} takes new work again.`)}>Undrain</button>`;
  }
  return html`<button class="button button-small node-button" disabled=${isBusy} onClick=${() => setAsking(true)}>Drain</button>
    ${isAsking &&
    html`<${Confirm} title=${`Drain ${name}?`} says="It takes no new work. What runs there goes on to its end; undrain it to let it work again." yes="Drain the node" onYes=${() => act("drain", {}, `${name} is draining.`)} onClose=${() => setAsking(false)} />`}`;
}
