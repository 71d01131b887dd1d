// Which rows of a long list are on the screen, so that only those are drawn. All rows have one height.
import { useEffect, useState } from "./preact.js";

const EXTRA_ROWS = 8;

/** The rows of `total` between the edges of the view, a few more on both sides. Pure. */
export function rowsInView({ above, viewHeight, rowHeight, total }) {
  const start = Math.max(0, Math.min(total, Math.floor(above / rowHeight) - EXTRA_ROWS));
  const end = Math.min(total, Math.ceil((above + viewHeight) / rowHeight) + EXTRA_ROWS);
  return { start, end: Math.max(start, end) };
}

/** `list` is the element whose top is row 0; `scroller` scrolls it, the window when there is none. */
export function useWindowOfRows({ list, scroller, rowHeight, total }) {
  const [view, setView] = useState({ start: 0, end: Math.min(total, 40) });
  useEffect(() => {
    let frame = 0;
    const target = scroller?.current ?? window;
    const measure = () => {
      frame = 0;
      if (!list.current) return;
      const top = scroller?.current ? scroller.current.getBoundingClientRect().top : 0;
      const viewHeight = scroller?.current ? scroller.current.clientHeight : window.innerHeight;
      const next = rowsInView({ above: top - list.current.getBoundingClientRect().top, viewHeight, rowHeight, total });
      setView((now) => (now.start === next.start && now.end === next.end ? now : next));
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    target.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      target.removeEventListener("scroll", soon);
      window.removeEventListener("resize", soon);
    };
  }, [rowHeight, total]);
  return { start: Math.min(view.start, total), end: Math.min(view.end, total) };
}
