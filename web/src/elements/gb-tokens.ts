import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { signed, type Placed } from "../lib/sentence.ts";
import { vars } from "../lib/vars.ts";

/** A sentence whose tokens are coloured by what they did. Arrows move among them; the one under the pointer is read out. Fires `gb-token`. */
export class GbTokens extends GbElement {
  static override properties = { tokens: { attribute: false }, values: { attribute: false }, selected: { type: Number }, sign: {}, unit: {}, near: { state: true } };
  declare tokens: readonly Placed[];
  /** One number a place of the model; nothing where none is known yet. */
  declare values: ArrayLike<number> | undefined;
  /** Place of the chosen token; -1: none. */
  declare selected: number;
  /** `b`oth signs, `p`ositive, `n`egative or `a`bsolute. */
  declare sign: string;
  declare unit: string;
  declare near: number | undefined;

  private shown(value: number): number {
    if (this.sign === "p") return Math.max(0, value);
    if (this.sign === "n") return Math.min(0, value);
    return this.sign === "a" ? Math.abs(value) : value;
  }

  protected override render(): TemplateResult {
    const all = (this.tokens ?? []).map((token) => this.shown(Number(this.values?.[token.at] ?? 0)));
    const most = Math.max(1e-12, ...all.map(Math.abs));
    const order = [...all.keys()].sort((a, b) => Math.abs(all[b] ?? 0) - Math.abs(all[a] ?? 0));
    const focus = this.tokens?.some((token) => token.at === this.selected) ? this.selected : this.tokens?.[0]?.at;
    const told = this.tokens?.findIndex((token) => token.at === (this.near ?? this.selected)) ?? -1;
    const one = this.tokens?.[told];
    return html`<ol class="gb-tokens" aria-label="Tokens" @keydown=${(e: KeyboardEvent) => this.move(e)} @pointerleave=${() => { this.near = undefined; }}>
        ${(this.tokens ?? []).map((token, i) => {
          const v = all[i] ?? 0;
          const size = this.values ? Math.abs(v) / most : 0;
          return html`<li><button type="button" data-at=${token.at} data-sign=${v < 0 ? "neg" : "pos"} ?data-mark=${token.special} tabindex=${token.at === focus ? 0 : -1} aria-pressed=${token.at === this.selected}
            aria-label=${this.values ? `${token.text}, ${signed(v)}` : token.text} title=${token.unknown ? `${token.text}: not in the vocabulary` : nothing}
            ${vars({ "--w": size.toFixed(3) })} @click=${() => this.choose(token.at)} @pointerenter=${() => { this.near = token.at; }} @focus=${() => { this.near = token.at; }}>${token.text}${token.unknown ? html`<sup aria-hidden="true">?</sup>` : nothing}</button></li>`;
        })}</ol>
      <p class="gb-token-told muted small" aria-live="polite">${one && this.values ? html`<b>${one.text}</b> ${signed(all[told] ?? 0)} ${this.unit ?? ""} · ${order.indexOf(told) + 1}${order.indexOf(told) === 0 ? " (largest)" : ""} of ${all.length} · token <span class="mono">${one.token}</span>, id ${one.id}${one.unknown ? ", not in the vocabulary" : ""}` : html`${this.values ? html`<span class="gb-tokens-key" aria-hidden="true"></span> blue: against, warm: for; thicker underline: larger. Point at a token for its value.` : nothing}`}</p>`;
  }

  private choose(at: number): void {
    this.dispatchEvent(new CustomEvent<number>("gb-token", { detail: at === this.selected ? -1 : at, bubbles: true }));
  }

  private move(event: KeyboardEvent): void {
    const buttons = [...this.querySelectorAll<HTMLButtonElement>("button[data-at]")];
    const now = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = event.key === "ArrowRight" ? now + 1 : event.key === "ArrowLeft" ? now - 1 : event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : undefined;
    if (to === undefined || event.shiftKey) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  }
}
define("gb-tokens", GbTokens);
