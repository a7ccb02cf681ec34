import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { told } from "../lib/sentence.ts";
import type { Run } from "../lib/session.ts";
import type { Curve } from "../lib/types.ts";
import "./gb-curve.ts";

interface Under { readonly baseline: string; readonly deletion: Curve; readonly insertion: Curve; readonly comprehensiveness: number; readonly random_comprehensiveness: readonly number[]; readonly sufficiency: number; readonly random_sufficiency: readonly number[] }

const NAMES: Readonly<Record<string, string>> = { unk: "unknown token", pad: "padding" };

/** Whether the order of the tokens can be relied on: they are taken away and put back, under each way of doing so, beside random orders. */
export class GbTokenEvidence extends GbElement {
  static override properties = { run: { attribute: false }, version: { attribute: false }, full: { type: Boolean } };
  declare run: Run | undefined;
  declare version: number;
  /** Both curves under every way, and the figures. */
  declare full: boolean;

  protected override render(): TemplateResult {
    const e = told(this.run);
    const under = ((e?.evidence as { under?: readonly Under[] } | null | undefined)?.under ?? []) as readonly Under[];
    const first = under[0];
    if (!e) return html`<h2>Faithfulness</h2><p class="muted small">It is measured with the values.</p>`;
    if (!first) return html`<h2>Faithfulness</h2><p class="muted small">Not measured: the evidence is set to none.</p>`;
    const chart = (one: Under, kind: "deletion" | "insertion"): TemplateResult => html`<gb-curve what="random orders" .heading=${kind === "deletion" ? `Tokens taken away (${NAMES[one.baseline] ?? one.baseline})` : `Tokens put back (${NAMES[one.baseline] ?? one.baseline})`} .note=${`area ${value(one[kind].auc, 3)}, ${kind === "deletion" ? "lower" : "higher"} is better`} xlabel=${kind === "deletion" ? "share of the tokens taken away" : "share of the tokens put back"} .curves=${[{ name: e.title, colour: "var(--accent)", curve: one[kind], main: true }]}></gb-curve>`;
    return html`<div class="row wrap"><h2 class="grow">Faithfulness</h2><span class="small muted">comp. <b>${value(first.comprehensiveness, 3)}</b>, suff. <b>${value(first.sufficiency, 3)}</b></span></div>
      ${this.full ? html`<ul class="gb-said small">${e.sentences.map((one) => html`<li>${one}</li>`)}</ul>
        ${under.map((one) => html`<div class="gb-curve-pair">${chart(one, "deletion")}${chart(one, "insertion")}</div>`)}${this.figures(under)}`
        : html`${chart(first, "deletion")}<p class="small">${e.sentences.at(-1) ?? ""}</p>`}`;
  }

  private figures(under: readonly Under[]): TemplateResult {
    const beaten = (own: number, random: readonly number[], larger: boolean): string => (random.length ? `${random.filter((r) => (larger ? own > r : own < r)).length} / ${random.length}` : "–");
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Figures of the evidence"><table class="table"><caption class="sr-only">Figures of the evidence</caption><thead><tr><th scope="col">Taken away as</th><th scope="col" class="num">Comprehensiveness ↑</th><th scope="col" class="num">random beaten</th><th scope="col" class="num">Sufficiency ↓</th><th scope="col" class="num">random beaten</th><th scope="col" class="num">Deletion ↓</th><th scope="col" class="num">Insertion ↑</th></tr></thead>
      <tbody>${under.map((one) => html`<tr><th scope="row">${NAMES[one.baseline] ?? one.baseline}</th><td class="num">${value(one.comprehensiveness, 3)}</td><td class="num">${beaten(one.comprehensiveness, one.random_comprehensiveness, true)}</td><td class="num">${value(one.sufficiency, 3)}</td><td class="num">${beaten(one.sufficiency, one.random_sufficiency, false)}</td><td class="num">${value(one.deletion.auc, 3)}</td><td class="num">${value(one.insertion.auc, 3)}</td></tr>`)}</tbody></table></div>${nothing}`;
  }
}
define("gb-token-evidence", GbTokenEvidence);
