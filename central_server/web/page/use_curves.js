// Reads the curves of one job, as few points as the screen has use for, and puts live rows at their end.
// Zoomed in it reads the part anew, so that what is shown is always as fine as the screen.
import { useEffect, useRef, useState } from "./preact.js";
import { getJson, jobPath } from "./api.js";
import { extended } from "./curve_math.js";
import { useStore } from "./store.js";

const POINTS = 1000;
const READ_ANEW_AFTER_ROWS = 400;
const NOTHING = { names: [], series: {}, rows: 0, last_step: -1 };

export function useCurves(jobId, liveRows, range) {
  const [read, setRead] = useState(NOTHING);
  const [error, setError] = useState(null);
  const rows = useStore(liveRows);
  const news = rows.filter((row) => row.step > (read.last_step ?? -1));
  const generation = Math.floor(news.length / READ_ANEW_AFTER_ROWS);
  const latest = useRef(0);

  useEffect(() => {
    const turn = ++latest.current;
    const query = { points: POINTS, from_step: range?.from, to_step: range?.to };
    getJson(jobPath(jobId, "/curve"), query).then(
      (curve) => {
        if (turn !== latest.current) return;
        setRead({ ...curve, last_step: range ? (rows.at(-1)?.step ?? curve.last_step) : curve.last_step });
        setError(null);
      },
      (failure) => turn === latest.current && setError(failure),
    );
  }, [jobId, range?.from, range?.to, generation > 0 ? rows.length : 0]);

  if (range) return { ...read, error };
  const names = [...new Set([...read.names, ...news.flatMap((row) => Object.keys(row))])];
  const series = Object.fromEntries(names.map((name) => [name, extended(read.series[name] ?? { steps: [], values: [] }, news, name, -1)]));
  return { names, series, rows: read.rows + news.length, error };
}
