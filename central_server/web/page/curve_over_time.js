// Puts curves over the time that training took, which jobs report as a series of its own, in place of their steps.

const ELAPSED = "elapsed_ms";

/** The series with seconds in place of steps; null where the job did not say when its steps were. */
export function overTime(series, curve) {
  const clock = curve?.series[ELAPSED];
  if (!clock?.steps.length) return null;
  let after = 0;
  let latest = 0;
  const seconds = series.steps.map((step) => {
    while (after < clock.steps.length && clock.steps[after] < step) after += 1;
    // An axis never goes back, also where a later attempt was quicker to the same step.
    latest = Math.max(latest, millisecondsAt(clock, after, step) / 1000);
    return latest;
  });
  return { ...series, steps: seconds };
}

/** Between two reports time is taken to pass evenly: of a long history only some are here. */
function millisecondsAt({ steps, values }, after, step) {
  if (after === 0 || after === steps.length) return values[Math.min(after, steps.length - 1)];
  const share = (step - steps[after - 1]) / (steps[after] - steps[after - 1]);
  return values[after - 1] + share * (values[after] - values[after - 1]);
}
