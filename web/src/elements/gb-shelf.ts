import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { board } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";

/** What the reader put together: pinned charts, and charts of several tags. */
class GbShelf extends GbElement {
  private shown = "";

  override connectedCallback(): void {
    super.connectedCallback();
    board.watch(() => {
      const { pin, own, cols } = board.state.values;
      const now = JSON.stringify([pin, own, cols]);
      if (now !== this.shown) this.requestUpdate();
      this.shown = now;
    });
  }

  private section(name: string, cards: readonly string[], card: (one: string) => TemplateResult): TemplateResult | typeof nothing {
    if (cards.length === 0) return nothing;
    return html`<section class="shelf"><div class="shelf-head"><h2>${name}</h2><span class="muted count">${cards.length}</span></div>
      <div class="cards" data-cols=${board.state.values.cols}>${repeat(cards, (one) => one, card)}</div></section>`;
  }

  protected override render(): TemplateResult {
    const { pin, own } = board.state.values;
    return html`
      ${this.section("Pinned", pin, (tag) => html`<gb-line class="card chart" data-tag=${tag} data-caption=${tag} data-place="pin"></gb-line>`)}
      ${this.section("Charts of several tags", own, (match) => html`<gb-line class="card chart" data-match=${match} data-place="own"></gb-line>`)}`;
  }
}
define("gb-shelf", GbShelf);
