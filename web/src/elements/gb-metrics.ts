import { html, nothing, type TemplateResult } from "lit";
import { methodColour } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration, value } from "../lib/format.ts";
import type { Run } from "../lib/session.ts";
import { vars } from "../lib/vars.ts";

interface Column { readonly head: string; readonly good: -1 | 0 | 1; read(run: Run): number | null | undefined; write(value: number): string }

const area = (value_: number): string => value_.toFixed(3);
const BRIEF: readonly Column[] = [
  { head: "Del.", good: -1, read: (r) => r.result?.evidence?.deletion?.auc, write: area },
  { head: "Ins.", good: 1, read: (r) => r.result?.evidence?.insertion?.auc, write: area },
  { head: "Gap", good: -1, read: (r) => { const gap = r.result?.completeness_gap; return gap === null || gap === undefined ? gap : Math.abs(gap); }, write: (v) => value(v, 2) },
];
const FULL: readonly Column[] = [
  ...BRIEF,
  { head: "Passes", good: 0, read: (r) => (r.result ? r.result.passes.forward + r.result.passes.backward : undefined), write: (v) => String(v) },
  { head: "Time", good: 0, read: (r) => r.result?.seconds, write: duration },
];

/** One row a method: areas under its curves and its completeness gap, the best in bold. Fires `gb-method`. */
export class GbMetrics extends GbElement {
  static override properties = { runs: { attribute: false }, main: { attribute: false }, version: { attribute: false }, full: { type: Boolean } };
  declare runs: readonly Run[];
  declare main: string;
  declare version: number;
  declare full: boolean;

  protected override render(): TemplateResult | typeof nothing {
    const columns = this.full ? FULL : BRIEF;
    // Methods that are still at work have their row, so that nothing moves when they end.
    const runs = (this.runs ?? []).map((run, index) => ({ run, index })).filter(({ run }) => run.state !== "no" && run.method.output !== "neuron");
    if (runs.length === 0) return nothing;
    const best = columns.map((column) => {
      const values = runs.map(({ run }) => column.read(run)).filter((v): v is number => typeof v === "number");
      return column.good === 0 || values.length < 2 ? undefined : column.good > 0 ? Math.max(...values) : Math.min(...values);
    });
    return html`<table class="table gb-metrics">
      <caption class="sr-only">Measures of each method; arrows say which way is better</caption>
      <thead><tr><th scope="col">Method</th>${columns.map((c) => html`<th scope="col" class="num">${c.head}${c.good < 0 ? html` <span aria-label="lower is better">↓</span>` : c.good > 0 ? html` <span aria-label="higher is better">↑</span>` : nothing}</th>`)}</tr></thead>
      <tbody>${runs.map(({ run, index }) => html`<tr data-on=${run.method.name === this.main ? "" : nothing}>
        <th scope="row"><button type="button" class="gb-plain" @click=${() => this.dispatchEvent(new CustomEvent<Run>("gb-method", { detail: run, bubbles: true }))}>
          <span class="swatch" ${vars({ "--swatch": methodColour(index) })}></span><span class="ellipsis" title=${run.method.title}>${run.method.title}</span></button></th>
        ${columns.map((column, i) => {
          const v = column.read(run);
          const won = typeof v === "number" && v === best[i];
          return html`<td class="num ${won ? "best" : ""}">${typeof v === "number" ? column.write(v) : "–"}${won ? html`<span class="sr-only"> best</span>` : nothing}</td>`;
        })}
      </tr>`)}</tbody>
    </table>`;
  }
}
define("gb-metrics", GbMetrics);
