import { html, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { token } from "../lib/palette.ts";
import { extentOf, GREY, linear, padded, SHADES, shadeOf, shades, stack, tickText, type Scale } from "../lib/set-plot.ts";
import { columnOf, labelsOf, written, type SetData } from "../lib/table-set.ts";
import { Width } from "../lib/width.ts";
import "./gb-canvas.ts";
import "./gb-dots.ts";
import type { Dots, DotWords } from "./gb-dots.ts";

const FOOT = 40;
const BAND = 30;

/** The left edge of plots with a name a line. */
export const nameRoom = (wide: number): number => Math.min(170, Math.round(wide * 0.3));
export const clip = (name: string, room: number): string => (name.length > room / 6.8 ? `${name.slice(0, Math.max(3, Math.floor(room / 6.8) - 1))}…` : name);

/** Effects of every row, a band a feature: a dot a row (beeswarm), or their density (violin). */
export class GbSwarm extends GbElement {
  static override properties = { data: { attribute: false }, order: { attribute: false }, ring: { type: Number }, violin: { type: Boolean }, axis: {} };
  declare data: SetData;
  declare order: readonly number[];
  declare ring: number;
  declare violin: boolean;
  declare axis: string;
  private readonly width = new Width(this, 640);
  private made: { key: readonly unknown[]; dots: Dots; x: Scale } | undefined;

  protected override render(): TemplateResult {
    const { data, order } = this;
    const wide = this.width.value;
    const high = order.length * BAND + FOOT;
    const left = nameRoom(wide);
    const { dots, x } = this.layout(wide, left);
    return html`<div class="set-plot"><svg viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} aria-hidden="true">
        ${x.ticks.map((t) => svg`<line class="gb-grid" x1=${x(t)} x2=${x(t)} y1="2" y2=${high - FOOT}></line><text class="set-tick" x=${x(t)} y=${high - FOOT + 16} text-anchor="middle">${t > 0 ? "+" : ""}${tickText(t)}</text>`)}
        <line class="set-zero" x1=${x(0)} x2=${x(0)} y1="2" y2=${high - FOOT}></line>
        ${order.map((j, k) => svg`<text class="set-name" x=${left - 10} y=${k * BAND + BAND / 2} dy="0.34em" text-anchor="end">${clip(data.answer.feature_names[j] ?? "", left - 14)}<title>${data.answer.feature_names[j]}</title></text>`)}
        <text class="set-tick" x=${(left + wide - 46) / 2} y=${high - 5} text-anchor="middle">${this.axis}</text></svg>
      ${this.violin ? html`<gb-canvas .wide=${wide} .high=${high} .draw=${(c: CanvasRenderingContext2D) => this.paintViolins(c, x)}></gb-canvas>`
        : html`<gb-dots .wide=${wide} .high=${high} .dots=${dots} .words=${(dot: number) => this.words(dot)} label=${`Beeswarm: effects of ${order.length} features in ${integer(data.rows)} rows`}></gb-dots>`}
      <span class="set-ramp" aria-hidden="true"><span>high</span><i></i><span>low</span><em>feature value</em></span></div>`;
  }

  private layout(wide: number, left: number): { dots: Dots; x: Scale } {
    const key = [this.data, this.order.join(), wide, this.ring, this.violin];
    if (this.made && this.made.key.every((one, i) => one === key[i])) return this.made;
    const { data, order } = this;
    const columns = order.map((j) => columnOf(data, "attribution", j));
    const [low, high] = padded(extentOf(...columns), 0.03);
    const x = linear(Math.min(0, low), Math.max(0, high), left, wide - 46, Math.max(3, Math.floor((wide - left) / 90)));
    const count = order.length * data.rows;
    const radius = count > 60_000 ? 1 : count > 12_000 ? 1.4 : count > 4000 ? 2 : 2.6;
    const dots: Dots = { x: new Float32Array(count), y: new Float32Array(count), shade: new Uint8Array(count), rows: data.rows, radius, ring: this.ring - data.answer.rows.from };
    if (!this.violin) {
      for (const [k, j] of order.entries()) {
        const at = k * data.rows;
        const column = columns[k] ?? [];
        for (let i = 0; i < data.rows; i += 1) dots.x[at + i] = x(column[i] ?? 0);
        const off = stack(dots.x.subarray(at, at + data.rows), radius, BAND / 2 - 2);
        for (let i = 0; i < data.rows; i += 1) dots.y[at + i] = k * BAND + BAND / 2 + (off[i] ?? 0);
        dots.shade.set(shadeOf(columnOf(data, "input", j), labelsOf(data.answer.columns.kinds[j])?.length), at);
      }
    }
    this.made = { key, dots, x };
    return this.made;
  }

  private words(dot: number): DotWords {
    const { data } = this;
    const [i, j] = [dot % data.rows, this.order[Math.floor(dot / data.rows)] ?? 0];
    const effect = (data.arrays.get("attribution")?.values as Float32Array)[i * data.features + j] ?? 0;
    const own = (data.arrays.get("input")?.values as Float64Array)[i * data.features + j] ?? Number.NaN;
    return { head: `row ${integer(i + data.answer.rows.from)}`, rows: [
      { name: data.answer.feature_names[j] ?? "", value: written(data.answer.columns.kinds[j], own, (n) => value(n)), slot: undefined, near: true },
      { name: "effect", value: `${effect > 0 ? "+" : ""}${value(effect)}`, slot: undefined, near: false },
    ] };
  }

  private paintViolins(context: CanvasRenderingContext2D, x: Scale): void {
    const colours = shades();
    const grey = token("--axis");
    for (const [k, j] of this.order.entries()) {
      const effects = columnOf(this.data, "attribution", j);
      const shade = shadeOf(columnOf(this.data, "input", j), labelsOf(this.data.answer.columns.kinds[j])?.length);
      const bins = 120;
      const [counts, sums, greys] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
      const from = x(x.low);
      const step = (x(x.high) - from) / bins;
      for (let i = 0; i < effects.length; i += 1) {
        const bin = Math.max(0, Math.min(bins - 1, Math.floor((x(effects[i] ?? 0) - from) / step)));
        counts[bin] = (counts[bin] ?? 0) + 1;
        const s = shade[i] ?? GREY;
        if (s === GREY) greys[bin] = (greys[bin] ?? 0) + 1;
        else sums[bin] = (sums[bin] ?? 0) + s;
      }
      const smooth = (of: Float64Array): Float64Array => of.map((_, b) => [-2, -1, 0, 1, 2].reduce((sum, d, w) => sum + (of[b + d] ?? 0) * ([0.06, 0.24, 0.4, 0.24, 0.06][w] ?? 0), 0));
      const [density, total, plain] = [smooth(counts), smooth(sums), smooth(greys)];
      const most = Math.max(...density, 1e-9);
      const middle = k * BAND + BAND / 2;
      for (let b = 0; b < bins; b += 1) {
        const half = Math.sqrt((density[b] ?? 0) / most) * (BAND / 2 - 2);
        if (half < 0.3) continue;
        const coloured = (density[b] ?? 0) - (plain[b] ?? 0);
        context.fillStyle = coloured <= 0.01 ? grey : (colours[Math.max(0, Math.min(SHADES - 1, Math.round((total[b] ?? 0) / coloured)))] ?? grey);
        context.fillRect(from + b * step, middle - half, step + 0.5, 2 * half);
      }
    }
  }
}
define("gb-swarm", GbSwarm);
