// The page where a job is made: a job file is written, pasted or dropped, its plan is seen, and then it runs.
import { html, useEffect, useRef, useState } from "./preact.js";
import { note, say } from "./announce.js";
import { ApiError, getJson, jobPath, postText } from "./api.js";
import { JobEditor } from "./job_editor.js";
import { jobFileText } from "./job_file_text.js";
import { PlanView } from "./plan_view.js";
import { navigate } from "./router.js";
import { EXAMPLES } from "./submit_examples.js";
import { textOfFile } from "./submit_files.js";
import { useDroppedFiles } from "./dropped_files.js";
import { Icon } from "./parts/icons.js";
import { PageTitle } from "./parts/page_title.js";

const DRAFT_KEY = "cyxwiz-draft";

export function SubmitPage({ query }) {
  const from = query.get("from");
  const [text, setText] = useState(() => (from ? "" : remembered() || EXAMPLES[0].yaml));
  const [error, setError] = useState(null);
  const [plan, setPlan] = useState(null);
  const [busy, setBusy] = useState("");
  // The same file sent twice, after a lost answer for example, is one job: the key stays until the text changes.
  const jobKey = useRef(newKey());

  useEffect(() => {
    if (!from) return;
    getJson(jobPath(from)).then((job) => change(jobFileText(copyOf(job))), setError);
  }, [from]);

  function change(next) {
    setText(next);
    setError(null);
    setPlan(null);
    jobKey.current = newKey();
    remember(next);
  }

  async function attempt(what, work) {
    setBusy(what);
    setError(null);
    try {
      await work();
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure.message ?? failure)));
    } finally {
      setBusy("");
    }
  }
  const see = () =>
    attempt("plan", async () => {
      setPlan(null);
      setPlan(await postText("/plan", text));
      say("The plan is ready.");
    });
  const run = () =>
    attempt("run", async () => {
      const made = await postText("/jobs", text, { query: { job_id: jobKey.current } });
      const rows = [made].flat();
      remember("");
      note(rows.length > 1 ? `${rows.length} jobs were submitted.` : `${rows[0].name || "The job"} was submitted.`);
      navigate(rows.length > 1 ? "/" : `/jobs/${encodeURIComponent(rows[0].job_id)}`);
    });
  const take = (file) =>
    attempt("file", async () => {
      change(await textOfFile(file));
      say(`${file.name} was read.`);
    });

  const isOver = useDroppedFiles(take);

  return html`<div class="page">
    <div class="page-head"><${PageTitle} text=${from ? "Clone a job" : "Submit a job"} focusKey="submit" /></div>
    <div class="submit">
      <section class="card submit-file" aria-labelledby="submit-file-title">
        <div class="card-head"><h2 id="submit-file-title">Job file</h2><${Begin} onChoose=${change} onFile=${take} /></div>
        <${JobEditor} text=${text} error=${error} onChange=${change} onPlan=${see} isOver=${isOver} />
        <div class="submit-actions">
          <button class="button" onClick=${see} disabled=${busy !== "" || !text.trim()}>${busy === "plan" ? "Planning …" : "See the plan"}</button>
          <button class="button button-primary" onClick=${run} disabled=${busy !== "" || !text.trim()}><${Icon} name="play" />${busy === "run" ? "Submitting …" : "Run"}</button>
          <span class="quiet submit-hint"><kbd>Ctrl</kbd> <kbd>Enter</kbd> shows the plan</span>
        </div>
      </section>
      <${PlanView} plan=${plan} isBusy=${busy === "plan"} />
    </div>
  </div>`;
}

function Begin({ onChoose, onFile }) {
  const input = useRef(null);
  const chosen = (event) => {
    const example = EXAMPLES[Number(event.target.value)];
    if (example) onChoose(example.yaml);
    event.target.value = "";
  };
  return html`<label class="select-label"><span class="visually-hidden">Begin with an example</span>
      <select onChange=${chosen}><option value="">Begin with …</option>${EXAMPLES.map(({ name }, index) => html`<option value=${index}>${name}</option>`)}</select></label>
    <button class="button button-small" onClick=${() => input.current.click()}><${Icon} name="file" />Open a file</button>
    <input ref=${input} type="file" class="visually-hidden" tabindex="-1" aria-label="Job file or designer graph" accept=".yaml,.yml,.json,.cyxgraph" onChange=${(event) => { if (event.target.files[0]) onFile(event.target.files[0]); event.target.value = ""; }} />`;
}

/** A clone says that it is one, and carries nothing that only the first had. */
function copyOf(job) {
  const { user_id: _, ...spec } = job.spec ?? {};
  return spec;
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function remembered() {
  try {
    return sessionStorage.getItem(DRAFT_KEY) ?? "";
  } catch {
    return "";
  }
}

function remember(text) {
  try {
    sessionStorage.setItem(DRAFT_KEY, text);
  } catch {
    // Storage is forbidden here: the draft lives as long as the page.
  }
}
