// What time it is, for what counts up on the screen. One timer for the whole page.
import { useEffect } from "./preact.js";
import { createStore, useStore } from "./store.js";

const now = createStore(Date.now());
let users = 0;
let timer = 0;

/** The time in Unix milliseconds, told anew each second. */
export function useNow() {
  useEffect(() => {
    users += 1;
    if (users === 1) timer = setInterval(() => now.set(Date.now()), 1000);
    return () => {
      users -= 1;
      if (users === 0) clearInterval(timer);
    };
  }, []);
  useStore(now);
  return Date.now();
}
