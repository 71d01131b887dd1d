// Starts the page: the frame around it, and the page that the address names inside.
import { html, render } from "./preact.js";
import { Notes } from "./announce.js";
import { match, place, startRouter } from "./router.js";
import { startShortcuts } from "./shortcuts.js";
import { useStore } from "./store.js";
import { Shell } from "./shell.js";
import { Empty } from "./parts/notices.js";
import { PageTitle } from "./parts/page_title.js";
import { JobsPage } from "./jobs_page.js";
import { JobPage } from "./job_page.js";
import { ComparePage } from "./compare_page.js";
import { NodesPage } from "./nodes_page.js";
import { SubmitPage } from "./submit_page.js";

const ROUTES = [
  [/^\/(jobs\/?)?$/, JobsPage],
  [/^\/jobs\/(?<jobId>[^/]+)(\/(?<section>model|logs|settings))?\/?$/, JobPage],
  [/^\/compare\/?$/, ComparePage],
  [/^\/nodes\/?$/, NodesPage],
  [/^\/submit\/?$/, SubmitPage],
];

function App() {
  const { path, query } = useStore(place);
  const found = match(path, ROUTES);
  return html`<${Shell} path=${path}>
      ${found ? html`<${found.page} ...${found} query=${query} key=${found.jobId ?? path} />` : html`<${NotFound} path=${path} />`}
    <//>
    <${Notes} />`;
}

function NotFound({ path }) {
  return html`<div class="page"><${PageTitle} text="No such page" focusKey=${path} />
    <${Empty} title=${`There is nothing at ${path}.`}><a href="/">All jobs</a><//></div>`;
}

startRouter();
startShortcuts();
render(html`<${App} />`, document.getElementById("app"));
