import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import type { Flipped } from "../lib/picture-evidence.ts";
import { Width } from "../lib/width.ts";

const PAD = { left: 30, right: 4, top: 6, bottom: 18 };
const H = 104;

/** Two curves of one baseline: most relevant first and least relevant first, with the area between them. */
export class GbFlipPlot extends GbElement {
  static override properties = { flipped: { attribute: false }, span: { attribute: false }, label: {} };
  declare flipped: Flipped | undefined;
  /** Lowest and highest number that all plots of the measurement share. */
  declare span: readonly [number, number];
  declare label: string;
  private readonly width = new Width(this, 140);

  protected override render(): TemplateResult | typeof nothing {
    const { flipped } = this;
    if (!flipped) return nothing;
    const W = this.width.value;
    const [low, high] = this.span;
    const top = high <= 1 && high > 0.5 && low >= 0 ? 1 : high;
    const x = (f: number): string => (PAD.left + f * (W - PAD.left - PAD.right)).toFixed(1);
    const y = (v: number): number => PAD.top + (1 - (v - low) / (top - low || 1)) * (H - PAD.top - PAD.bottom);
    const points = (values: readonly number[]): string[] => values.map((v, i) => `${x(flipped.fraction[i] ?? 0)} ${y(v).toFixed(1)}`);
    const [most, least] = [points(flipped.morf), points(flipped.lerf)];
    return html`<svg viewBox="0 0 ${W} ${H}" width=${W} height=${H} role="img" aria-label=${`${this.label}: area between the curves ${value(flipped.gap.value, 2)}`}>
      ${[low, (low + top) / 2, top].map((t) => svg`<line class="gb-grid" x1=${PAD.left} x2=${W - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="gb-tick" x=${PAD.left - 5} y=${y(t) + 3.5} text-anchor="end">${value(t, 2)}</text>`)}
      <text class="gb-tick" x=${x(0)} y=${H - 4}>0</text><text class="gb-tick" x=${x(1)} y=${H - 4} text-anchor="end">100 %</text>
      <path class="gb-between" d="M${[...most, ...least.toReversed()].join("L")}Z"></path>
      <path class="gb-least" d="M${least.join("L")}"></path><path class="gb-most" d="M${most.join("L")}"></path></svg>`;
  }
}
define("gb-flip-plot", GbFlipPlot);
