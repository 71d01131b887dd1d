// What would happen to a job: what it needs, where it fits and where not, and its layers.
import { html } from "./preact.js";
import { bytes, compact, count } from "./format.js";
import { LayerTable } from "./job_model.js";
import { Empty, Loading } from "./parts/notices.js";

export function PlanView({ plan, isBusy }) {
  return html`<section class="card plan" aria-labelledby="plan-title" aria-live="polite">
    <div class="card-head"><h2 id="plan-title">Plan</h2></div>
    ${isBusy && html`<${Loading} what="the plan: a node compiles the program without running it" />`}
    ${!plan && !isBusy && html`<${Empty} title="Not planned yet.">The plan shows the layers with their shapes, the memory that a node's compiler counts, and which nodes could run it.<//>`}
    ${plan && html`<${Needs} plan=${plan} /><${PlanNodes} nodes=${plan.nodes ?? []} /><h3>Layers</h3><${LayerTable} nodes=${plan.layers} total=${plan.parameters} />`}
  </section>`;
}

function Needs({ plan }) {
  return html`<dl class="tiles tiles-small">
      <div class="tile"><dt>Parameters</dt><dd title=${count(plan.parameters)}>${compact(plan.parameters)}</dd></div>
      <div class="tile"><dt>Memory</dt><dd>${plan.memory_bytes ? bytes(plan.memory_bytes) : "not known"}</dd></div>
      <div class="tile"><dt>Flops per step</dt><dd>${plan.flops_per_step ? compact(plan.flops_per_step) : "–"}</dd></div>
    </dl>
    ${plan.memory_note && html`<p class="quiet">${plan.memory_note}</p>`}`;
}

function PlanNodes({ nodes }) {
  return html`<h3>Nodes</h3>
    ${!nodes.length && html`<p class="quiet">No node is connected: the job would wait for one.</p>`}
    <ul class="plan-nodes">
      ${nodes.map(
        (node) => html`<li key=${node.node_id}><span class=${node.fits ? "fits fits-yes" : "fits fits-no"}>${node.fits ? "fits" : "does not fit"}</span>
          <span>${node.name || node.node_id}</span>${!node.fits && html` <span class="quiet">${node.reason}</span>`}</li>`,
      )}
    </ul>`;
}
