import { html, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { RunCards } from "../lib/run-cards.ts";
import "./gb-histogram.ts";

/** A tag's histograms: a card a run. */
class GbHistograms extends RunCards {
  protected readonly kind = "histogram";
  protected readonly tall = 305;

  protected override card(run: string): TemplateResult {
    return html`<gb-histogram class="card chart chart-tall" .tag=${this.tag} .run=${run}></gb-histogram>`;
  }
}
define("gb-histograms", GbHistograms);
