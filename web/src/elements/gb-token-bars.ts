import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import type { Effect } from "../lib/row.ts";
import { signed } from "../lib/sentence.ts";
import { vars } from "../lib/vars.ts";

/** Bars before the rest is folded. */
const SHOWN = 9;

/** What the tokens did, largest first, as bars from zero. */
export class GbTokenBars extends GbElement {
  static override properties = { effects: { attribute: false }, note: {}, all: { state: true } };
  declare effects: readonly Effect[];
  declare note: string;
  declare all: boolean;

  protected override render(): TemplateResult {
    const order = [...this.effects].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
    const low = Math.min(0, ...order.map((e) => e.effect));
    const span = Math.max(0, ...order.map((e) => e.effect)) - low || 1;
    const share = (v: number): string => `${((v / span) * 100).toFixed(2)}%`;
    return html`<h2>Largest effects</h2>
      <ul class="gb-effects">${order.slice(0, this.all ? undefined : SHOWN).map((e) => html`<li data-sign=${e.effect < 0 ? "neg" : "pos"}><span class="ellipsis">${e.name}</span><span class="gb-effect" aria-hidden="true" ${vars({ "--zero": share(-low), "--from": share((e.effect < 0 ? e.effect : 0) - low), "--size": share(Math.abs(e.effect)) })}><i></i></span><span class="num" title=${e.error === undefined ? nothing : `± ${e.error.toPrecision(2)} (one standard error)`}>${signed(e.effect)}</span></li>`)}</ul>
      <p class="muted xs">${this.note}${order.length > SHOWN ? html` <button type="button" class="link-btn" aria-expanded=${this.all ? "true" : "false"} @click=${() => { this.all = !this.all; }}>${this.all ? "The strongest" : `All ${order.length} tokens`}</button>` : nothing}</p>`;
  }
}
define("gb-token-bars", GbTokenBars);
