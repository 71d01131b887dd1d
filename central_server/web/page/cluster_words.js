// The state of the whole cluster in one line. Pure.
import { count, plural } from "./format.js";

export function clusterWords(summary) {
  if (!summary) return "";
  const { jobs = {}, nodes = {} } = summary;
  const here = Object.entries(nodes).filter(([state]) => state !== "offline").reduce((sum, [, n]) => sum + n, 0);
  return `${count(jobs.running ?? 0)} running · ${count(jobs.queued ?? 0)} queued · ${plural(here, "node")}`;
}
