// What follows from the row of a job: whether it is over, why it is as it is, how long it ran, how long it has to go. Pure.

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

export const hasEnded = (job) => ENDED.has(job.state);
export const nameOf = (job) => job.name || job.job_id.slice(0, 8);

/** One sentence of why, "" when the state says all. */
export function whyOf(job) {
  if (job.state === "queued") return job.waiting_reason || job.reason;
  if (job.state === "failed") return job.error?.message || job.reason;
  return job.state === "succeeded" || job.state === "running" ? "" : job.reason;
}

/** The time of all attempts together, null before the first. */
export function ranForMs(job, now) {
  const started = job.attempts.filter((attempt) => attempt.started_at_ms);
  if (!started.length) return null;
  const over = hasEnded(job) || job.state === "paused";
  return started.reduce((sum, attempt) => sum + Math.max(0, (attempt.ended_at_ms ?? (over ? attempt.started_at_ms : now)) - attempt.started_at_ms), 0);
}

/** How long it still takes at its present rate, null when nobody can say. */
export function leftMs(job) {
  const rate = job.metrics.samples_per_second;
  const batch = job.spec?.batch_size;
  if (job.state !== "running" || !rate || !batch || !job.steps_total || !job.step) return null;
  return ((job.steps_total - job.step) * batch * 1000) / rate;
}

/** What can be done with it now. */
export function actionsOf(job) {
  const live = job.state === "queued" || job.state === "running";
  return {
    canPause: live,
    canResume: job.state === "paused",
    canCancel: live || job.state === "paused",
    canDelete: hasEnded(job),
  };
}
