// One job, kept true by its own stream: its row, its new metric rows for the curves, its log.
import { useEffect, useRef, useState } from "./preact.js";
import { getJson, jobPath } from "./api.js";
import { hasEnded } from "./job_facts.js";
import { openLive } from "./live.js";
import { createStore } from "./store.js";

const LOG_PAGE = 1000;
const FEWEST_POINTS = 4;
const MOST_LINES = 20_000;
const MOST_ROWS = 2000; // The curves are read anew long before so many have come.

export function useJob(jobId) {
  const [job, setJob] = useState(null);
  const [error, setError] = useState(null);
  const feed = useRef(null);
  feed.current ??= { rows: createStore([]), log: createStore({ lines: [], dropped: 0, isRead: false }) };
  const { rows, log } = feed.current;

  useEffect(() => {
    let closeStream = null;
    let left = false;
    const take = (row) => {
      setJob((now) => merged(now, row));
      if (hasEnded(row)) readAll();
    };
    // Files and settings come only with the whole job.
    const readAll = async () => {
      const whole = await getJson(jobPath(jobId));
      if (!left) setJob(whole);
    };
    async function start() {
      try {
        await readAll();
        const curve = await getJson(jobPath(jobId, "/curve"), { points: FEWEST_POINTS });
        await readLog(jobId, log, () => left);
        if (left) return;
        closeStream = openLive(jobPath(jobId, "/events"), {
          since: `0:${curve.last_step ?? -1}:${lastSequence(log)}`,
          probe: jobPath(jobId),
          on: {
            job: take,
            points: (points) => rows.set(withPoints(rows.get(), points)),
            log: (lines) => addLines(log, lines),
            end: () => readAll().catch(() => {}),
            gone: () => setError({ message: "This job was deleted.", isMissing: true }),
          },
        });
      } catch (failure) {
        if (left) return;
        setError(failure);
        if (failure.isUnreachable) retry = setTimeout(() => { setError(null); start(); }, 2000);
      }
    }
    let retry = 0;
    start();
    return () => {
      left = true;
      clearTimeout(retry);
      closeStream?.();
    };
  }, [jobId]);

  return { job, error, rows, log, setJob: (row) => setJob((now) => merged(now, row)) };
}

/** A row of news lacks what only the whole job has. */
function merged(now, row) {
  if (!now) return row;
  const result = row.result && now.result ? { ...now.result, ...row.result } : row.result;
  return { ...now, ...row, result };
}

/** An attempt that goes on from a checkpoint tells again what the one before had told beyond it. */
function withPoints(known, points) {
  const before = known.filter((row) => row.step < points[0].step);
  return [...before, ...points].slice(-MOST_ROWS);
}

async function readLog(jobId, log, isLeft) {
  for (;;) {
    const lines = await getJson(jobPath(jobId, "/logs"), { after_sequence: lastSequence(log), limit: LOG_PAGE });
    if (isLeft()) return;
    addLines(log, lines);
    if (lines.length < LOG_PAGE) return;
  }
}

const lastSequence = (log) => log.get().lines.at(-1)?.sequence ?? 0;

function addLines(log, lines) {
  const { lines: known, dropped } = log.get();
  const last = known.at(-1)?.sequence ?? -1;
  const all = [...known, ...lines.filter((line) => line.sequence > last)];
  const over = Math.max(0, all.length - MOST_LINES);
  log.set({ lines: over ? all.slice(over) : all, dropped: dropped + over, isRead: true });
}
