import { html, nothing, type TemplateResult } from "lit";
import { shared, spearman } from "../lib/agreement.ts";
import { methodColour } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration } from "../lib/format.ts";
import type { Run } from "../lib/session.ts";
import { vars } from "../lib/vars.ts";

const TOP = 5;

/** Whether the methods tell the same story: each beside the one that is shown large. Fires `gb-method`. */
export class GbAgreement extends GbElement {
  static override properties = { runs: { attribute: false }, main: { attribute: false }, version: { attribute: false }, parts: {} };
  declare runs: readonly Run[];
  declare main: string;
  declare version: number;
  /** What an attribution has one value of. */
  declare parts: string | undefined;

  private values(run: Run): ArrayLike<number> | undefined {
    return run.columns?.columns.get("attribution")?.values as ArrayLike<number> | undefined;
  }

  protected override render(): TemplateResult | typeof nothing {
    const rows = (this.runs ?? []).map((run, index) => ({ run, index, values: this.values(run) })).filter(({ run, values }) => run.result && values);
    const main = rows.find(({ run }) => run.method.name === this.main)?.values;
    if (!main || rows.length < 2) return nothing;
    const top = Math.min(TOP, main.length);
    return html`<h2>Do the methods agree?</h2>
      <p class="muted small">Each beside the method that is shown: Spearman's correlation of all ${this.parts ?? "features"}, and how many of the ${top} strongest they share.</p>
      <div class="table-wrap"><table class="table gb-metrics">
        <caption class="sr-only">Agreement of the methods</caption>
        <thead><tr><th scope="col">Method</th><th scope="col" class="num">Spearman</th><th scope="col" class="num">Top ${top}</th><th scope="col" class="num">Time</th></tr></thead>
        <tbody>${rows.map(({ run, index, values }) => {
          const same = values && values.length === main.length;
          return html`<tr data-on=${run.method.name === this.main ? "" : nothing}>
            <th scope="row"><button type="button" class="gb-plain" @click=${() => this.dispatchEvent(new CustomEvent<Run>("gb-method", { detail: run, bubbles: true }))}><span class="swatch" ${vars({ "--swatch": methodColour(index) })}></span>${run.method.title}</button></th>
            <td class="num">${same ? spearman(main, values).toFixed(2).replace("-", "−") : "–"}</td>
            <td class="num">${same ? `${shared(main, values, top)} / ${top}` : "–"}</td>
            <td class="num">${run.result ? duration(run.result.seconds) : "–"}</td></tr>`;
        })}</tbody></table></div>`;
  }
}
define("gb-agreement", GbAgreement);
