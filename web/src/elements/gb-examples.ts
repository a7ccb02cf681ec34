import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { known, type Changes } from "../lib/row.ts";
import type { Run } from "../lib/session.ts";
import type { TableColumns } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";

interface Change { readonly column: string; readonly from: string; readonly to: string; readonly text: string }
interface Other { readonly changed: number; readonly changes: readonly Change[]; readonly prediction: string; readonly value: number; readonly distance: number }
interface Found { readonly prediction: string; readonly desired: string; readonly counterfactuals: readonly Other[]; readonly sentence: string }
interface Rule { readonly rule: string; readonly conditions: readonly { readonly column: string; readonly text: string }[]; readonly answer: string; readonly precision: number; readonly coverage: number; readonly reached: boolean; readonly sentence: string; readonly precision_low?: number }
interface Lime { readonly intercept: number; readonly local_prediction: number; readonly r2: number; readonly rules: readonly { readonly column: string; readonly value: string; readonly rule: string; readonly coefficient: number; readonly error: number; readonly unit?: string | null }[]; readonly sentence: string }

/** What a method found for the only row of its question. */
function first<T>(run: Run | undefined): T | undefined {
  const found = known(run)?.found;
  if (!found) return undefined;
  const rows = Array.isArray(found["rows"]) ? found["rows"] : undefined;
  return (rows ? rows[0] : found) as T | undefined;
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0.995 && share < 1 ? 2 : 1).replace(/\.0+$/, "")} %`;

/**
 * Counterfactuals, anchor and LIME's rules of one row, each as its method tells it. Fires `gb-apply` with the changes of a
 * counterfactual, `gb-again` to run a method, `gb-method` to show its settings.
 */
export class GbExamples extends GbElement {
  static override properties = { runs: { attribute: false }, columns: { attribute: false }, classes: { attribute: false }, version: { attribute: false }, applied: { attribute: false }, still: { type: Boolean } };
  declare runs: readonly Run[];
  declare columns: TableColumns | undefined;
  /** Names of the classes: methods speak of them by number. */
  declare classes: readonly string[];
  declare version: number;
  /** The values that are edited now. */
  declare applied: Changes;
  /** Whether nothing can be edited. */
  declare still: boolean;

  protected override render(): TemplateResult {
    const run = (name: string): Run | undefined => (this.runs ?? []).find((one) => one.method.name === name);
    return html`${this.card(run("counterfactuals"), "What would change the answer", (r) => this.counterfactuals(r), "gb-other-rows")}
      ${this.card(run("anchors"), "When this answer holds", (r) => this.rule(r))}
      ${this.card(run("lime_tabular"), "A simple model near this row", (r) => this.lime(r))}`;
  }

  private named(text: string): string {
    return text.replaceAll(/\bclass (\d+)\b/g, (all, n: string) => this.classes?.[Number(n)] ?? all);
  }

  private card(run: Run | undefined, title: string, body: (run: Run) => TemplateResult, extra = ""): TemplateResult | typeof nothing {
    if (!run) return nothing;
    const busy = run.state === "queued" || run.state === "running";
    return html`<section class="card card-body gb-example ${extra}" aria-label=${title}>
      <div class="row wrap"><h2>${title}</h2><span class="muted small grow">${run.method.title}</span>
        ${run.state === "no" ? nothing : html`<button type="button" class="link-btn small" @click=${() => this.fire("gb-method", run)}>Settings<span class="sr-only"> of ${run.method.title}</span></button>`}</div>
      ${run.state === "no" ? html`<p class="muted small">${run.method.title} ${run.error}.</p>`
        : run.result ? body(run)
        : busy ? html`<p class="muted small" aria-live="polite">${run.message || "Waiting for a worker"} <progress max="1" .value=${run.progress} aria-label=${run.method.title}></progress></p>`
        : html`<p class="small ${run.state === "failed" ? "bad" : "muted"}">${run.error ?? run.method.summary}</p><p class="row"><button type="button" class="btn" @click=${() => this.fire("gb-again", run)}>${run.state === "idle" ? "Find" : "Again"}<span class="sr-only"> ${run.method.title}</span></button><span class="muted xs">Cost: ${run.method.cost}</span></p>`}
    </section>`;
  }

  private changes(one: Other): Changes {
    return Object.fromEntries(one.changes.map(({ column, to }) => {
      const kind = this.columns?.kinds[this.columns.names.indexOf(column)];
      const n = Number(to.replaceAll("−", "-").replaceAll(",", ""));
      return [column, typeof kind === "object" ? to : Number.isFinite(n) ? n : null];
    }));
  }

  /** The exact new values: the rows of the array, which sentences round. */
  private exact(run: Run, k: number, one: Other): Changes {
    const rows = run.columns?.columns.get("counterfactuals");
    const names = this.columns?.names ?? [];
    const width = names.length;
    if (!rows || !width) return this.changes(one);
    return Object.fromEntries(one.changes.map(({ column, to }) => {
      const j = names.indexOf(column);
      const v = Number(rows.values[k * width + j]);
      return [column, typeof this.columns?.kinds[j] === "object" ? to : Number.isFinite(v) ? v : null];
    }));
  }

  private counterfactuals(run: Run): TemplateResult {
    const found = first<Found>(run);
    if (!found) return html`<p class="muted small">Nothing was found.</p>`;
    const list = found.counterfactuals;
    const names = [...new Set(list.flatMap((one) => one.changes.map((c) => c.column)))];
    const now = JSON.stringify(Object.entries(this.applied ?? {}).sort());
    const from = (name: string): string => list.flatMap((one) => one.changes).find((c) => c.column === name)?.from ?? "";
    return html`<p class="small">${this.named(found.sentence)}</p>
      ${list.length ? html`<div class="table-wrap" tabindex="0" role="region" aria-label="Rows with another answer"><table class="table gb-others">
        <thead><tr><th scope="col">Row</th>${names.map((name) => html`<th scope="col" class="num"><span class="mono">${name}</span></th>`)}<th scope="col">Model says</th><th scope="col" class="num">Distance</th></tr></thead>
        <tbody><tr><th scope="row">This row</th>${names.map((name) => html`<td class="num">${from(name)}</td>`)}<td>${this.named(found.prediction)}</td><td class="num">0</td></tr>
        ${list.map((one, k) => {
          const changes = this.exact(run, k, one);
          const on = JSON.stringify(Object.entries(changes).sort()) === now;
          return html`<tr ?data-on=${on}><th scope="row">${k + 1}, ${one.changed} ${one.changed === 1 ? "change" : "changes"} ${this.still ? nothing : html`<button type="button" class="link-btn small" aria-pressed=${on} @click=${() => this.dispatchEvent(new CustomEvent<Changes>("gb-apply", { detail: changes, bubbles: true }))}>${on ? "Applied" : "Apply"}<span class="sr-only"> row ${k + 1} to the what-if fields</span></button>`}</th>
            ${names.map((name) => { const c = one.changes.find((change) => change.column === name); return c ? html`<td class="num gb-changed"><b>${c.to}</b></td>` : html`<td class="num muted">${from(name)}</td>`; })}
            <td>${this.named(one.prediction)}</td><td class="num">${value(one.distance, 2)}</td></tr>`;
        })}</tbody></table></div>` : nothing}
      <p class="muted xs">Distance: the mean change over all columns in typical steps. That the model answers differently does not say that the world would.</p>`;
  }

  private rule(run: Run): TemplateResult {
    const found = first<Rule>(run);
    if (!found) return html`<p class="muted small">No rule was found.</p>`;
    return html`<p class="gb-rule">${found.conditions.length ? found.conditions.map((c, i) => html`${i ? html` <span class="muted">and</span> ` : nothing}<span class="chip"><b>${c.text}</b></span>`) : html`<span class="chip"><b>any row</b></span>`} <span class="muted">→</span> <b>${this.named(found.answer)}</b></p>
      <dl class="gb-before-after"><div><dt>Precision</dt><dd>${percent(found.precision)}</dd></div><div><dt>Coverage</dt><dd>${percent(found.coverage)}</dd></div>${typeof found.precision_low === "number" ? html`<div><dt>Precision, at least</dt><dd>${percent(found.precision_low)}</dd></div>` : nothing}</dl>
      <p class="small">${this.named(found.sentence)}</p>`;
  }

  private lime(run: Run): TemplateResult {
    const found = first<Lime>(run);
    if (!found) return html`<p class="muted small">No fit was found.</p>`;
    const largest = Math.max(1e-12, ...found.rules.map((r) => Math.abs(r.coefficient)));
    return html`<p class="small">${found.sentence}</p>
      <div class="table-wrap" tabindex="0" role="region" aria-label="Rules of the simple model"><table class="table"><thead><tr><th scope="col">Condition</th><th scope="col" class="num">Weight</th><th scope="col" class="num">± error</th></tr></thead>
        <tbody>${found.rules.map((r) => html`<tr><th scope="row" class="mono gb-cond">${r.rule}</th><td class="num ${r.coefficient >= 0 ? "pos" : "neg"}"><i class="gb-weight" aria-hidden="true" ${vars({ "--fill": `${((Math.abs(r.coefficient) / largest) * 100).toFixed(1)}%` })}></i>${r.coefficient > 0 ? "+" : ""}${value(r.coefficient, 3)}</td><td class="num muted">${value(r.error, 3)}</td></tr>`)}</tbody></table></div>
      <p class="muted xs">R² ${value(found.r2, 3)}; the fit says ${value(found.local_prediction, 3)} for this row, and starts from ${value(found.intercept, 3)}. ${integer(run.result?.passes.forward ?? 0)} rows were made up.</p>`;
  }

  private fire(name: string, run: Run): void {
    this.dispatchEvent(new CustomEvent<Run>(name, { detail: run, bubbles: true }));
  }
}
define("gb-examples", GbExamples);
