// The page of nodes: every one with its devices, what is promised on them and what runs there; and draining.
import { html, useEffect, useState } from "./preact.js";
import { getJson } from "./api.js";
import { onCluster } from "./cluster_live.js";
import { plural } from "./format.js";
import { NodeCard } from "./node_card.js";
import { Empty, Failure, Loading } from "./parts/notices.js";
import { PageTitle } from "./parts/page_title.js";

export function NodesPage() {
  const [nodes, setNodes] = useState(null);
  const [error, setError] = useState(null);
  const read = () => getJson("/nodes").then((all) => { setNodes(all); setError(null); }, setError);
  useEffect(() => {
    const stops = [onCluster("nodes", setNodes), onCluster("resumed", read)];
    read();
    return () => stops.forEach((stop) => stop());
  }, []);
  useEffect(() => {
    if (nodes && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [nodes === null]);
  return html`<div class="page">
    <div class="page-head"><${PageTitle} text="Nodes" focusKey="nodes" /><span class="page-count">${nodes ? plural(nodes.length, "node") : ""}</span></div>
    ${error && html`<${Failure} error=${error} onRetry=${read} />`}
    ${!nodes && !error && html`<${Loading} what="nodes" />`}
    ${nodes && !nodes.length && html`<${Empty} title="No node has come yet."><p>Start one on any machine that reaches this server:</p><code>python -m server_node --server ${location.hostname}:50051</code><//>`}
    <div class="nodes">${(nodes ?? []).map((node) => html`<${NodeCard} key=${node.node_id} node=${node} onChanged=${read} />`)}</div>
  </div>`;
}
