// The model of a job: its layers drawn as a graph and listed as a table; choosing one in either marks it in both.
import { html, useEffect, useRef, useState } from "./preact.js";
import { getJson, jobPath } from "./api.js";
import { compact, count, percent, shape } from "./format.js";
import { Graph } from "./graph.js";
import { Empty, Failure, Loading } from "./parts/notices.js";

export function JobModel({ job }) {
  const [model, setModel] = useState(null);
  const [error, setError] = useState(null);
  const [chosen, setChosen] = useState("");
  useEffect(() => {
    const abort = new AbortController();
    getJson(jobPath(job.job_id, "/model"), {}, abort.signal).then(setModel, (failure) => failure.name !== "AbortError" && setError(failure));
    return () => abort.abort();
  }, [job.job_id]);
  if (error?.isMissing) return html`<${Empty} title="No table of layers.">${error.message}<//>`;
  if (error) return html`<${Failure} error=${error} />`;
  if (!model) return html`<${Loading} what="the model" />`;
  return html`<div class="model">
    <section class="card model-graph" aria-labelledby="graph-title">
      <div class="card-head"><h2 id="graph-title">Graph</h2></div>
      <${Graph} model=${model} chosen=${chosen} onChoose=${setChosen} />
    </section>
    <section class="card" aria-labelledby="layers-title">
      <div class="card-head"><h2 id="layers-title">Layers</h2><span class="quiet">${count(model.nodes.length)} layers, ${count(model.parameters)} parameters</span></div>
      <${LayerTable} nodes=${model.nodes} total=${model.parameters} chosen=${chosen} onChoose=${setChosen} />
    </section>
  </div>`;
}

export function LayerTable({ nodes, total, chosen = "", onChoose }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Table of layers"><table class="plain layers">
    <thead><tr><th scope="col">Layer</th><th scope="col">Type</th><th scope="col">Output</th><th scope="col" class="col-number">Parameters</th><th scope="col" class="col-share"><span class="visually-hidden">Share of all parameters</span></th></tr></thead>
    <tbody>${nodes.map((node, index) => html`<${LayerRow} key=${node.id ?? index} node=${node} total=${total} isChosen=${chosen !== "" && node.id === chosen} onChoose=${onChoose} />`)}</tbody>
  </table></div>`;
}

function LayerRow({ node, total, isChosen, onChoose }) {
  const row = useRef(null);
  useEffect(() => {
    if (isChosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  const share = total ? node.parameters / total : 0;
  const name = onChoose
    ? html`<button class="link-button" aria-pressed=${String(isChosen)} onClick=${() => onChoose(isChosen ? "" : node.id)}>${node.name || node.id}</button>`
    : node.name;
  return html`<tr ref=${row} class=${isChosen ? "is-chosen" : ""}>
    <th scope="row">${name}</th><td>${node.type}</td><td class="mono">${shape(node.output_shape)}</td><td class="col-number mono" title=${count(node.parameters)}>${count(node.parameters)}</td>
    <td class="col-share"><span class="share" title=${percent(share)}><span class="share-fill" style=${{ width: `${share * 100}%` }}></span></span></td>
  </tr>`;
}
