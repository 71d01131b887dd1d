// Draws series over their steps on a canvas, follows their growth, and tells what is pointed at and which part is wanted.
import { html, useEffect, useRef } from "./preact.js";
import uPlot from "./vendor/uplot/uPlot.esm.js";
import { positive, smoothed } from "./curve_math.js";
import { compact, isShare, number } from "./format.js";
import { useStore } from "./store.js";
import { colour, theme } from "./theme.js";

const HEIGHT = 236;
const LEAST_WIDTH = 120;
const RAW_ALPHA = 0.28;
const ZOOM_STEP = 0.25;
const FONT = "11px Inter, system-ui, sans-serif";

export function Curve({ series, look, range, onRange, onCursor, syncKey, metricName, label }) {
  const place = useRef(null);
  const plot = useRef(null);
  const now = useStore(theme);
  const latest = useRef({});
  latest.current = { onRange, onCursor, range };
  const structure = JSON.stringify([series.map((one) => [one.label, one.colour]), look.isLog, look.smoothing > 0, now, metricName]);

  useEffect(() => {
    plot.current = new uPlot(options({ series, look, syncKey, metricName, latest, width: widthOf(place.current) }), [[]], place.current);
    fill(plot.current, series, look, latest.current.range);
    const observer = new ResizeObserver(() => plot.current.setSize({ width: widthOf(place.current), height: HEIGHT }));
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      plot.current.destroy();
      plot.current = null;
    };
  }, [structure]);

  useEffect(() => {
    if (plot.current) fill(plot.current, series, look, range);
  }, [series, look.smoothing, range]);

  const keys = (event) => {
    const next = rangeAfterKey(event.key, plot.current);
    if (next === undefined) return;
    event.preventDefault();
    onRange(next);
  };
  const points = series.reduce((sum, one) => sum + one.steps.length, 0);
  return html`<div ref=${place} class="curve" role="img" tabindex="0" aria-label=${label} data-points=${points} onKeyDown=${keys} title="Drag to look closer; with the keyboard + − ← → and 0"></div>`;
}

const widthOf = (element) => Math.max(LEAST_WIDTH, Math.floor(element.clientWidth));

/** Steps of all series on one axis; a smoothed line stands in front of its own pale points. */
function fill(plot, series, look, range) {
  const shape = (values) => (look.isLog ? positive(values) : values);
  const tables = series.flatMap((one) => {
    const raw = [one.steps, shape(one.values)];
    return look.smoothing > 0 ? [raw, [one.steps, shape(smoothed(one.values, look.smoothing))]] : [raw];
  });
  const data = tables.length && tables.some(([steps]) => steps.length) ? uPlot.join(tables) : [[]];
  plot.batch(() => {
    plot.setData(data, false);
    const steps = data[0];
    const from = range?.from ?? steps[0] ?? 0;
    const to = range?.to ?? steps.at(-1) ?? 1;
    plot.setScale("x", { min: from, max: to > from ? to : from + 1 });
  });
}

function options({ series, look, syncKey, metricName, latest, width }) {
  const axis = { stroke: colour("--text-3"), font: FONT, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const share = isShare(metricName);
  const say = share ? (value) => `${number(value * 100)} %` : (value) => (Math.abs(value) >= 1000 ? compact(value) : number(value));
  return {
    width,
    height: HEIGHT,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, sync: { key: syncKey }, points: { size: 7 }, bind: { dblclick: () => () => latest.current.onRange(null) } },
    scales: { x: { time: false }, y: look.isLog ? { distr: 3 } : { range: yRange } },
    axes: [
      { ...axis, size: 30, gap: 6, values: (_, steps) => steps.map((step) => (step >= 10_000 ? compact(step) : step)) },
      { ...axis, size: 54, gap: 6, values: (_, values) => values.map((value) => (value === null ? "" : say(value))) },
    ],
    series: [{}, ...series.flatMap((one) => lines(one, look))],
    hooks: {
      setSelect: [(plot) => selected(plot, latest)],
      setCursor: [(plot) => pointed(plot, series, look, latest)],
    },
  };
}

function lines(one, look) {
  const stroke = colour(one.colour);
  const line = { stroke, width: 1.75, spanGaps: true, points: one.isSparse ? { size: 5, fill: stroke, show: fewPoints } : { show: false } };
  if (!(look.smoothing > 0)) return [line];
  return [{ ...line, width: 1, alpha: RAW_ALPHA, points: { show: false } }, { ...line, points: { show: false } }];
}

const MOST_DOTS = 60;
const fewPoints = (plot, index) => plot.data[index].reduce((n, value) => n + (value !== null && value !== undefined), 0) <= MOST_DOTS;

/** Some air above and below; a flat line stands in the middle. */
function yRange(_, least, most) {
  if (least === null || most === null) return [0, 1];
  const air = most > least ? (most - least) * 0.06 : Math.abs(most) * 0.1 || 1;
  return [least >= 0 && least - air < 0 ? 0 : least - air, most + air];
}

function selected(plot, latest) {
  const { left, width } = plot.select;
  if (width < 4) return;
  const from = Math.floor(plot.posToVal(left, "x"));
  const to = Math.ceil(plot.posToVal(left + width, "x"));
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  if (to - from >= 2) latest.current.onRange({ from: Math.max(0, from), to });
}

function pointed(plot, series, look, latest) {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined) return latest.current.onCursor(null);
  const stride = look.smoothing > 0 ? 2 : 1;
  const values = series.map((_, index) => lastKnown(plot.data[1 + index * stride + (stride - 1)], idx));
  return latest.current.onCursor({ step: plot.data[0][idx], values });
}

// A series reported once an epoch has no value at most steps: the one before holds.
function lastKnown(values, idx) {
  for (let at = idx; at >= 0; at -= 1) if (values?.[at] !== null && values?.[at] !== undefined) return values[at];
  return null;
}

function rangeAfterKey(key, plot) {
  const { min, max } = plot.scales.x;
  const span = max - min;
  const steps = plot.data[0];
  const inside = (from, to) => ({ from: Math.max(0, Math.floor(from)), to: Math.ceil(to) });
  if (key === "0") return null;
  if (key === "+" || key === "=") return span > 4 ? inside(min + span * ZOOM_STEP, max - span * ZOOM_STEP) : undefined;
  if (key === "-") return min - span / 2 <= (steps[0] ?? 0) ? null : inside(min - span / 2, max + span / 2);
  if (key === "ArrowLeft") return min > 0 ? inside(Math.max(0, min - span * ZOOM_STEP), Math.max(0, min - span * ZOOM_STEP) + span) : undefined;
  if (key === "ArrowRight") return inside(min + span * ZOOM_STEP, max + span * ZOOM_STEP);
  return undefined;
}
