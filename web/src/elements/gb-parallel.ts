import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { type Brush, type Column, type Of, type Session, scaleOf, valueOf } from "../lib/hparams.ts";
import { Width } from "../lib/width.ts";

const HIGH = 236;
const TOP = 34;
const FOOT = 14;

/** Parallel coordinates: an axis a column, a line a run. Drag on an axis to brush, drag or move a name to reorder.
 * Fires `gb-brush` with `{name, brush}`, `gb-order` with names, `gb-pick` and `gb-hover` with a run. */
export class GbParallel extends GbElement {
  static override properties = { columns: { attribute: false }, sessions: { attribute: false }, kept: { attribute: false }, brushes: { attribute: false }, colour: { attribute: false }, of: {}, hovered: {}, picked: {}, drag: { state: true } };
  declare columns: readonly Column[];
  declare sessions: readonly Session[];
  /** Runs inside every brush. */
  declare kept: ReadonlySet<string>;
  declare brushes: readonly Brush[];
  declare colour: (session: Session) => string;
  declare of: Of;
  declare hovered: string;
  declare picked: string;
  declare drag: { name: string; from: number; to: number } | undefined;
  private readonly width = new Width(this, 900);

  protected override render(): TemplateResult {
    const { columns, sessions } = this;
    const wide = Math.max(this.width.value, columns.length * 82);
    const gap = columns.length > 1 ? (wide - 110) / (columns.length - 1) : 0;
    const x = (i: number): number => (columns.length > 1 ? 50 + i * gap : wide / 2);
    const inner = HIGH - TOP - FOOT;
    const y = (place: number): number => TOP + (1 - place) * inner;
    const axes = columns.map((column) => ({ column, scale: scaleOf(column, sessions.map((s) => valueOf(s, column, this.of))) }));
    const path = (session: Session): string => {
      let out = "";
      let before: [number, number] | undefined;
      for (const [i, { column, scale }] of axes.entries()) {
        const at = scale.at(valueOf(session, column, this.of));
        if (at === undefined) { before = undefined; continue; }
        const [px, py] = [x(i), y(at)];
        out += before ? `C${(before[0] + gap * 0.42).toFixed(1)} ${before[1].toFixed(1)} ${(px - gap * 0.42).toFixed(1)} ${py.toFixed(1)} ${px.toFixed(1)} ${py.toFixed(1)}` : `M${px.toFixed(1)} ${py.toFixed(1)}`;
        before = [px, py];
      }
      return out;
    };
    const order = [...sessions].sort((a, b) => rank(a, this) - rank(b, this));
    return html`<div class="hp-parallel" tabindex="0" role="region" aria-label="Parallel coordinates"><svg width=${wide} height=${HIGH} viewBox=${`0 0 ${wide} ${HIGH}`} role="group" aria-label=${`Parallel coordinates: ${columns.map((c) => c.title).join(", ")}; ${sessions.length} runs`}>
      <g class="hp-lines">${order.map((s) => svg`<path d=${path(s)} data-run=${s.run} data-kept=${this.kept.has(s.run) ? "" : nothing} data-on=${s.run === this.hovered || s.run === this.picked ? "" : nothing}
        stroke=${this.kept.has(s.run) ? this.colour(s) : "currentColor"} @pointerenter=${() => this.tell("gb-hover", s.run)} @pointerleave=${() => this.tell("gb-hover", "")} @click=${() => this.tell("gb-pick", s.run)}><title>${s.name}</title></path>`)}</g>
      ${axes.map(({ column, scale }, i) => {
        const brush = this.drag?.name === column.name ? undefined : this.brushes.find((b) => b.name === column.name);
        const [lo, hi] = this.drag?.name === column.name ? [Math.min(this.drag.from, this.drag.to), Math.max(this.drag.from, this.drag.to)]
          : brush && (brush.from !== undefined || brush.to !== undefined) ? [Math.max(0, scale.at(brush.from) ?? 0), Math.min(1, scale.at(brush.to) ?? 1)] : [0, 0];
        return svg`<g transform=${`translate(${x(i)} 0)`}>
          <line class="hp-axis" y1=${TOP} y2=${HIGH - FOOT}></line>
          ${scale.ticks.map((t) => svg`<g transform=${`translate(0 ${y(t.at)})`}><line class="hp-axis" x1="-4" x2="4"></line><text class="hp-tick" x="-7" dy="0.32em" text-anchor="end">${short(t.label)}</text></g>`)}
          ${brush?.values ? brush.values.map((v) => { const at = scale.at(v); return at === undefined ? nothing : svg`<rect class="hp-brush" x="-8" width="16" y=${y(at) - 7} height="14" rx="3"></rect>`; }) : nothing}
          ${hi > lo ? svg`<rect class="hp-brush" x="-8" width="16" y=${y(hi)} height=${Math.max(3, y(lo) - y(hi))}></rect>` : nothing}
          <rect class="hp-grip" x="-14" width="28" y=${TOP - 4} height=${inner + 8} @pointerdown=${(e: PointerEvent) => this.begin(e, column, scale, y)}></rect>
          <text class="hp-name" y="14" text-anchor=${i === 0 ? "start" : i === columns.length - 1 ? "end" : "middle"} x=${i === 0 ? -46 : i === columns.length - 1 ? 56 : 0} tabindex="0" role="button" aria-label=${`${short(column.title, Math.max(10, Math.floor(gap / 7)))} (${column.title}): left and right arrows move this axis`}
            @keydown=${(e: KeyboardEvent) => this.moveKey(e, i)} @pointerdown=${(e: PointerEvent) => this.carry(e, i, x)}>${short(column.title, Math.max(10, Math.floor(gap / 7)))}<title>${column.title}</title></text>
        </g>`;
      })}</svg></div>`;
  }

  private tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  private begin(event: PointerEvent, column: Column, scale: ReturnType<typeof scaleOf>, y: (p: number) => number): void {
    const target = event.currentTarget as SVGElement;
    const box = target.ownerSVGElement?.getBoundingClientRect();
    if (!box) return;
    event.preventDefault();
    target.setPointerCapture(event.pointerId);
    const place = (e: PointerEvent): number => Math.max(0, Math.min(1, 1 - (e.clientY - box.top - TOP) / (y(0) - y(1))));
    this.drag = { name: column.name, from: place(event), to: place(event) };
    const move = (e: PointerEvent): void => { if (this.drag) this.drag = { ...this.drag, to: place(e) }; };
    const up = (): void => {
      target.removeEventListener("pointermove", move);
      const drag = this.drag;
      this.drag = undefined;
      if (!drag) return;
      const [lo, hi] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      if (hi - lo < 0.015) {
        // A click on a place of its own chooses that value; elsewhere it takes the brush away.
        const near = scale.categories && scale.ticks.find((t) => Math.abs(t.at - lo) < 0.05);
        this.tell("gb-brush", { name: column.name, brush: near ? { name: column.name, values: [near.label] } : undefined });
      } else if (scale.categories) {
        const values = scale.categories.filter((c) => { const at = scale.at(c); return at !== undefined && at >= lo && at <= hi; });
        this.tell("gb-brush", { name: column.name, brush: values.length ? { name: column.name, values } : undefined });
      } else {
        this.tell("gb-brush", { name: column.name, brush: { name: column.name, from: scale.invert(lo), to: scale.invert(hi) } });
      }
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", up, { once: true });
    target.addEventListener("pointercancel", up, { once: true });
  }

  private reorder(from: number, to: number): void {
    const names = this.columns.map((c) => c.name);
    const [name] = names.splice(from, 1);
    if (name === undefined || to < 0 || to > names.length || from === to) return;
    names.splice(to, 0, name);
    this.tell("gb-order", names);
  }

  private moveKey(event: KeyboardEvent, i: number): void {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    this.reorder(i, i + by);
    void this.updateComplete.then(() => this.querySelectorAll<SVGElement>(".hp-name")[i + by]?.focus());
  }

  private carry(event: PointerEvent, i: number, x: (i: number) => number): void {
    const begun = event.clientX;
    const up = (e: PointerEvent): void => {
      const moved = x(i) + e.clientX - begun;
      if (Math.abs(e.clientX - begun) < 12) return;
      const nearest = this.columns.map((_, at) => [Math.abs(x(at) - moved), at] as const).sort((a, b) => a[0] - b[0])[0]?.[1] ?? i;
      this.reorder(i, nearest);
    };
    addEventListener("pointerup", up, { once: true });
  }
}

const short = (text: string, most = 14): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const rank = (s: Session, on: GbParallel): number => (s.run === on.hovered || s.run === on.picked ? 2 : on.kept.has(s.run) ? 1 : 0);

define("gb-parallel", GbParallel);
