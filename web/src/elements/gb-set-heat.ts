import { html, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { extentOf, isDark, linear, padded, signed } from "../lib/set-plot.ts";
import { columnOf, spreadOf, type SetData } from "../lib/table-set.ts";
import { hideTip, showTip } from "../lib/tooltip.ts";
import { Width } from "../lib/width.ts";
import "./gb-canvas.ts";
import { clip, nameRoom } from "./gb-swarm.ts";

const [HEAD, BAND, FOOT] = [54, 24, 26];

/** The output that is explained, of each row: base and effects added up. */
export function outputs(data: SetData): Float64Array {
  const base = data.arrays.get("base")?.values as Float64Array | undefined;
  const phi = data.arrays.get("attribution")?.values as Float32Array | undefined;
  return Float64Array.from({ length: data.rows }, (_, i) => {
    let sum = base?.[i] ?? 0;
    for (let j = 0; j < data.features; j += 1) sum += phi?.[i * data.features + j] ?? 0;
    return sum;
  });
}

/** Effects as colours: a column a row of the table, the highest output first; the curve on top is the output. */
export class GbSetHeat extends GbElement {
  static override properties = { data: { attribute: false }, order: { attribute: false } };
  declare data: SetData;
  declare order: readonly number[];
  private readonly width = new Width(this, 640);
  private sorted: { of: SetData; rows: Int32Array; out: Float64Array; size: number } | undefined;

  protected override render(): TemplateResult {
    const { data, order } = this;
    const wide = this.width.value;
    const [left, right] = [nameRoom(wide), wide - 62];
    const high = HEAD + order.length * BAND + FOOT;
    const { rows, out, size } = this.sort();
    const y = linear(...padded(extentOf(out), 0.02), HEAD - 8, 4, 2);
    const at = (k: number): number => left + ((k + 0.5) / rows.length) * (right - left);
    const every = Math.max(1, Math.floor(rows.length / (right - left)));
    let path = "";
    for (let k = 0; k < rows.length; k += every) path += `${path ? "L" : "M"}${at(k).toFixed(1)} ${y(out[rows[k] ?? 0] ?? 0).toFixed(1)}`;
    const { mean } = spreadOf(data);
    const most = Math.max(...order.map((j) => mean[j] ?? 0), 1e-12);
    return html`<div class="set-plot" @pointermove=${(e: PointerEvent) => this.point(e, left, right)} @pointerleave=${hideTip} @click=${(e: PointerEvent) => this.open(e, left, right)}>
      <gb-canvas .wide=${wide} .high=${high} .draw=${(c: CanvasRenderingContext2D) => this.paint(c, left, right, size)}></gb-canvas>
      <svg class="set-over" viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} role="img" aria-label=${`Heatmap: effects of ${order.length} features in ${integer(rows.length)} rows, the highest output first`}>
        <text class="set-tick" x=${left - 10} y=${HEAD / 2} text-anchor="end">f(x)</text><path class="set-line" d=${path}></path>
        <text class="set-tick" x=${right + 8} y="12">${value(y.high, 2)}</text><text class="set-tick" x=${right + 8} y=${HEAD - 8}>${value(y.low, 2)}</text>
        ${order.map((j, k) => svg`<text class="set-name" x=${left - 10} y=${HEAD + k * BAND + BAND / 2} dy="0.34em" text-anchor="end">${clip(data.answer.feature_names[j] ?? "", left - 14)}</text>
          <rect class="set-mean" x=${right + 8} y=${HEAD + k * BAND + 7} width=${Math.max(1, ((mean[j] ?? 0) / most) * 20)} height="10" rx="2"></rect><text class="set-tick" x=${right + 32} y=${HEAD + k * BAND + BAND / 2} dy="0.34em">${value(mean[j], 2)}</text>`)}
        <text class="set-tick" x=${left} y=${high - 8}>colour: effect, −${value(size, 2)} (blue) to +${value(size, 2)}</text><text class="set-tick" x=${wide} y=${high - 8} text-anchor="end">mean |effect|</text></svg></div>`;
  }

  private sort(): { rows: Int32Array; out: Float64Array; size: number } {
    if (this.sorted?.of === this.data) return this.sorted;
    const out = outputs(this.data);
    const rows = Int32Array.from(out.keys()).sort((a, b) => (out[b] ?? 0) - (out[a] ?? 0) || a - b);
    const phi = this.data.arrays.get("attribution")?.values as Float32Array;
    const sizes = Float32Array.from(phi, Math.abs).sort();
    this.sorted = { of: this.data, rows, out, size: sizes[Math.floor((sizes.length - 1) * 0.995)] || 1e-9 };
    return this.sorted;
  }

  private paint(context: CanvasRenderingContext2D, left: number, right: number, size: number): void {
    const { rows } = this.sort();
    const columns = Math.min(rows.length, Math.round(right - left));
    const dark = isDark();
    for (const [k, j] of this.order.entries()) {
      const effects = columnOf(this.data, "attribution", j);
      for (let c = 0; c < columns; c += 1) {
        const [from, to] = [Math.floor((c * rows.length) / columns), Math.floor(((c + 1) * rows.length) / columns)];
        let sum = 0;
        for (let i = from; i < to; i += 1) sum += effects[rows[i] ?? 0] ?? 0;
        const [r, g, b] = signed(sum / Math.max(1, to - from) / size, dark);
        context.fillStyle = `rgb(${r} ${g} ${b})`;
        const x = left + (c / columns) * (right - left);
        context.fillRect(x, HEAD + k * BAND, (right - left) / columns + 0.6, BAND - 1);
      }
    }
  }

  private under(e: PointerEvent, left: number, right: number): { row: number; feature: number | undefined } | undefined {
    const box = this.getBoundingClientRect();
    const { rows } = this.sort();
    const at = (e.clientX - box.left - left) / (right - left);
    if (at < 0 || at >= 1) return undefined;
    return { row: rows[Math.floor(at * rows.length)] ?? 0, feature: this.order[Math.floor((e.clientY - box.top - HEAD) / BAND)] };
  }

  private point(e: PointerEvent, left: number, right: number): void {
    const found = this.under(e, left, right);
    if (!found) return hideTip();
    const { data } = this;
    const phi = data.arrays.get("attribution")?.values as Float32Array;
    const more = found.feature === undefined ? [] : [{ name: data.answer.feature_names[found.feature] ?? "", value: value(phi[found.row * data.features + found.feature]), slot: undefined, near: true }];
    showTip(`row ${integer(found.row + data.answer.rows.from)}`, [...more, { name: "f(x)", value: value(this.sort().out[found.row]), slot: undefined, near: false }], e.clientX, e.clientY);
  }

  private open(e: PointerEvent, left: number, right: number): void {
    const found = this.under(e, left, right);
    if (found) this.dispatchEvent(new CustomEvent("gb-row", { detail: found.row, bubbles: true }));
  }
}
define("gb-set-heat", GbSetHeat);
