import { html, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { token } from "../lib/palette.ts";
import { extentOf, linear, padded, signed, tickText, type Scale } from "../lib/set-plot.ts";
import { type SetData } from "../lib/table-set.ts";
import { Width } from "../lib/width.ts";
import "./gb-canvas.ts";
import { outputs } from "./gb-set-heat.ts";
import { clip, nameRoom } from "./gb-swarm.ts";

const [BAND, FOOT] = [30, 40];
/** More lines than this are a blur. */
const LINES = 300;

/** How each row's output comes about: from the base at the foot, feature by feature, to the output at the top. */
export class GbSetDecision extends GbElement {
  static override properties = { data: { attribute: false }, order: { attribute: false }, ring: { type: Number }, axis: {} };
  declare data: SetData;
  declare order: readonly number[];
  declare ring: number;
  declare axis: string;
  private readonly width = new Width(this, 640);

  protected override render(): TemplateResult {
    const { data, order } = this;
    const wide = this.width.value;
    const left = nameRoom(wide);
    const high = order.length * BAND + FOOT + 8;
    const out = outputs(data);
    const shown = this.shown(out);
    const ways = shown.map((i) => this.way(i, out[i] ?? 0));
    const x = linear(...padded(extentOf(...ways)), left, wide - 16, Math.max(3, Math.floor((wide - left) / 90)));
    return html`<div class="set-plot"><svg viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} role="img" aria-label=${`Decision plot: ${integer(shown.length)} of ${integer(data.rows)} rows, from the base to the output`}>
        ${x.ticks.map((t) => svg`<line class="gb-grid" x1=${x(t)} x2=${x(t)} y1="8" y2=${high - FOOT}></line><text class="set-tick" x=${x(t)} y=${high - FOOT + 16} text-anchor="middle">${tickText(t)}</text>`)}
        ${order.map((j, k) => svg`<text class="set-name" x=${left - 10} y=${8 + k * BAND + BAND / 2} dy="0.34em" text-anchor="end">${clip(data.answer.feature_names[j] ?? "", left - 14)}</text>`)}
        <text class="set-tick" x=${(left + wide) / 2} y=${high - 5} text-anchor="middle">${this.axis}</text></svg>
      <gb-canvas .wide=${wide} .high=${high} .draw=${(c: CanvasRenderingContext2D) => this.paint(c, x, shown, ways, high)}></gb-canvas></div>
      <p class="muted small">${integer(shown.length)} of ${integer(data.rows)} rows, evenly over their outputs; outputs ${value(extentOf(out)[0], 3)} to ${value(extentOf(out)[1], 3)}. A line that turns at a feature was moved by it; features that are not listed are in its foot.</p>`;
  }

  /** Rows evenly spaced over the outputs, and the chosen one. */
  private shown(out: Float64Array): number[] {
    const rows = [...out.keys()].sort((a, b) => (out[a] ?? 0) - (out[b] ?? 0));
    const step = Math.max(1, rows.length / LINES);
    const some = Array.from({ length: Math.min(rows.length, LINES) }, (_, k) => rows[Math.floor(k * step)] ?? 0);
    const ring = this.ring - this.data.answer.rows.from;
    return ring >= 0 && ring < out.length ? [...some.filter((i) => i !== ring), ring] : some;
  }

  /** From the top: the output, then what it was before each feature. */
  private way(row: number, output: number): Float64Array {
    const phi = this.data.arrays.get("attribution")?.values as Float32Array;
    const way = new Float64Array(this.order.length + 1);
    way[0] = output;
    for (const [k, j] of this.order.entries()) way[k + 1] = (way[k] ?? 0) - (phi[row * this.data.features + j] ?? 0);
    return way;
  }

  private paint(context: CanvasRenderingContext2D, x: Scale, shown: readonly number[], ways: readonly Float64Array[], high: number): void {
    const ring = this.ring - this.data.answer.rows.from;
    const middle = (x.low + x.high) / 2;
    for (const [n, way] of ways.entries()) {
      const own = shown[n] === ring;
      const t = ((way[0] ?? 0) - middle) / (x.high - middle || 1);
      const [r, g, b] = signed(t < 0 ? t * 0.7 - 0.25 : t * 0.7 + 0.25);
      context.strokeStyle = own ? token("--text") : `rgb(${r} ${g} ${b} / 55%)`;
      context.lineWidth = own ? 2.5 : 1;
      context.beginPath();
      for (let k = 0; k < way.length; k += 1) {
        const y = Math.min(high - FOOT, 8 + k * BAND);
        if (k === 0) context.moveTo(x(way[k] ?? 0), y);
        else context.lineTo(x(way[k] ?? 0), y);
      }
      context.stroke();
    }
  }
}
define("gb-set-decision", GbSetDecision);
