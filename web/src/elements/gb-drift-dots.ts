import { html, nothing, svg, type TemplateResult } from "lit";
import type { Drift } from "../lib/comparison.ts";
import { GbElement, define } from "../lib/element.ts";
import { tick, value } from "../lib/format.ts";

const [WIDTH, HEIGHT, FOOT, HEAD] = [520, 118, 22, 16];
const R = 2.3;

/** Distances of all inputs as dots over the null band. Fires `gb-input` with the place of a dot that is clicked. */
export class GbDriftDots extends GbElement {
  static override properties = { drift: { attribute: false }, at: { type: Number } };
  declare drift: Drift | undefined;
  declare at: number;

  protected override render(): TemplateResult | typeof nothing {
    const { drift } = this;
    if (!drift) return nothing;
    const { low, high, count } = drift.null;
    const known = drift.inputs.map((one, i) => ({ i, d: one.distance })).filter((one): one is { i: number; d: number } => one.d !== null);
    const most = Math.max(0.05, high ?? 0, ...known.map((one) => one.d)) * 1.06;
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((s) => most / s <= 6) ?? 0.5;
    const x = (d: number): number => 6 + (d / most) * (WIDTH - 12);
    const floor = HEIGHT - FOOT;
    // Dots of one place are stacked; where they would leave the picture they move closer.
    const bins = new Map<number, number>();
    const places = known.map(({ i, d }) => {
      const bin = Math.round((x(d) - 6) / (2 * R));
      const level = bins.get(bin) ?? 0;
      bins.set(bin, level + 1);
      return { i, d, cx: 6 + bin * 2 * R, level };
    });
    const tallest = Math.max(1, ...bins.values());
    const rise = Math.min(2 * R, (floor - HEAD - 2 * R) / tallest);
    const shown = drift.inputs[this.at];
    const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, k) => k * step);
    const label = `Distances of ${known.length} inputs, ${drift.above} above the null band${low !== null && high !== null ? ` of ${value(low, 2)} to ${value(high, 2)}` : ""}`;
    // The words about the dots make room for those about the band.
    const aside = high !== null && low !== null && (x(low) + x(high)) / 2 > WIDTH - 260;
    const mark = shown && shown.distance !== null ? shown.distance : undefined;
    return html`<svg class="drift-dots" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label} @click=${(event: MouseEvent) => this.point(event, places, rise)}>
      ${low !== null && high !== null ? svg`<rect class="drift-band" x=${x(low)} y=${HEAD} width=${Math.max(1, x(high) - x(low))} height=${floor - HEAD}></rect><text class="gb-tick" x=${(x(low) + x(high)) / 2 > WIDTH - 90 ? WIDTH - 4 : (x(low) + x(high)) / 2 < 110 ? 4 : (x(low) + x(high)) / 2} y="11" text-anchor=${(x(low) + x(high)) / 2 > WIDTH - 90 ? "end" : (x(low) + x(high)) / 2 < 110 ? "start" : "middle"}>null band, 95 % of ${count}</text>` : nothing}
      <text class="gb-tick" x=${aside ? 4 : WIDTH - 4} y="11" text-anchor=${aside ? "start" : "end"}>one dot: one of ${known.length} inputs</text>
      <line class="drift-axis" x1="4" x2=${WIDTH - 4} y1=${floor + 0.5} y2=${floor + 0.5}></line>
      ${ticks.map((t) => svg`<text class="gb-tick" x=${x(t)} y=${HEIGHT - 7} text-anchor="middle">${tick(Number(t.toFixed(2)))}</text>`)}
      ${places.map(({ i, d, cx, level }) => svg`<circle class="drift-dot" data-in=${drift.inputs[i]?.in_band ?? ""} cx=${cx} cy=${floor - R - level * rise} r=${R} data-d=${d}></circle>`)}
      ${mark !== undefined ? svg`<line class="drift-mark" x1=${x(mark)} x2=${x(mark)} y1=${HEAD + 4} y2=${floor}></line><text class="drift-this" x=${x(mark) + (x(mark) > WIDTH - 120 ? -5 : 5)} y=${HEAD + 12} text-anchor=${x(mark) > WIDTH - 120 ? "end" : "start"}>this input ${value(mark, 3)}</text>` : nothing}
    </svg>`;
  }

  /** The dot nearest to the pointer, if it is near. */
  private point(event: MouseEvent, places: readonly { i: number; cx: number; level: number }[], rise: number): void {
    const box = this.querySelector("svg")?.getBoundingClientRect();
    if (!box) return;
    const scale = WIDTH / box.width;
    const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    let best: { i: number; gap: number } | undefined;
    for (const { i, cx, level } of places) {
      const gap = Math.hypot(px - cx, py - (HEIGHT - FOOT - R - level * rise));
      if (!best || gap < best.gap) best = { i, gap };
    }
    if (best && best.gap < 14) this.dispatchEvent(new CustomEvent("gb-input", { detail: best.i, bubbles: true }));
  }
}

define("gb-drift-dots", GbDriftDots);
