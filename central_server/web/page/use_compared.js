// Reads the jobs that are compared, with their curves of one metric, and reads anew what still runs.
import { useEffect, useState } from "./preact.js";
import { getJson, jobPath } from "./api.js";
import { onCluster } from "./cluster_live.js";

const POINTS = 800;
const READ_ANEW_MS = 1500;

export function useCompared(jobIds, metricName) {
  const [jobs, setJobs] = useState({});
  const [curves, setCurves] = useState({});
  const key = jobIds.join();

  useEffect(() => {
    let left = false;
    let timers = {};
    const readJob = (id) => read(getJson(jobPath(id)), (job) => setJobs((now) => ({ ...now, [id]: job })), (error) => setJobs((now) => ({ ...now, [id]: { error } })));
    const readCurve = (id) => read(getJson(jobPath(id, "/curve"), { points: POINTS }), (curve) => setCurves((now) => ({ ...now, [id]: curve })), () => {});
    const read = (promise, good, bad) => promise.then((value) => left || good(value), (error) => left || bad(error));
    for (const id of jobIds) {
      readJob(id);
      readCurve(id);
    }
    // News of a running job come twice a second; its curve is worth reading less often.
    const stop = onCluster("job", (row) => {
      if (!jobIds.includes(row.job_id) || timers[row.job_id]) return;
      timers[row.job_id] = setTimeout(() => {
        delete timers[row.job_id];
        readJob(row.job_id);
        readCurve(row.job_id);
      }, READ_ANEW_MS);
    });
    return () => {
      left = true;
      Object.values(timers).forEach(clearTimeout);
      stop();
    };
  }, [key]);

  const names = [...new Set(jobIds.flatMap((id) => curves[id]?.names ?? []))];
  const series = jobIds.filter((id) => curves[id]?.series[metricName]).map((id) => ({ id, curve: curves[id], ...curves[id].series[metricName] }));
  return { jobs, names, series };
}
