import { html, nothing, type TemplateResult } from "lit";
import { methodColour } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration } from "../lib/format.ts";
import type { Run } from "../lib/session.ts";
import { vars } from "../lib/vars.ts";

const FAMILIES: Readonly<Record<string, string>> = {
  trees: "From the trees", shapley: "Shapley values", path: "Along a path", gradient: "Gradients", perturbation: "By taking away", local_surrogate: "A simple model nearby", examples: "Rules and other rows", attention: "Attention",
};

/** Methods by family: which is shown, how far each is, what one would cost, why one cannot. Fires `gb-method`, `gb-cancel`, `gb-again`. */
export class GbRowMethods extends GbElement {
  static override properties = { runs: { attribute: false }, main: { attribute: false }, version: { attribute: false } };
  declare runs: readonly Run[];
  declare main: string;
  /** Counts changes inside `runs`. */
  declare version: number;

  protected override render(): TemplateResult {
    const all = (this.runs ?? []).map((run, i) => ({ run, i }));
    const groups = new Map<string, { run: Run; i: number }[]>();
    for (const family of [...Object.keys(FAMILIES), ...all.map(({ run }) => run.method.family)]) {
      const found = all.filter(({ run }) => run.method.family === family && run.state !== "no");
      if (found.length) groups.set(family, found);
    }
    const reasons = new Map<string, string[]>();
    for (const { run } of all) if (run.state === "no") reasons.set(run.error ?? "", [...(reasons.get(run.error ?? "") ?? []), run.method.title]);
    const refused = [...reasons.values()].flat().length;
    return html`<h2>Method</h2>
      ${[...groups].map(([family, found]) => html`<h3 class="gb-family">${FAMILIES[family] ?? family}</h3><ul class="gb-methods">${found.map(({ run, i }) => this.row(run, i))}</ul>`)}
      ${refused ? html`<details class="gb-refused small"><summary>${refused} ${refused === 1 ? "does" : "do"} not apply here</summary>
        <dl>${[...reasons].map(([why, names]) => html`<dt>${names.join(", ")}</dt><dd class="muted">${why}</dd>`)}</dl></details>` : nothing}`;
  }

  private row(run: Run, index: number): TemplateResult {
    const busy = run.state === "queued" || run.state === "running";
    const stopped = run.state === "failed" || run.state === "cancelled";
    const seconds = run.method.estimate?.seconds;
    const state = run.state === "done" && run.result ? (run.cached ? "cached" : duration(run.result.seconds)) : busy ? `${Math.round(run.progress * 100)} %` : stopped ? run.state : typeof seconds === "number" ? `≈ ${duration(seconds)}` : "";
    return html`<li data-state=${run.state}><div class="gb-method">
        <button type="button" class="gb-method-pick" aria-pressed=${run.method.name === this.main} title=${`${run.method.summary} Cost: ${run.method.cost}.`} @click=${() => this.fire("gb-method", run)}>
          <span class="swatch" ${vars({ "--swatch": methodColour(index) })}></span><span class="ellipsis grow">${run.method.title}</span><span class="muted small">${state}</span></button>
        ${busy && run.job ? html`<button type="button" class="link-btn small" @click=${() => this.fire("gb-cancel", run)}>Cancel<span class="sr-only"> ${run.method.title}</span></button>` : nothing}
        ${stopped ? html`<button type="button" class="link-btn small" @click=${() => this.fire("gb-again", run)}>Again<span class="sr-only"> ${run.method.title}</span></button>` : nothing}
      </div>
      ${busy ? html`<progress class="gb-method-bar" max="1" .value=${run.progress} aria-label=${run.method.title} title=${run.message}></progress>` : nothing}
      ${run.error && run.method.name === this.main ? html`<p class="xs gb-method-note ${run.state === "failed" ? "bad" : "muted"}">${run.error}</p>` : nothing}</li>`;
  }

  private fire(name: string, run: Run): void {
    this.dispatchEvent(new CustomEvent<Run>(name, { detail: run, bubbles: true }));
  }
}
define("gb-row-methods", GbRowMethods);
