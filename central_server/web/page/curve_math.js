// What is done to the points of a curve before it is drawn. Pure; a series is `{steps: [...], values: [...]}`.

/** Exponential mean without the pull of its start; weight 0 changes nothing, 0.99 smooths most. */
export function smoothed(values, weight) {
  if (!weight) return values;
  let mean = 0;
  let share = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    mean = mean * weight + value * (1 - weight);
    share = share * weight + (1 - weight);
    return mean / share;
  });
}

/** Rows that came after the series was read are put at its end; rows before its last step are known already. */
export function extended(series, rows, name, lastStep) {
  const news = rows.filter((row) => row.step > lastStep && row[name] !== undefined);
  if (!news.length) return series;
  return { steps: [...series.steps, ...news.map((row) => row.step)], values: [...series.values, ...news.map((row) => row[name])] };
}

/** A logarithm knows no zero and nothing below it. */
export const positive = (values) => values.map((value) => (value > 0 ? value : null));

export function describe(label, { steps, values }, say, place = (step) => `step ${step}`) {
  const known = values.map((value, index) => ({ value, step: steps[index] })).filter(({ value }) => Number.isFinite(value) && value !== null);
  if (!known.length) return `${label} has no values yet`;
  const least = known.reduce((a, b) => (b.value < a.value ? b : a));
  const most = known.reduce((a, b) => (b.value > a.value ? b : a));
  const [first, last] = [known[0], known.at(-1)];
  return `${label} goes from ${say(first.value)} at ${place(first.step)} to ${say(last.value)} at ${place(last.step)}, least ${say(least.value)} at ${place(least.step)}, most ${say(most.value)} at ${place(most.step)}`;
}

/** At most `limit` indexes of `length`, evenly spread, the first and the last among them. */
export function spread(length, limit) {
  if (length <= limit) return Array.from({ length }, (_, index) => index);
  return Array.from({ length: limit }, (_, index) => Math.round((index * (length - 1)) / (limit - 1)));
}

const BOOKKEEPING = new Set(["step", "epoch", "at_ms", "samples_processed", "elapsed_ms"]);
const FIRST = ["loss", "accuracy"];
const LAST = ["learning_rate", "samples_per_second"];

/** Names of metrics that belong into one drawing: a measure and the same on the validation data. */
export function panelsOf(names) {
  const bases = [...new Set(names.filter((name) => !BOOKKEEPING.has(name)).map((name) => name.replace(/^val_/, "")))];
  const rank = (base) => (FIRST.includes(base) ? FIRST.indexOf(base) : LAST.includes(base) ? 100 + LAST.indexOf(base) : 50);
  return bases
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((base) => ({ base, names: [base, `val_${base}`].filter((name) => names.includes(name)) }));
}
