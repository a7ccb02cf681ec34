/** What the head of a picture's page says of the explanations below it. */
import { api } from "./base.ts";
import type { Run } from "./session.ts";

/** The target, the way to the report of the method that is shown, and what all methods took. */
export function explainHead(label: string, runs: readonly Run[], main: Run | undefined): void {
  const title = document.getElementById("gb-target-chip");
  if (title) { title.hidden = false; title.textContent = `target ${label}`; }
  const report = document.getElementById("gb-report");
  if (report && main?.result && main.id) {
    report.setAttribute("href", api(`/explanations/${main.id}/report`));
    report.removeAttribute("aria-disabled");
  } else if (report) {
    report.removeAttribute("href");
    report.setAttribute("aria-disabled", "true");
  }
  const done = runs.filter((run) => run.result);
  const chip = document.getElementById("gb-cost-chip");
  if (chip && done.length) {
    const seconds = done.reduce((sum, run) => sum + (run.cached ? 0 : (run.result?.seconds ?? 0)), 0);
    const cached = done.filter((run) => run.cached).length;
    chip.hidden = false;
    chip.textContent = cached === done.length ? `${done.length} methods, from cache` : `${done.length} methods computed in ${seconds.toPrecision(2)} s`;
  }
}
