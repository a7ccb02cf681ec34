import { html, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { RunCards } from "../lib/run-cards.ts";
import "./gb-distribution.ts";

/** A tag's distributions: a card a run. */
class GbDistributions extends RunCards {
  protected readonly kind = "histogram";
  protected readonly tall = 253;

  protected override card(run: string): TemplateResult {
    return html`<gb-distribution class="card chart chart-band" .tag=${this.tag} .run=${run}></gb-distribution>`;
  }
}
define("gb-distributions", GbDistributions);
