import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { Width } from "../lib/width.ts";
import type { Effect } from "../lib/row.ts";

const H = 70;
const BAR = 24;
const TOP = 26;
const PAD = 44;

/** What pushes the output up meets what pushes it down, at the output itself. */
export class GbForce extends GbElement {
  static override properties = { effects: { attribute: false }, output: { type: Number } };
  declare effects: readonly Effect[];
  /** The explained output of this row. */
  declare output: number;
  private readonly width = new Width(this, 800);

  protected override render(): TemplateResult | typeof nothing {
    const all = [...(this.effects ?? [])].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
    const [up, down] = [all.filter((e) => e.effect > 0), all.filter((e) => e.effect < 0)];
    const sum = (of: readonly Effect[]): number => of.reduce((total, e) => total + Math.abs(e.effect), 0);
    const [rise, fall] = [sum(up), sum(down)];
    if (rise + fall === 0) return nothing;
    const unit = (this.width.value - 2 * PAD) / (rise + fall);
    const meet = PAD + rise * unit;
    const base = meet - (rise - fall) * unit;
    const half = base > meet - 60 && base < meet + 60;
    return html`<svg class="gb-force" viewBox="0 0 ${this.width.value} ${H}" width=${this.width.value} height=${H} role="img"
        aria-label=${`Features push the output up by ${value(rise, 3)} and down by ${value(fall, 3)}, to ${value(this.output, 3)}`}>
      ${this.side(up, meet, -1, unit)}${this.side(down, meet, 1, unit)}
      <line class="gb-force-mark" x1=${meet} x2=${meet} y1=${TOP - 8} y2=${TOP + BAR + 6}></line>
      <text class="gb-force-output" x=${meet} y="13" text-anchor="middle">f(x) ${value(this.output, 3)}</text>
      ${half ? nothing : svg`<line class="gb-zero" x1=${base} x2=${base} y1=${TOP - 8} y2=${TOP + BAR + 4}></line><text class="gb-tick" x=${base} y="13" text-anchor="middle">base ${value(this.output - rise + fall, 3)}</text>`}
    </svg>`;
  }

  /** Arrows from the meeting point outwards, largest first; what is too thin for its name stays bare. */
  private side(effects: readonly Effect[], meet: number, way: -1 | 1, unit: number): TemplateResult[] {
    let at = meet;
    return effects.map((e, i) => {
      const wide = Math.abs(e.effect) * unit;
      const [near, far] = [at, at + way * wide];
      at = far;
      // The tip points towards the output's own direction: up is to the right, down to the left.
      const tip = Math.min(6, wide) * -way;
      const gap = Math.min(1, wide / 4) * way;
      const path = `M${near + gap} ${TOP}L${near + gap + tip} ${TOP + BAR / 2}L${near + gap} ${TOP + BAR}H${far}L${far + tip} ${TOP + BAR / 2}L${far} ${TOP}Z`;
      const label = `${e.name}${e.text === undefined && Number.isNaN(e.value) ? "" : ` = ${e.text ?? value(e.value, 3)}`}`;
      const fits = (text: string): boolean => text.length * 6.2 + 16 < wide;
      // The label below a segment stays on the drawing.
      const [middle, room] = [(near + far) / 2, label.length * 5.6];
      const over = way < 0 ? middle - room < 0 : middle + room > this.width.value;
      const written = fits(label) ? label : fits(e.name) ? e.name : "";
      return svg`<g><title>${label}: ${e.effect > 0 ? "+" : ""}${value(e.effect, 3)}</title>
        <path class=${way < 0 ? "gb-arrow-pos" : "gb-arrow-neg"} d=${path}></path>
        ${i === 0 && !written ? svg`<text class="gb-tick" x=${over ? (way < 0 ? 0 : this.width.value) : middle} y=${TOP + BAR + 16} text-anchor=${(way < 0) === over ? "start" : "end"}>${label}</text>` : nothing}
        ${written ? svg`<text class="gb-arrow-in" x=${(near + far) / 2} y=${TOP + 16} text-anchor="middle">${written}</text>` : nothing}</g>` as TemplateResult;
    });
  }
}
define("gb-force", GbForce);
