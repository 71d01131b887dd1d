// Where the nodes of a model's graph stand: each a row below everything it takes from, rows ordered so that few lines cross. Pure.
// The way of Sugiyama, Tagawa and Toda (1981) in its simplest form: longest paths, places held for long lines, and barycentres.

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 48;
const GAP_X = 28;
const GAP_Y = 34;
const WAYPOINT_WIDTH = 12;
const SWEEPS = 6;

/** `{boxes: {id: {x, y}}, lines: [[{x, y}, ...]], width, height}` for nodes with ids and edges between them. */
export function layout(nodes, edges) {
  const rank = ranks(nodes, edges);
  const { rows, chains } = rowsWithWaypoints(nodes, edges, rank);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) order(rows, chains, sweep % 2 === 0);
  const x = places(rows, chains);
  return drawn(nodes, edges, rank, x, chains);
}

function ranks(nodes, edges) {
  const sources = new Map(nodes.map(({ id }) => [id, []]));
  for (const [from, to] of edges) sources.get(to)?.push(from);
  const rank = new Map();
  // Nodes come in computing order from the server; asking back makes it true for any order.
  const rankOf = (id, seen) => {
    if (rank.has(id)) return rank.get(id);
    if (seen.has(id)) return 0;
    seen.add(id);
    const own = Math.max(-1, ...(sources.get(id) ?? []).map((from) => rankOf(from, seen))) + 1;
    rank.set(id, own);
    return own;
  };
  for (const { id } of nodes) rankOf(id, new Set());
  return rank;
}

/** A line over several rows passes a place of its own in each, so that it goes around nodes and not through them. */
function rowsWithWaypoints(nodes, edges, rank) {
  const rows = [];
  const put = (row, id) => (rows[row] ??= []).push(id);
  for (const { id } of nodes) put(rank.get(id), id);
  const chains = edges.map(([from, to], index) => {
    const chain = [from];
    for (let row = rank.get(from) + 1; row < rank.get(to); row += 1) {
      const waypoint = `${index}@${row}`;
      put(row, waypoint);
      chain.push(waypoint);
    }
    return [...chain, to];
  });
  return { rows, chains };
}

function neighbours(chains, isDown) {
  const found = new Map();
  for (const chain of chains) {
    for (let at = 1; at < chain.length; at += 1) {
      const [id, other] = isDown ? [chain[at], chain[at - 1]] : [chain[at - 1], chain[at]];
      if (!found.has(id)) found.set(id, []);
      found.get(id).push(other);
    }
  }
  return found;
}

function order(rows, chains, isDown) {
  const next = neighbours(chains, isDown);
  const index = new Map(rows.flatMap((row) => row.map((id, at) => [id, at - (row.length - 1) / 2])));
  for (const row of isDown ? rows : [...rows].reverse()) {
    const wish = new Map(row.map((id) => [id, mean((next.get(id) ?? []).map((other) => index.get(other))) ?? index.get(id)]));
    row.sort((a, b) => wish.get(a) - wish.get(b));
    row.forEach((id, at) => index.set(id, at - (row.length - 1) / 2));
  }
}

const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined);
const isWaypoint = (id) => typeof id === "string" && /^\d+@\d+$/.test(id);
const widthOf = (id) => (isWaypoint(id) ? WAYPOINT_WIDTH : NODE_WIDTH);

/** Centres: each row is first packed around 0, then drawn towards its neighbours as far as the order allows. */
function places(rows, chains) {
  const x = new Map();
  for (const row of rows) {
    const width = row.reduce((sum, id) => sum + widthOf(id) + GAP_X, -GAP_X);
    let at = -width / 2;
    for (const id of row) {
      x.set(id, at + widthOf(id) / 2);
      at += widthOf(id) + GAP_X;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isDown = sweep % 2 === 0;
    const next = neighbours(chains, isDown);
    for (const row of isDown ? rows : [...rows].reverse()) pull(row, next, x);
  }
  return x;
}

function pull(row, next, x) {
  const wish = row.map((id) => mean((next.get(id) ?? []).map((other) => x.get(other))) ?? x.get(id));
  const apart = (at) => (widthOf(row[at - 1]) + widthOf(row[at])) / 2 + GAP_X;
  const left = [...wish];
  for (let at = 1; at < row.length; at += 1) left[at] = Math.max(left[at], left[at - 1] + apart(at));
  const right = [...wish];
  for (let at = row.length - 2; at >= 0; at -= 1) right[at] = Math.min(right[at], right[at + 1] - apart(at + 1));
  row.forEach((id, at) => x.set(id, (left[at] + right[at]) / 2));
}

function drawn(nodes, edges, rank, x, chains) {
  const all = [...x.entries()];
  const least = Math.min(0, ...all.map(([id, centre]) => centre - widthOf(id) / 2));
  const most = Math.max(0, ...all.map(([id, centre]) => centre + widthOf(id) / 2));
  const top = (row) => row * (NODE_HEIGHT + GAP_Y) + 2;
  const boxes = Object.fromEntries(nodes.map(({ id }) => [id, { x: x.get(id) - least - NODE_WIDTH / 2 + 2, y: top(rank.get(id)) }]));
  const lines = chains.map((chain) =>
    chain.flatMap((id, at) => {
      const row = at === chain.length - 1 ? rank.get(id) : rank.get(chain[0]) + at;
      const centre = x.get(id) - least + 2;
      if (at === 0) return [{ x: centre, y: top(row) + NODE_HEIGHT }];
      if (at === chain.length - 1) return [{ x: centre, y: top(row) }];
      return [{ x: centre, y: top(row) }, { x: centre, y: top(row) + NODE_HEIGHT }];
    }),
  );
  const rows = Math.max(0, ...rank.values()) + 1;
  return { boxes, lines, width: most - least + 4, height: rows * (NODE_HEIGHT + GAP_Y) - GAP_Y + 4 };
}
