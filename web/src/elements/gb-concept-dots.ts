import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import type { Concept } from "../lib/sets.ts";
import { Width } from "../lib/width.ts";

/** Places along the axis where dots are stacked. */
const BINS = 40;
const [PAD, BAND, HEAD, FOOT] = [18, 52, 20, 34];
/** The radius of a dot where there is room, and where there is little. */
const [LARGE, SMALL, NARROW] = [4, 3, 480];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);

/** Scores along the concept's directions over those of chance, on one axis. */
export class GbConceptDots extends GbElement {
  static override properties = { found: { attribute: false }, label: {} };
  declare found: Concept | undefined;
  declare label: string;
  private readonly width = new Width(this, 560);

  protected override render(): TemplateResult | typeof nothing {
    const { found } = this;
    if (!found) return nothing;
    const wide = this.width.value;
    const rows = [["concept", "Along the concept", found.concept_scores], ["chance", "Along chance", found.random_scores]] as const;
    const high = rows.length * (HEAD + BAND) + FOOT;
    const foot = high - FOOT;
    const x = (v: number): number => PAD + v * (wide - 2 * PAD);
    const label = `Scores of ${found.concept_scores.length} directions of the concept, ${value(mean(found.concept_scores), 2)} on average, and of ${found.random_scores.length} of chance, ${value(mean(found.random_scores), 2)} on average; 0.5 is no effect`;
    return html`<svg class="concept-dots" viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} role="img" aria-label=${label}>
      ${TICKS.map((t) => svg`<line class=${t === 0.5 ? "gb-zero" : "gb-grid"} x1=${x(t)} x2=${x(t)} y1="0" y2=${foot}></line><text class="concept-tick" x=${x(t)} y=${foot + 14} text-anchor="middle">${t}</text>`)}
      <text class="concept-tick" x=${wide / 2} y=${high - 4} text-anchor="middle">share of rows whose output for ${this.label} rises</text>
      ${rows.map(([kind, name, scores], i) => this.band(kind, name, scores, x, i * (HEAD + BAND)))}
    </svg>`;
  }

  private band(kind: string, name: string, scores: readonly number[], x: (v: number) => number, top: number): TemplateResult {
    const floor = top + HEAD + BAND - 4;
    const middle = mean(scores);
    const bins = new Map<number, number[]>();
    for (const score of scores) {
      const bin = Math.round(score * BINS);
      bins.set(bin, [...(bins.get(bin) ?? []), score]);
    }
    // As many stacks beside each other as a place has room for; where they would leave the band, dots move closer.
    const r = this.width.value < NARROW ? SMALL : LARGE;
    const across = 2 * r + 0.8;
    const most = Math.max(1, Math.floor((x(1 / BINS) - x(0)) / across));
    const tallest = Math.max(...[...bins.values()].map((all) => Math.ceil(all.length / most)), 1);
    const rise = Math.min(across, (BAND - 4 - 2 * r) / Math.max(1, tallest - 1));
    const dots = [...bins].flatMap(([bin, all]) => {
      const beside = Math.min(most, all.length);
      return all.map((_, k) => ({ cx: x(bin / BINS) + ((k % beside) - (beside - 1) / 2) * across, cy: floor - r - Math.floor(k / beside) * rise }));
    });
    return svg`<text class="concept-name" x=${x(0)} y=${top + 13}>${name}, mean ${value(middle, 2)}</text>
      <line class="concept-floor" x1=${x(0)} x2=${x(1)} y1=${floor} y2=${floor}></line>
      ${dots.map(({ cx, cy }) => svg`<circle class="concept-dot" data-kind=${kind} cx=${cx} cy=${cy} r=${r}></circle>`)}
      <line class="concept-mean" x1=${x(middle)} x2=${x(middle)} y1=${top + HEAD} y2=${floor + 3}></line>` as TemplateResult;
  }
}
define("gb-concept-dots", GbConceptDots);
