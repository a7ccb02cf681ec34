import { html, type TemplateResult } from "lit";
import { TIMES, seg, tagField, timeAxis } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { histogramState } from "../lib/histogram-keys.ts";
import { TagBar } from "../lib/tag-bar.ts";

/** The toolbar over histograms: which tags, ridges or overlay, what lies along them, and the step that is pinned. */
class GbHistogramBar extends TagBar {
  override connectedCallback(): void {
    super.connectedCallback();
    histogramState.watch(() => this.requestUpdate());
  }

  protected override render(): TemplateResult {
    const { view } = board.state.values;
    const { hs } = histogramState.values;
    return html`${tagField()}
      ${seg("view", "How steps are laid out", [["offset", "Offset"], ["overlay", "Overlay"]] as const, view, (word) => board.state.set({ view: word }, true))}
      ${seg("axis", "Axis from back to front", TIMES, timeAxis(), (x) => board.state.set({ x, z: null }, true))}
      ${hs === null ? html`<span class="muted small">${view === "offset" ? "Newest in front" : "Newest strongest"}; a click pins a step in every card</span>` : html`<span class="chip chip-accent">step ${integer(hs)}<button class="chip-x" type="button" aria-label=${`No longer emphasise step ${integer(hs)}`} @click=${() => histogramState.set({ hs: null }, true)}><svg class="icon icon-s" aria-hidden="true"><use href="#i-x"></use></svg></button></span>`}`;
  }
}
define("gb-histogram-bar", GbHistogramBar);
