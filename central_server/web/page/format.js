// Numbers, sizes and times as people read them. Pure.

const NONE = "–";
const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (value) => (value === null || value === undefined ? NONE : whole.format(value));
export const compact = (value) => (value === null || value === undefined ? NONE : short.format(value));

/** Four significant digits; very small and very large ones with an exponent. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2);
  if (Number.isInteger(value)) return whole.format(value);
  return size >= 1000 ? whole.format(Math.round(value)) : String(Number(value.toPrecision(4)));
}

export const isShare = (name) => /accuracy|precision|recall|f1|auc/.test(name);

/** A metric by its name: shares as per cent, others as numbers. */
export function metric(name, value) {
  if (value === null || value === undefined) return NONE;
  return isShare(name) ? `${(value * 100).toFixed(value >= 0.9995 || value < 0.1 ? 2 : 1)} %` : number(value);
}

export function percent(share) {
  return `${Math.floor(Math.max(0, Math.min(1, share || 0)) * 100)} %`;
}

export function bytes(value) {
  if (value === null || value === undefined) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return NONE;
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${Math.round(Math.max(0, ms))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function ago(ms, now) {
  if (!ms) return NONE;
  const seconds = Math.max(0, now - ms) / 1000;
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

const stamp = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const dateTime = (ms) => (ms ? stamp.format(ms) : NONE);
export const clockTime = (ms) => (ms ? clock.format(ms) : NONE);

export const shortId = (id) => (id || "").slice(0, 8);
export const shape = (dimensions) => (dimensions && dimensions.length ? dimensions.map((size) => size ?? "?").join(" × ") : NONE);
export const words = (name) => name.replaceAll("_", " ");
export const title = (name) => words(name).replace(/^./, (letter) => letter.toUpperCase());
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
