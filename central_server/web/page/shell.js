// The frame of every page: where one can go, how the cluster is, whether the server answers, and the help.
import { html, useEffect, useState } from "./preact.js";
import { clusterWords } from "./cluster_words.js";
import { startSummary, summary } from "./cluster_live.js";
import { connection } from "./connection.js";
import { HelpDialog } from "./help_dialog.js";
import { navigate } from "./router.js";
import { useShortcuts } from "./shortcuts.js";
import { useStore } from "./store.js";
import { theme, toggleTheme } from "./theme.js";
import { Icon } from "./parts/icons.js";

const PAGES = [
  { href: "/", name: "Jobs", icon: "jobs", keys: "g j", isAt: (path) => path === "/" || path.startsWith("/jobs") },
  { href: "/compare", name: "Compare", icon: "compare", keys: "g c", isAt: (path) => path.startsWith("/compare") },
  { href: "/nodes", name: "Nodes", icon: "nodes", keys: "g n", isAt: (path) => path.startsWith("/nodes") },
  { href: "/submit", name: "Submit", icon: "submit", keys: "g s", isAt: (path) => path.startsWith("/submit") },
];

export function Shell({ path, children }) {
  const [isHelping, setHelping] = useState(false);
  useEffect(() => void startSummary(), []);
  useShortcuts(
    [
      ...PAGES.map(({ keys, name, href }) => ({ keys, says: `Go to ${name}`, run: () => navigate(href) })),
      { keys: "t", says: "Light or dark", run: toggleTheme },
      { keys: "?", says: "Show these keys", run: () => setHelping(true) },
    ],
    [],
  );
  return html`<a class="skip-link" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="/"><img src="/static/icon.svg" alt="" width="26" height="26" /><span>CyxWiz</span></a>
      <${Navigation} path=${path} />
      <${ClusterSummary} />
      <div class="top-tools">
        <${ThemeButton} />
        <a class="icon-button" href="/static/sign_in.html" target="_self" aria-label="Sign in" title="Sign in"><${Icon} name="person" /></a>
        <button class="icon-button" aria-label="Keys and help" title="Keys and help (?)" onClick=${() => setHelping(true)}><${Icon} name="help" /></button>
      </div>
    </header>
    <${ConnectionBanner} />
    <main id="main" tabindex="-1">${children}</main>
    ${isHelping && html`<${HelpDialog} onClose=${() => setHelping(false)} />`}`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Navigation({ path }) {
  return html`<nav class="pages" aria-label="Pages">
    ${PAGES.map(
      ({ href, name, icon, isAt }) =>
        html`<a href=${href} aria-current=${isAt(path) ? "page" : null}><${Icon} name=${icon} /><span>${name}</span></a>`,
    )}
  </nav>`;
}

function ClusterSummary() {
  const words = clusterWords(useStore(summary));
  const state = useStore(connection);
  const says = { open: "Live", connecting: "Connecting", lost: "Not connected" }[state];
  return html`<div class="cluster">
    ${words && html`<span class="cluster-words">${words}</span>`}
    <span class=${`live-mark live-${state}`}><span class="live-dot" aria-hidden="true"></span>${says}</span>
  </div>`;
}

function ThemeButton() {
  const isDark = useStore(theme) === "dark";
  const says = isDark ? "Use light colours" : "Use dark colours";
  return html`<button class="icon-button theme-button" aria-label=${says} title=${`${says} (t)`} onClick=${toggleTheme}>
    <${Icon} name=${isDark ? "sun" : "moon"} />
  </button>`;
}

function ConnectionBanner() {
  const state = useStore(connection);
  return html`<div class="banner-place" role="status" aria-live="polite">
    ${state === "lost" &&
    html`<p class="banner"><${Icon} name="alert" /> <span>The connection to the server is lost. What you see may be old; the page goes on by itself as soon as the server answers.</span></p>`}
  </div>`;
}
