// Whether a media query holds, for what cannot be said in the style sheet.
import { useEffect, useState } from "./preact.js";

export function useMedia(query) {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = () => setHolds(list.matches);
    list.addEventListener("change", changed);
    changed();
    return () => list.removeEventListener("change", changed);
  }, [query]);
  return holds;
}

export const PHONE = "(max-width: 760px)";
