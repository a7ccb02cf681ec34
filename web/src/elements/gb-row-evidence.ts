import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { known } from "../lib/row.ts";
import type { Run } from "../lib/session.ts";
import type { Curve } from "../lib/types.ts";
import "./gb-curve.ts";

interface Scored { readonly value: number | null; readonly inverted: number | null; readonly random: readonly (number | null)[]; readonly beaten: number }
interface RowCurve extends Curve { readonly beaten: number }
interface Under {
  readonly baseline: string; readonly rows: number; readonly value: number; readonly same: readonly number[]; readonly deletion: RowCurve; readonly insertion: RowCurve;
  readonly removal?: { readonly top: readonly number[]; readonly moved: number; readonly last: number; readonly random: readonly number[]; readonly beaten: number } | null;
  readonly comprehensiveness: { readonly aopc: Scored }; readonly sufficiency: { readonly aopc: Scored };
  readonly infidelity?: Scored | null; readonly infidelity_scaled?: Scored | null; readonly infidelity_of_nothing?: number;
  readonly faithfulness_correlation?: Scored | null; readonly faithfulness_estimate?: Scored | null; readonly monotonicity?: Scored | null; readonly monotonicity_correlation?: Scored | null;
}
export interface RowEvidence {
  readonly parts?: number; readonly value?: number; readonly completeness?: { readonly gap: number; readonly relative?: number | null } | null;
  readonly sparseness?: number; readonly complexity?: number; readonly effective_complexity?: number;
  readonly max_sensitivity?: { readonly radius: number; readonly tries: number; readonly max: number; readonly mean: number } | null;
  readonly under?: readonly Under[]; readonly claims?: readonly { readonly measurement: string; readonly verdict: string; readonly beaten: readonly number[]; readonly of: readonly number[] }[];
}

/** Measurements under a baseline: name, which way is better, what it means. */
const SCORES: readonly { readonly name: string; readonly title: string; readonly good: "higher" | "lower"; readonly means: string; read(u: Under): Scored | null | undefined }[] = [
  { name: "deletion", title: "Deletion area", good: "lower", means: "The explained number while features take the baseline's values, highest first. A faster fall is better.", read: (u) => area(u.deletion) },
  { name: "insertion", title: "Insertion area", good: "higher", means: "The same while features are put back onto the baseline. A faster rise is better.", read: (u) => area(u.insertion) },
  { name: "removal", title: "Top features removed", good: "higher", means: "How far the number moves when the strongest features go together, beside other choices of as many.", read: (u) => (u.removal ? { value: u.removal.moved, inverted: u.removal.last, random: u.removal.random, beaten: u.removal.beaten } : null) },
  { name: "comprehensiveness", title: "Comprehensiveness", good: "higher", means: "What is lost without the top 1, 5, 10, 20 and 50 % of the features, on average.", read: (u) => u.comprehensiveness?.aopc },
  { name: "sufficiency", title: "Sufficiency", good: "lower", means: "What is missing when only those features are there. Near zero: they alone are enough.", read: (u) => u.sufficiency?.aopc },
  { name: "infidelity", title: "Infidelity", good: "lower", means: "Squared error of what the values say of random sets of features.", read: (u) => u.infidelity },
  { name: "infidelity_scaled", title: "Infidelity, best scale", good: "lower", means: "The same after the best scaling, for values that are no shares of the output.", read: (u) => u.infidelity_scaled },
  { name: "faithfulness_correlation", title: "Faithfulness correlation", good: "higher", means: "Correlation of sums over random sets with how far the number falls without them.", read: (u) => u.faithfulness_correlation },
  { name: "faithfulness_estimate", title: "Faithfulness estimate", good: "higher", means: "The same for single features.", read: (u) => u.faithfulness_estimate },
  { name: "monotonicity", title: "Monotonicity", good: "higher", means: "Share of steps that move the number the way the sign says.", read: (u) => u.monotonicity },
  { name: "monotonicity_correlation", title: "Monotonicity correlation", good: "higher", means: "Whether larger values go with larger effects.", read: (u) => u.monotonicity_correlation },
];

const area = (curve: RowCurve | undefined): Scored | null => (curve ? { value: curve.auc, inverted: null, random: curve.random_auc, beaten: curve.beaten } : null);
const VERDICTS: Readonly<Record<string, readonly [string, string]>> = { holds: ["holds", "chip-ok"], depends_on_the_baseline: ["depends on the baseline", "chip-warn"], not_shown: ["not shown", ""] };

/** Whether this explanation can be relied on: what was measured, in sentences first, then as curves and figures. */
export class GbRowEvidence extends GbElement {
  static override properties = { run: { attribute: false }, version: { attribute: false }, full: { type: Boolean }, label: {} };
  declare run: Run | undefined;
  declare version: number;
  /** With every figure and what it means. */
  declare full: boolean;
  declare label: string;

  protected override render(): TemplateResult {
    const e = known(this.run);
    const evidence = (e?.evidence ?? {}) as RowEvidence;
    const under = evidence.under ?? [];
    const whole = e?.evidence as { deletion?: Curve | null; insertion?: Curve | null } | null | undefined;
    return html`<h2>Can I rely on it?</h2>
      ${e?.sentences?.length ? html`<ul class="gb-said">${e.sentences.map((s) => html`<li>${s}</li>`)}</ul>` : html`<p class="muted small">${this.run?.error ?? "What was measured appears with the values."}</p>`}
      ${evidence.claims?.length ? html`<p class="gb-claims">${(evidence.claims ?? []).map((c) => { const [words, chip] = VERDICTS[c.verdict] ?? [c.verdict, ""]; return html`<span class="chip ${chip}" title=${`${c.measurement}: ${c.beaten.map((b, i) => `${b} of ${c.of[i]}`).join(", ")} random ones beaten`}>${c.measurement.replaceAll("_", " ")}: ${words}</span>`; })}</p>` : nothing}
      ${under.length ? html`<div class="gb-curves">${under.map((u) => html`<section aria-label=${`Under ${u.baseline}`}><h3 class="small muted">Under ${u.baseline}</h3>
        <div class="gb-curve-pair">${this.curve("Deletion", u.deletion, "taken away, highest first; lower is better", "features taken away")}${this.curve("Insertion", u.insertion, "put back, highest first; higher is better", "features put back")}</div></section>`)}</div>` : whole?.deletion && whole.insertion ? html`<div class="gb-curve-pair">${this.curve("Deletion", whole.deletion, "taken away, highest first; lower is better", "features taken away")}${this.curve("Insertion", whole.insertion, "put back, highest first; higher is better", "features put back")}</div>` : nothing}
      ${this.full ? this.figures(evidence, under) : nothing}`;
  }

  private curve(heading: string, curve: Curve, note: string, xlabel: string): TemplateResult {
    const name = this.run?.method.title ?? "";
    return html`<gb-curve heading=${heading} note=${note} xlabel=${xlabel} .curves=${[{ name, colour: "var(--accent)", curve, main: true }]}></gb-curve>`;
  }

  private figures(evidence: RowEvidence, under: readonly Under[]): TemplateResult {
    const alone: [string, number | null | undefined, string][] = [
      ["Completeness gap", evidence.completeness?.gap, "Base and values added up, minus the model's number. Zero: nothing is missing."],
      ["Sparseness", evidence.sparseness, "Gini coefficient of the sizes: near 1 where one feature has all. It describes; it does not judge."],
      ["Complexity", evidence.complexity, "Entropy of the sizes' shares: 0 where one feature has all."],
      ["Effective complexity", evidence.effective_complexity, "How many features take part at all."],
      ["Max-sensitivity", evidence.max_sensitivity?.max, "Largest change of the values when the row moves a little, as a share of their length. Computed with all evidence."],
    ];
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Figures of the evidence"><table class="table gb-figures">
      <thead><tr><th scope="col">Measurement</th>${under.map((u) => html`<th scope="col" class="num">${u.baseline}</th>`)}<th scope="col">What it means</th></tr></thead>
      <tbody>${SCORES.filter((s) => under.some((u) => typeof s.read(u)?.value === "number")).map((s) => html`<tr><th scope="row">${s.title} <span aria-label="${s.good} is better">${s.good === "higher" ? "↑" : "↓"}</span></th>
        ${under.map((u) => { const scored = s.read(u); const random = (scored?.random ?? []).filter((v): v is number => v !== null); return html`<td class="num">${typeof scored?.value === "number" ? html`<b>${value(scored.value, 3)}</b>${random.length ? html`<br><span class="muted xs">beats ${scored.beaten} of ${scored.random.length}</span>` : nothing}` : "–"}</td>`; })}
        <td class="small muted">${s.means}</td></tr>`)}
      ${alone.map(([title, v, means]) => html`<tr><th scope="row">${title}</th><td class="num" colspan=${Math.max(1, under.length)}>${typeof v === "number" ? value(v, 3) : "–"}</td><td class="small muted">${means}</td></tr>`)}</tbody></table></div>
      <p class="muted xs">Not measured: other rows, fills that stay on the data's manifold, whether a reader decides better with it. “Beats n of m”: so many shuffled attributions do worse.</p>`;
  }
}
define("gb-row-evidence", GbRowEvidence);
