// Which page the address names. Links are ordinary links; a plain click on one of ours changes the page without loading it.
import { createStore } from "./store.js";

export const place = createStore(readPlace());

function readPlace() {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export function navigate(href, { replace = false } = {}) {
  const before = location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  place.set(readPlace());
  if (location.pathname !== before) window.scrollTo(0, 0);
}

/** Put a changed query into the address without a new entry in the history. */
export function replaceQuery(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined) query.append(name, one);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace: true });
}

function isOurs(link) {
  return link.origin === location.origin && !link.target && !link.hasAttribute("download") && !/^\/(api|metrics|healthz|static)\b/.test(link.pathname);
}

export function startRouter() {
  window.addEventListener("popstate", () => place.set(readPlace()));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    if (!link || !isOurs(link) || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

/** The parameters of the first pattern that the path fits: `{page, ...parts}`, or null. */
export function match(path, routes) {
  for (const [pattern, page] of routes) {
    const parts = path.match(pattern);
    if (parts) return { page, ...Object.fromEntries(Object.entries(parts.groups ?? {}).map(([k, v]) => [k, v && decoded(v)])) };
  }
  return null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
