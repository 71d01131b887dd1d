// Reads the list of jobs page by page and keeps it true by the news of the cluster.
import { useCallback, useEffect, useRef, useState } from "./preact.js";
import { getJobs } from "./api.js";
import { onCluster } from "./cluster_live.js";
import { apiQuery } from "./jobs_query.js";
import { NO_ROWS, withFirstPage, withNews, withNextPage, without } from "./jobs_list.js";

const PAGE_ROWS = 100;
const DRAW_EVERY_MS = 150;

export function useJobs(query) {
  const key = JSON.stringify(query);
  const [list, setList] = useState(NO_ROWS);
  const [error, setError] = useState(null);
  const isReadingMore = useRef(false);
  const current = useRef(key);
  current.current = key;

  const read = useCallback(
    async (signal) => {
      try {
        const page = await getJobs({ ...apiQuery(query), limit: PAGE_ROWS }, signal);
        setList(withFirstPage(page));
        setError(null);
      } catch (failure) {
        if (failure.name !== "AbortError") setError(failure);
      }
    },
    [key],
  );

  useEffect(() => {
    const abort = new AbortController();
    // The stream is opened first and what it says meanwhile waits, so that nothing falls between reading and listening.
    const news = newsQueue((change) => setList((now) => (now.isRead ? change(now) : now)));
    const stops = [
      onCluster("job", (row) => news.add((now) => withNews(now, row, query))),
      onCluster("gone", ({ job_id }) => news.add((now) => without(now, job_id))),
      onCluster("resumed", () => read(abort.signal)),
    ];
    read(abort.signal);
    return () => {
      abort.abort();
      news.stop();
      stops.forEach((stop) => stop());
    };
  }, [key]);

  async function readMore() {
    if (isReadingMore.current || !list.cursor) return;
    isReadingMore.current = true;
    try {
      const page = await getJobs({ ...apiQuery(query), limit: PAGE_ROWS, cursor: list.cursor });
      if (current.current === key) setList((now) => withNextPage(now, page));
    } catch (failure) {
      setError(failure);
    } finally {
      isReadingMore.current = false;
    }
  }

  return { list, error, read: () => read(), readMore };
}

// Many rows change at once when many jobs run; they are drawn together.
function newsQueue(apply) {
  let waiting = [];
  let timer = 0;
  const flush = () => {
    timer = 0;
    const changes = waiting;
    waiting = [];
    apply((list) => changes.reduce((now, change) => change(now), list));
  };
  return {
    add(change) {
      waiting.push(change);
      timer ||= setTimeout(flush, DRAW_EVERY_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
