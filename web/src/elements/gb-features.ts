import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import type { Effect, Pair } from "../lib/row.ts";
import { vars } from "../lib/vars.ts";

type Sort = "effect" | "name" | "value";

/** Every feature of the row with its value and what it did; and pairs, where the method gives them. */
export class GbFeatures extends GbElement {
  static override properties = { effects: { attribute: false }, pairs: { attribute: false }, sort: { state: true } };
  declare effects: readonly Effect[];
  declare pairs: readonly Pair[];
  declare sort: Sort;

  constructor() {
    super();
    this.sort = "effect";
  }

  protected override render(): TemplateResult | typeof nothing {
    const all = this.effects ?? [];
    if (all.length === 0) return nothing;
    const order = { effect: (a: Effect, b: Effect) => Math.abs(b.effect) - Math.abs(a.effect), name: (a: Effect, b: Effect) => a.name.localeCompare(b.name), value: (a: Effect, b: Effect) => b.value - a.value };
    const total = all.reduce((sum, e) => sum + Math.abs(e.effect), 0) || 1;
    const errors = all.some((e) => e.error !== undefined);
    const head = (key: Sort, name: string, num: boolean): TemplateResult => html`<th scope="col" class=${num ? "num" : ""} aria-sort=${this.sort === key ? (key === "name" ? "ascending" : "descending") : nothing}><button type="button" class="gb-sort" @click=${() => { this.sort = key; }}>${name}${this.sort === key ? (key === "name" ? " ↑" : " ↓") : ""}</button></th>`;
    return html`<h2>Every feature</h2><div class="table-wrap gb-features" tabindex="0" role="region" aria-label="Every feature"><table class="table">
      <thead><tr>${head("name", "Feature", false)}${head("value", "Value", true)}${head("effect", "Effect", true)}${errors ? html`<th scope="col" class="num">± error</th>` : nothing}<th scope="col" class="num">Share</th></tr></thead>
      <tbody>${[...all].sort(order[this.sort]).map((e) => { const share = Math.abs(e.effect) / total; return html`<tr><th scope="row" class="mono">${e.name}</th><td class="num">${e.text ?? value(e.value)}</td><td class="num ${e.effect > 0 ? "pos" : e.effect < 0 ? "neg" : ""}">${e.effect > 0 ? "+" : ""}${value(e.effect)}</td>${errors ? html`<td class="num muted">${value(e.error, 3)}</td>` : nothing}<td class="num gb-share"><i ${vars({ "--fill": `${(share * 100).toFixed(1)}%` })}></i>${(share * 100).toFixed(1)} %</td></tr>`; })}</tbody></table></div>
      ${this.pairs?.length ? html`<h3>Strongest pairs</h3><table class="table"><thead><tr><th scope="col">Features</th><th scope="col" class="num">Interaction</th></tr></thead><tbody>${this.pairs.map((p) => html`<tr><th scope="row" class="mono">${p.a} × ${p.b}</th><td class="num ${p.effect > 0 ? "pos" : "neg"}">${p.effect > 0 ? "+" : ""}${value(p.effect)}</td></tr>`)}</tbody></table>` : nothing}`;
  }
}
define("gb-features", GbFeatures);
