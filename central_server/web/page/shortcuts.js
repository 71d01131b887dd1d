// Keys that do things anywhere on the page, and whether they are in use. Pages add their own while they are shown.
import { useEffect } from "./preact.js";
import { createStore } from "./store.js";

const KEY = "cyxwiz-shortcuts";
const PAIR_MS = 1200;

export const shortcutsOn = createStore(remembered());
const bindings = createStore([]);
let first = "";
let firstAt = 0;

function remembered() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function setShortcuts(on) {
  shortcutsOn.set(on);
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage is forbidden here: the choice holds until the page is left.
  }
}

/** What the help shows: `[{keys, says}]`. */
export const shownBindings = () => bindings.get();

/** `list` is `[{keys: "g j", says: "go to the jobs", run}]`, in force while the component is shown. */
export function useShortcuts(list, inputs) {
  useEffect(() => {
    bindings.set([...bindings.get(), ...list]);
    return () => bindings.set(bindings.get().filter((one) => !list.includes(one)));
  }, inputs);
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]") || document.querySelector("dialog[open]");
}

export function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !shortcutsOn.get() || isTyping(event.target)) return;
    const pair = performance.now() - firstAt < PAIR_MS ? `${first} ${event.key}` : "";
    const found = bindings.get().findLast((one) => one.keys === pair) ?? bindings.get().findLast((one) => one.keys === event.key);
    first = event.key;
    firstAt = performance.now();
    if (!found) return;
    event.preventDefault();
    found.run(event);
  });
}
