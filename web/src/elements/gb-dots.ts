import { html, type PropertyValues, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { COLOURS, onTheme, token } from "../lib/palette.ts";
import { say } from "../lib/say.ts";
import { GREY, SHADES, shades } from "../lib/set-plot.ts";
import { hideTip, showTip, type TipRow } from "../lib/tooltip.ts";

/** Places in pixels of the plot. Dot `i` is of row `i % rows`. */
export interface Dots {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly shade: Uint8Array;
  readonly rows: number;
  readonly radius: number;
  readonly ring: number;
  /** Labels rather than low to high: a shade is a label's place, and has the colour of the run there. */
  readonly labelled?: boolean;
}
export interface DotWords { readonly head: string; readonly rows: readonly TipRow[] }

/** More dots than this are squares of pixels. */
const MANY = 30_000;
const REACH = 9;
const LAYERS = 16;

/** Many dots on a canvas over an axis picture. Fires `gb-row` with the row of a dot that is clicked. */
export class GbDots extends GbElement {
  static override properties = { wide: { type: Number }, high: { type: Number }, dots: { attribute: false }, words: { attribute: false }, label: {} };
  declare wide: number;
  declare high: number;
  declare dots: Dots | undefined;
  declare words: (dot: number) => DotWords;
  declare label: string;
  private off: (() => void) | undefined;
  private at = -1;
  private order: Int32Array | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.off = onTheme(() => this.paint());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
    hideTip();
  }

  protected override render(): TemplateResult {
    return html`<div class="set-dots" role="application" tabindex="0" aria-label=${`${this.label}. Arrows go from dot to dot, Enter opens the row.`}
      @pointermove=${(e: PointerEvent) => this.point(e)} @pointerleave=${() => this.rest()} @click=${(e: PointerEvent) => { this.point(e); this.open(); }}
      @keydown=${(e: KeyboardEvent) => this.press(e)} @blur=${() => this.rest()}><canvas aria-hidden="true"></canvas><i class="set-cursor" hidden></i></div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("dots")) this.order = undefined;
    this.paint();
  }

  private paint(): void {
    const canvas = this.querySelector("canvas");
    const context = canvas?.getContext("2d");
    const { dots } = this;
    if (!canvas || !context) return;
    const scale = Math.min(2, devicePixelRatio || 1);
    const [w, h] = [Math.round(this.wide * scale), Math.round(this.high * scale)];
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; canvas.style.width = `${this.wide}px`; canvas.style.height = `${this.high}px`; }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.wide, this.high);
    if (!dots) return;
    const count = dots.x.length;
    if (count > MANY) this.stamp(context, dots, scale);
    else this.circles(context, dots);
    this.rings(context, dots);
  }

  private colours(labelled: boolean | undefined): string[] {
    const colours = labelled ? Array.from({ length: COLOURS }, (_, k) => token(`--run-${k + 1}`)) : shades();
    colours[GREY] = token("--axis");
    return colours;
  }

  /** Squares of whole pixels, in the order of the rows: fifty times as fast as paths. */
  private stamp(context: CanvasRenderingContext2D, dots: Dots, scale: number): void {
    const { width, height } = context.canvas;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const packed = Uint32Array.from(this.colours(dots.labelled), (colour = "") => {
      const [r = 0, g = 0, b = 0] = (colour.match(/\d+(\.\d+)?/g) ?? []).map(Number);
      return ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
    });
    const size = Math.max(2, Math.round(2 * dots.radius * scale));
    for (let i = 0; i < dots.x.length; i += 1) {
      const left = Math.round((dots.x[i] ?? 0) * scale - size / 2);
      const top = Math.round((dots.y[i] ?? 0) * scale - size / 2);
      if (!(left >= 0 && left + size <= width && top >= 0 && top + size <= height)) continue;
      const colour = packed[dots.shade[i] ?? GREY] ?? 0;
      for (let y = top; y < top + size; y += 1) pixels.fill(colour, y * width + left, y * width + left + size);
    }
    context.putImageData(image, 0, 0);
  }

  private circles(context: CanvasRenderingContext2D, dots: Dots): void {
    const count = dots.x.length;
    // In layers of rows, so that no colour lies over all others; within a layer by colour, which is fast.
    const places = SHADES + 1;
    const layer = (i: number): number => Math.floor(((i % dots.rows) * LAYERS) / dots.rows) * places + (dots.shade[i] ?? GREY);
    const starts = new Int32Array(LAYERS * places + 1);
    for (let i = 0; i < count; i += 1) { const s = layer(i) + 1; starts[s] = (starts[s] ?? 0) + 1; }
    for (let s = 1; s < starts.length; s += 1) starts[s] = (starts[s] ?? 0) + (starts[s - 1] ?? 0);
    const next = starts.slice();
    const sorted = new Int32Array(count);
    for (let i = 0; i < count; i += 1) { const s = layer(i); const to = next[s] ?? 0; sorted[to] = i; next[s] = to + 1; }
    const colours = this.colours(dots.labelled);
    const r = dots.radius;
    for (let s = 0; s < LAYERS * places; s += 1) {
      const [from, to] = [starts[s] ?? 0, starts[s + 1] ?? count];
      if (from === to) continue;
      context.fillStyle = colours[s % places] ?? "";
      context.beginPath();
      for (let k = from; k < to; k += 1) {
        const i = sorted[k] ?? 0;
        const [x, y] = [dots.x[i] ?? 0, dots.y[i] ?? 0];
        context.moveTo(x + r, y);
        context.arc(x, y, r, 0, 6.2832);
      }
      context.fill();
    }
  }

  private rings(context: CanvasRenderingContext2D, dots: Dots): void {
    const count = dots.x.length;
    if (dots.ring < 0 || dots.ring >= dots.rows) return;
    context.lineWidth = 2.5;
    context.strokeStyle = token("--text");
    context.fillStyle = token("--surface");
    for (let i = dots.ring; i < count; i += dots.rows) {
      if (!Number.isFinite(dots.x[i])) continue;
      context.beginPath();
      context.arc(dots.x[i] ?? 0, dots.y[i] ?? 0, 5, 0, 6.2832);
      context.fill();
      context.stroke();
    }
  }

  private point(event: PointerEvent): void {
    const { dots } = this;
    const box = this.querySelector("canvas")?.getBoundingClientRect();
    if (!dots || !box) return;
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let [best, near] = [-1, REACH * REACH];
    for (let i = 0; i < dots.x.length; i += 1) {
      const [dx, dy] = [(dots.x[i] ?? 0) - px, (dots.y[i] ?? 0) - py];
      const far = dx * dx + dy * dy - (i % dots.rows === dots.ring ? 9 : 0);
      if (far < near) [best, near] = [i, far];
    }
    if (best < 0) return this.rest();
    this.show(best);
  }

  private show(dot: number): void {
    const { dots } = this;
    const box = this.querySelector("canvas")?.getBoundingClientRect();
    const cursor = this.querySelector<HTMLElement>(".set-cursor");
    if (!dots || !box || !cursor) return;
    this.at = dot;
    const [x, y] = [dots.x[dot] ?? 0, dots.y[dot] ?? 0];
    const { head, rows } = this.words(dot);
    cursor.hidden = false;
    cursor.style.transform = `translate(${x}px, ${y}px)`;
    showTip(head, rows, box.left + x, box.top + y);
  }

  private rest(): void {
    this.at = -1;
    const cursor = this.querySelector<HTMLElement>(".set-cursor");
    if (cursor) cursor.hidden = true;
    hideTip();
  }

  private open(): void {
    if (this.at >= 0 && this.dots) this.dispatchEvent(new CustomEvent("gb-row", { detail: this.at % this.dots.rows, bubbles: true }));
  }

  private press(event: KeyboardEvent): void {
    const { dots } = this;
    if (!dots || dots.x.length === 0) return;
    if (event.key === "Enter") return this.open();
    if (event.key === "Escape") return this.rest();
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const band = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined && band === undefined) return;
    event.preventDefault();
    // Within a band from left to right; a plot with one band has one.
    this.order ??= Int32Array.from(dots.x.keys()).sort((a, b) => Math.floor(a / dots.rows) - Math.floor(b / dots.rows) || (dots.x[a] ?? 0) - (dots.x[b] ?? 0));
    let to = 0;
    if (this.at < 0) to = this.order[0] ?? 0;
    else if (by !== undefined) {
      const place = this.order.indexOf(this.at) + by * (event.shiftKey ? 10 : 1);
      to = this.order[Math.max(0, Math.min(this.order.length - 1, place))] ?? 0;
    } else to = Math.max(this.at % dots.rows, Math.min(dots.x.length - dots.rows + (this.at % dots.rows), this.at + (band ?? 0) * dots.rows));
    this.show(to);
    const { head, rows } = this.words(to);
    say(`${head}: ${rows.map((row) => `${row.name} ${row.value}`).join(", ")}`);
  }
}
define("gb-dots", GbDots);
