import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import type { Effect } from "../lib/row.ts";
import { Width } from "../lib/width.ts";

export type { Effect };

/** The value as people say it; nothing where there is none. */
const said = (row: Effect, digits: number): string => row.text ?? (Number.isNaN(row.value) ? "" : value(row.value, digits));
const cut = (text: string, room: number): string => (text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text);

const ROW = 30;
const RIGHT = 64;
const TOP = 18;

/** Round numbers between two ends: steps of 1, 2 or 5. */
function nice(low: number, high: number): number[] {
  const rough = (high - low || 1) / 4;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((k) => k * ten >= rough * 0.7) ?? 10) * ten;
  const out: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) out.push(k * step);
  return out;
}

/** Effects of a row's features, largest first, as arrows from the base to the answer. */
export class GbWaterfall extends GbElement {
  static override properties = { effects: { attribute: false }, count: { type: Number }, heading: {}, sums: { type: Boolean }, output: { type: Number }, note: {} };
  declare effects: readonly Effect[];
  declare count: number;
  declare heading: string;
  declare note: string;
  /** Whether the effects add up: then arrows chain, otherwise each starts at zero. */
  declare sums: boolean;
  /** The explained output of this row; with it a chain ends where the output is. */
  declare output: number | undefined;
  private readonly width = new Width(this, 560);

  protected override render(): TemplateResult | typeof nothing {
    const all = [...(this.effects ?? [])].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
    if (all.length === 0) return nothing;
    const shown = all.slice(0, this.count || 10);
    const rest = all.slice(shown.length);
    const rows: Effect[] = rest.length ? [...shown, { name: `${rest.length} other features`, value: Number.NaN, effect: rest.reduce((sum, e) => sum + e.effect, 0), ...(rest.some((e) => e.error !== undefined) ? { error: Math.hypot(...rest.map((e) => e.error ?? 0)) } : {}) }] : shown;
    // Biggest on top: the chain runs from the base at the bottom to the answer at the top.
    const W = this.width.value;
    const left = W < 480 ? 132 : Math.min(250, W * 0.4);
    const chained = this.sums && this.output !== undefined && Number.isFinite(this.output);
    const base = chained ? (this.output ?? 0) - all.reduce((sum, e) => sum + e.effect, 0) : 0;
    let at = base;
    const spans = [...rows].reverse().map((row) => {
      const from = this.sums ? at : base;
      at = from + row.effect;
      return { row, from, to: at };
    }).reverse();
    const low = Math.min(base, ...spans.map((s) => Math.min(s.from, s.to, s.to - (s.row.error ?? 0))));
    const high = Math.max(base, ...spans.map((s) => Math.max(s.from, s.to, s.to + (s.row.error ?? 0))));
    const x = (v: number): number => left + ((v - low) / (high - low || 1)) * (W - left - RIGHT);
    const height = rows.length * ROW + 40 + TOP;
    const ticks = nice(low, high);
    return html`<figure class="gb-waterfall">
      <figcaption class="row"><b>${this.heading}</b><span class="muted">${this.sums ? "waterfall" : "effects"}</span><span class="muted small grow num">${shown.length} of ${all.length} features</span></figcaption>
      <svg viewBox="0 0 ${W} ${height}" width=${W} height=${height} role="img" aria-label=${`${shown.length} largest of ${all.length} features; largest ${shown[0]?.name ?? ""} ${value(shown[0]?.effect, 3)}`}>
        ${ticks.map((t) => svg`<line class="gb-grid" x1=${x(t)} x2=${x(t)} y1=${TOP} y2=${height - 34}></line><text class="gb-tick" x=${x(t)} y=${height - 18} text-anchor="middle">${value(t, 2)}</text>`)}
        <line class="gb-zero" x1=${x(base)} x2=${x(base)} y1=${TOP} y2=${height - 34}></line>
        ${spans.map(({ row, from, to }, i) => this.arrow(row, x(from), x(to), i * ROW + 4 + TOP, left, x(to + (row.error ?? 0)) - x(to)))}
        ${this.sums ? svg`<text class="gb-tick" x=${x(base)} y=${height - 3} text-anchor="middle">base${chained ? ` ${value(base, 3)}` : ""}</text>` : nothing}
        ${chained ? svg`<line class="gb-force-mark" x1=${x(this.output ?? 0)} x2=${x(this.output ?? 0)} y1=${TOP - 4} y2=${TOP + 4}></line><text class="gb-force-output" x=${x(this.output ?? 0)} y="11" text-anchor="middle">f(x) ${value(this.output, 3)}</text>` : nothing}
      </svg>
      <details class="small"><summary>Data</summary><table class="table"><thead><tr><th scope="col">Feature</th><th scope="col" class="num">Value</th><th scope="col" class="num">Effect</th>${all.some((e) => e.error !== undefined) ? html`<th scope="col" class="num">± one standard error</th>` : nothing}</tr></thead>
        <tbody>${all.map((e) => html`<tr><th scope="row" class="mono">${e.name}</th><td class="num">${said(e, 4)}</td><td class="num">${e.effect > 0 ? "+" : ""}${value(e.effect)}</td>${e.error === undefined ? nothing : html`<td class="num">${value(e.error, 3)}</td>`}</tr>`)}</tbody></table></details>
      ${this.note ? html`<p class="muted xs">${this.note}</p>` : nothing}
    </figure>`;
  }

  private arrow(row: Effect, from: number, to: number, y: number, left: number, error: number): TemplateResult {
    const h = 22;
    const wide = Math.abs(to - from);
    const tip = Math.min(7, wide) * Math.sign(to - from || 1);
    const written = `${row.effect > 0 ? "+" : ""}${value(row.effect, 3)}`;
    const inside = wide > 54;
    const path = `M${from} ${y}H${to - tip}L${to} ${y + h / 2}L${to - tip} ${y + h}H${from}Z`;
    const side = row.effect >= 0 ? "pos" : "neg";
    const room = Math.max(8, Math.floor((left - 52) / 6.7));
    const name = cut(row.name, room);
    const short = cut(said(row, 3), Math.max(6, room - name.length + 5));
    const end = error > 0 ? Math.max(from, to + error) : Math.max(from, to);
    return svg`<g><title>${row.name}${said(row, 4) ? ` = ${said(row, 4)}` : ""}: ${written}${row.error === undefined ? "" : ` ± ${value(row.error, 3)}`}</title>
      <text class="gb-feature" x=${left - 10} y=${y + 15} text-anchor="end"><tspan class="gb-feature-value">${short ? `${short} ` : ""}</tspan><tspan class="gb-feature-name">${name}</tspan></text>
      <path class="gb-arrow-${side}" d=${path}></path>
      ${error > 0.5 ? svg`<path class="gb-error" d=${`M${to - error} ${y + h / 2}H${to + error}M${to - error} ${y + 7}v${h - 14}M${to + error} ${y + 7}v${h - 14}`}></path>` : nothing}
      <text class=${inside ? "gb-arrow-in" : `gb-arrow-out-${side}`} x=${inside ? (from + to - Math.sign(to - from) * error) / 2 : end + 7} y=${y + 15} text-anchor=${inside ? "middle" : "start"}>${written}</text></g>` as TemplateResult;
  }
}
define("gb-waterfall", GbWaterfall);
