import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import type { Placed } from "../lib/sentence.ts";
import { vars } from "../lib/vars.ts";
import { Width } from "../lib/width.ts";

/** Most tokens a side for which a table is written out. */
const WRITTEN = 40;
const cut = (text: string, room: number): string => (text.length > room ? `${text.slice(0, room - 1)}…` : text);

/** One matrix over tokens: as squares, or as lines from who looks to who is looked at. Fires `gb-token`. */
export class GbAttention extends GbElement {
  static override properties = { rows: { attribute: false }, tokens: { attribute: false }, selected: { type: Number }, view: {}, heading: {}, note: {}, controls: { attribute: false }, near: { state: true } };
  declare rows: readonly (readonly number[])[];
  declare tokens: readonly Placed[];
  /** Place of the chosen token; -1: none. */
  declare selected: number;
  /** `matrix` or `lines`. */
  declare view: string;
  declare heading: string;
  declare note: string;
  /** What stands beside the heading. */
  declare controls: TemplateResult | undefined;
  declare near: readonly [number, number] | undefined;
  private readonly width = new Width(this, 420);

  protected override render(): TemplateResult | typeof nothing {
    const rows = this.rows ?? [];
    if (rows.length === 0) return nothing;
    const most = Math.max(1e-12, ...rows.flat());
    const told = this.near ? `${this.tokens[this.near[0]]?.text ?? ""} → ${this.tokens[this.near[1]]?.text ?? ""}: ${value(rows[this.near[0]]?.[this.near[1]] ?? 0, 3)}` : "";
    return html`<figure class="gb-attention"><figcaption><div class="row wrap"><h2 class="grow">${this.heading}</h2>${this.controls ?? nothing}</div>
        <p class="row muted small"><span class="grow">${this.note}</span><span class="gb-seq"><span>0</span><i aria-hidden="true"></i><span>${value(most, 2)}</span></span></p></figcaption>
      ${this.view === "lines" ? this.lines(rows, most) : this.squares(rows, most)}
      <p class="gb-token-told muted small" aria-live="polite">${told || (this.view === "lines" ? "Left looks at right; thicker is more. Choose a token to see its lines alone." : "Rows look at columns. Point at a square for its weight.")}</p>
      ${rows.length <= WRITTEN ? html`<details class="small"><summary>Data</summary><div class="table-wrap" tabindex="0" role="region" aria-label="Weights"><table class="table"><caption class="sr-only">${this.heading}: rows look at columns</caption><thead><tr><th scope="col">Token</th>${this.tokens.map((t) => html`<th scope="col" class="num">${t.text}</th>`)}</tr></thead><tbody>${rows.map((row, i) => html`<tr><th scope="row">${this.tokens[i]?.text}</th>${row.map((v) => html`<td class="num">${value(v, 3)}</td>`)}</tr>`)}</tbody></table></div></details>` : nothing}</figure>`;
  }

  private squares(rows: readonly (readonly number[])[], most: number): TemplateResult {
    const n = rows.length;
    const longest = Math.max(...this.tokens.map((t) => Math.min(12, t.text.length)));
    const left = Math.max(30, longest * 6.6 + 10);
    const top = left * 0.72 + 8;
    const cell = Math.max(7, Math.min(34, (this.width.value - left - top * 0.6) / n));
    const [w, h] = [left + cell * n + top * 0.62, top + cell * n + 2];
    const chosen = this.tokens.findIndex((t) => t.at === this.selected);
    const labels = cell >= 9;
    return html`<svg viewBox="0 0 ${w} ${h}" width=${w} height=${h} role="img" aria-label=${`${this.heading}, ${n} by ${n} tokens, largest ${value(most, 2)}`} @pointerleave=${() => { this.near = undefined; }}>
      ${labels ? this.tokens.map((t, i) => svg`<text class="gb-axis-token" x=${left - 7} y=${top + cell * (i + 0.5) + 4} text-anchor="end" data-on=${i === chosen ? "" : nothing}>${cut(t.text, 12)}</text><text class="gb-axis-token" text-anchor="start" transform=${`translate(${left + cell * (i + 0.5) + 3} ${top - 6}) rotate(-52)`} data-on=${i === chosen ? "" : nothing}>${cut(t.text, 12)}</text>`) : nothing}
      ${rows.map((row, i) => row.map((v, j) => svg`<rect class="gb-cell" x=${left + cell * j + 0.75} y=${top + cell * i + 0.75} width=${cell - 1.5} height=${cell - 1.5} rx="2.5" ${vars({ "--v": (v / most).toFixed(3) })} @pointerenter=${() => { this.near = [i, j]; }} @click=${() => this.choose(i)}></rect>`))}
      ${chosen >= 0 ? svg`<rect class="gb-frame-row" x=${left - 1} y=${top + cell * chosen - 1} width=${cell * n + 2} height=${cell + 2} rx="4"></rect>` : nothing}</svg>`;
  }

  private lines(rows: readonly (readonly number[])[], most: number): TemplateResult {
    const step = 26;
    const w = Math.min(520, this.width.value);
    const h = rows.length * step + 8;
    const side = Math.max(60, Math.min(130, Math.max(...this.tokens.map((t) => t.text.length)) * 7.4 + 12));
    const y = (i: number): number => i * step + step / 2 + 2;
    const chosen = this.tokens.findIndex((t) => t.at === this.selected);
    return html`<svg viewBox="0 0 ${w} ${h}" width=${w} height=${h} role="img" aria-label=${`${this.heading} as lines from each token to those it looks at`}>
      ${rows.map((row, i) => row.map((v, j) => (v / most < 0.04 || (chosen >= 0 && chosen !== i) ? nothing : svg`<path class="gb-look-line" d=${`M${side} ${y(i)}C${w / 2} ${y(i)} ${w / 2} ${y(j)} ${w - side} ${y(j)}`} ${vars({ "--v": (v / most).toFixed(3) })}></path>`)))}
      ${this.tokens.map((t, i) => svg`<text class="gb-axis-token" x=${side - 8} y=${y(i) + 4} text-anchor="end" data-on=${i === chosen ? "" : nothing}>${cut(t.text, 16)}</text><text class="gb-axis-token" x=${w - side + 8} y=${y(i) + 4}>${cut(t.text, 16)}</text>`)}</svg>`;
  }

  private choose(row: number): void {
    const at = this.tokens[row]?.at ?? -1;
    this.dispatchEvent(new CustomEvent<number>("gb-token", { detail: at === this.selected ? -1 : at, bubbles: true }));
  }
}
define("gb-attention", GbAttention);
