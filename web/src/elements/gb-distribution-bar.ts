import { html, nothing, type TemplateResult } from "lit";
import { axisChoice, tagField } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { TagBar } from "../lib/tag-bar.ts";

/** The toolbar over distributions: which tags, over what, and what the bands are. */
class GbDistributionBar extends TagBar {
  protected override render(): TemplateResult {
    const { z } = board.state.values;
    return html`${tagField()}${axisChoice()}
      ${z ? html`<button class="btn" type="button" @click=${() => board.state.set({ z: null }, true)}>Whole range</button>` : nothing}
      <span class="band-key"><span class="band-swatch" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></span><span class="muted small">Median; bands hold 31–69, 16–84, 7–93 and 0–100 % of the values</span></span>`;
  }
}
define("gb-distribution-bar", GbDistributionBar);
