// Light, dark, or what the system says. `theme_first.js` puts the remembered choice in force before the first drawing.
import { createStore } from "./store.js";

const KEY = "cyxwiz-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const theme = createStore(current());
system.addEventListener("change", () => theme.set(current()));

function current() {
  return document.documentElement.dataset.theme || (system.matches ? "dark" : "light");
}

export function toggleTheme() {
  const next = current() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  remember(next);
  theme.set(next);
}

function remember(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Storage is forbidden here: the choice holds until the page is left.
  }
}

/** What a colour of the style sheet is right now, in a form that a canvas understands. */
export function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
