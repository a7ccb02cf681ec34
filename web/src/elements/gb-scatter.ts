import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { type Brush, type Column, type Of, type Session, scaleOf, show, valueOf } from "../lib/hparams.ts";
import { Width } from "../lib/width.ts";

const [LEFT, RIGHT, TOP, FOOT] = [52, 14, 8, 28];

/** One column against another; drag a box to brush both. Fires `gb-brushes`, `gb-hover`, `gb-pick`. */
export class GbScatter extends GbElement {
  static override properties = { x: { attribute: false }, y: { attribute: false }, sessions: { attribute: false }, kept: { attribute: false }, brushes: { attribute: false }, colour: { attribute: false }, of: {}, hovered: {}, picked: {}, small: { type: Boolean }, box: { state: true } };
  declare x: Column;
  declare y: Column;
  declare sessions: readonly Session[];
  declare kept: ReadonlySet<string>;
  declare brushes: readonly Brush[];
  declare colour: (session: Session) => string;
  declare of: Of;
  declare hovered: string;
  declare picked: string;
  declare small: boolean;
  declare box: readonly [number, number, number, number] | undefined;
  private readonly width = new Width(this, 400);

  protected override render(): TemplateResult {
    const wide = Math.max(120, this.width.value);
    const high = this.small ? 132 : 216;
    const left = this.small ? 8 : LEFT;
    const foot = this.small ? 8 : FOOT;
    const of = this.of;
    const sx = scaleOf(this.x, this.sessions.map((s) => valueOf(s, this.x, of)), Math.max(2, Math.floor(wide / 70)));
    const sy = scaleOf(this.y, this.sessions.map((s) => valueOf(s, this.y, of)));
    const px = (p: number): number => left + p * (wide - left - RIGHT);
    const py = (p: number): number => TOP + (1 - p) * (high - TOP - foot);
    const order = [...this.sessions].sort((a, b) => Number(this.kept.has(a.run)) - Number(this.kept.has(b.run)));
    const some = this.kept.size < this.sessions.length;
    const [bx, by] = [this.brushes.find((b) => b.name === this.x.name && !b.values), this.brushes.find((b) => b.name === this.y.name && !b.values)];
    const edge = (scale: typeof sx, at: number | undefined, none: number): number => (at === undefined ? none : Math.max(0, Math.min(1, scale.at(at) ?? none)));
    const box = this.box ?? (bx && by ? [edge(sx, bx.from, 0), edge(sy, by.from, 0), edge(sx, bx.to, 1), edge(sy, by.to, 1)] : undefined);
    return html`<svg class="hp-scatter" width=${wide} height=${high} role="img" aria-label=${`${this.x.title} against ${this.y.title}, ${this.sessions.length} runs`} @pointerdown=${(e: PointerEvent) => this.begin(e, [left, TOP, wide - RIGHT, high - foot], sx, sy)}>
      <rect class="hp-ground" width=${wide} height=${high}></rect>
      ${this.small ? nothing : svg`${sy.ticks.map((t) => svg`<line class="gb-grid" x1=${left} x2=${wide - RIGHT} y1=${py(t.at)} y2=${py(t.at)}></line><text class="hp-tick" x=${left - 7} y=${py(t.at)} dy="0.32em" text-anchor="end">${t.label.slice(0, 8)}</text>`)}
        ${sx.ticks.map((t) => svg`<text class="hp-tick" x=${px(t.at)} y=${high - 8} text-anchor="middle">${t.label.slice(0, 9)}</text>`)}`}
      ${box ? svg`<rect class="hp-brush" x=${px(Math.min(box[0], box[2]))} y=${py(Math.max(box[1], box[3]))} width=${Math.abs(px(box[2]) - px(box[0]))} height=${Math.abs(py(box[1]) - py(box[3]))}></rect>` : nothing}
      ${order.map((s) => {
        const [ax, ay] = [sx.at(valueOf(s, this.x, of)), sy.at(valueOf(s, this.y, of))];
        if (ax === undefined || ay === undefined) return nothing;
        const kept = this.kept.has(s.run);
        const on = s.run === this.hovered || s.run === this.picked;
        return svg`<circle cx=${px(ax)} cy=${py(ay)} r=${this.small ? (on ? 4 : 2.2) : on ? 6 : 3.6} fill=${kept ? this.colour(s) : "currentColor"} data-kept=${kept ? "" : nothing} data-ring=${(kept && some) || on ? "" : nothing}
          @pointerenter=${() => this.tell("gb-hover", s.run)} @pointerleave=${() => this.tell("gb-hover", "")} @click=${() => this.tell("gb-pick", s.run)}><title>${`${s.name}: ${show(valueOf(s, this.x, of), this.x.metric)}, ${show(valueOf(s, this.y, of), this.y.metric)}`}</title></circle>`;
      })}</svg>`;
  }

  private tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  private begin(event: PointerEvent, [x0, y0, x1, y1]: readonly [number, number, number, number], sx: ReturnType<typeof scaleOf>, sy: ReturnType<typeof scaleOf>): void {
    const target = event.currentTarget as SVGElement;
    const frame = target.getBoundingClientRect();
    const clamp = (p: number): number => Math.max(0, Math.min(1, p));
    const place = (e: PointerEvent): [number, number] => [clamp((e.clientX - frame.left - x0) / (x1 - x0)), clamp(1 - (e.clientY - frame.top - y0) / (y1 - y0))];
    const begun = place(event);
    const move = (e: PointerEvent): void => {
      const now = place(e);
      if (!this.box && Math.hypot(now[0] - begun[0], now[1] - begun[1]) < 0.02) return;
      if (!this.box) target.setPointerCapture(event.pointerId);
      this.box = [begun[0], begun[1], now[0], now[1]];
    };
    const up = (): void => {
      target.removeEventListener("pointermove", move);
      const box = this.box;
      this.box = undefined;
      if (!box) return;
      const one = (column: Column, scale: typeof sx, a: number, b: number): Brush => {
        const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
        if (!scale.categories) return { name: column.name, from: scale.invert(lo), to: scale.invert(hi) };
        return { name: column.name, values: scale.categories.filter((c) => { const at = scale.at(c); return at !== undefined && at >= lo && at <= hi; }) };
      };
      this.tell("gb-brushes", [one(this.x, sx, box[0], box[2]), one(this.y, sy, box[1], box[3])]);
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", up, { once: true });
    target.addEventListener("pointercancel", up, { once: true });
  }
}

define("gb-scatter", GbScatter);
