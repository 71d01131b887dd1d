// Draws the graph of a model as SVG. The table beside it says the same to those who do not see it.
import { html, useMemo } from "./preact.js";
import { layout, NODE_HEIGHT, NODE_WIDTH } from "./graph_layout.js";
import { compact, count, shape } from "./format.js";

const LONGEST_NAME = 22;

export function Graph({ model, chosen, onChoose }) {
  const drawing = useMemo(() => layout(model.nodes, model.edges), [model]);
  const label = `Graph of ${count(model.nodes.length)} layers and ${count(model.edges.length)} connections; the table of layers says the same`;
  return html`<div class="graph" tabindex="0" role="region" aria-label="Drawing of the graph">
    <svg role="img" aria-label=${label} width=${drawing.width} height=${drawing.height} viewBox=${`0 0 ${drawing.width} ${drawing.height}`}>
      <g class="graph-lines">${drawing.lines.map((points, index) => html`<path key=${index} class=${isOfChosen(model.edges[index], chosen) ? "is-chosen" : ""} d=${pathThrough(points)} />`)}</g>
      ${model.nodes.map((node) => html`<${Box} key=${node.id} node=${node} at=${drawing.boxes[node.id]} isChosen=${node.id === chosen} onChoose=${onChoose} />`)}
    </svg>
  </div>`;
}

const isOfChosen = ([from, to], chosen) => chosen !== "" && (from === chosen || to === chosen);

function Box({ node, at, isChosen, onChoose }) {
  const family = familyOf(node.type);
  return html`<g class=${`graph-node graph-${family} ${isChosen ? "is-chosen" : ""}`} transform=${`translate(${at.x},${at.y})`} onClick=${() => onChoose(isChosen ? "" : node.id)}>
    <title>${`${node.name || node.id}: ${node.type}, ${shape(node.output_shape)}, ${count(node.parameters)} parameters`}</title>
    <rect width=${NODE_WIDTH} height=${NODE_HEIGHT} rx="8" />
    <rect class="graph-edge" width="4" height=${NODE_HEIGHT - 16} x="8" y="8" rx="2" />
    <text class="graph-name" x="20" y="20">${cut(node.type)}</text>
    <text class="graph-shape" x="20" y="37">${shape(node.output_shape)}</text>
    ${node.parameters > 0 && html`<text class="graph-count" x=${NODE_WIDTH - 10} y="20" text-anchor="end">${compact(node.parameters)}</text>`}
  </g>`;
}

const cut = (text) => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text);

const FAMILIES = [
  ["data", /input|output|identity/i],
  ["convolution", /conv/i],
  ["attention", /attention|transformer|embedding|positional/i],
  ["recurrent", /rnn|lstm|gru|bidirectional|time/i],
  ["dense", /dense|linear/i],
  ["merge", /add|concat|multiply|average$|split/i],
  ["norm", /norm|dropout/i],
];

const familyOf = (type) => FAMILIES.find(([, pattern]) => pattern.test(type))?.[0] ?? "other";

/** Straight down between two points of one column, else a curve that leaves and arrives upright. */
function pathThrough([first, ...rest]) {
  let path = `M${first.x},${first.y}`;
  let from = first;
  for (const to of rest) {
    const middle = (from.y + to.y) / 2;
    path += from.x === to.x ? `V${to.y}` : `C${from.x},${middle} ${to.x},${middle} ${to.x},${to.y}`;
    from = to;
  }
  return path;
}
