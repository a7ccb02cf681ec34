import { html, type TemplateResult } from "lit";
import { board, pattern } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";

/** The toolbar over histograms: tag filter, ridges or overlay. */
class GbHistogramBar extends GbElement {
  override connectedCallback(): void {
    super.connectedCallback();
    board.state.watch(() => { this.requestUpdate(); this.apply(); });
    document.addEventListener("gb-renewed", () => this.apply());
    this.apply();
  }

  private apply(): void {
    const filter = pattern(board.state.values.tags);
    for (const card of document.querySelectorAll<HTMLElement>("gb-histogram")) card.hidden = filter !== null && !filter.test(card.dataset["tag"] ?? "");
  }

  protected override render(): TemplateResult {
    const { tags, view } = board.state.values;
    return html`<div class="field tag-filter"><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <input type="text" data-filter placeholder="Filter tags" aria-label="Filter tags, regex" spellcheck="false" autocomplete="off" .value=${tags} @input=${(e: InputEvent) => board.state.set({ tags: (e.target as HTMLInputElement).value })} /><kbd>/</kbd></div>
      <fieldset class="seg"><legend class="sr-only">How steps are laid out</legend>
        ${([["offset", "Offset"], ["overlay", "Overlay"]] as const).map(([word, name]) => html`<label><input type="radio" name="view" .checked=${view === word} @change=${() => board.state.set({ view: word }, true)} />${name}</label>`)}
      </fieldset><span class="muted small">The first shown run of each tag, newest step in front</span>`;
  }
}
define("gb-histogram-bar", GbHistogramBar);
