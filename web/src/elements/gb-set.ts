import { html, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import type { Subject } from "../lib/table-set.ts";
import "./gb-set-global.ts";
import "./gb-set-dependence.ts";
import "./gb-set-cohorts.ts";
import "./gb-set-errors.ts";
import "./gb-set-interactions.ts";
import "./gb-set-performance.ts";

/** The pages of a model over a whole table: the view that the address names. */
class GbSet extends GbElement {
  static override properties = { model: {}, input: {}, checkpoint: {}, view: {} };
  declare model: string;
  declare input: string;
  declare checkpoint: string;
  declare view: string;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
  }

  protected override render(): TemplateResult {
    const subject: Subject = { model: this.model, input: this.input, checkpoint: this.checkpoint };
    switch (this.view) {
      case "dependence": return html`<gb-set-dependence .subject=${subject}></gb-set-dependence>`;
      case "performance": return html`<gb-set-performance .subject=${subject}></gb-set-performance>`;
      case "cohorts": return html`<gb-set-cohorts .subject=${subject}></gb-set-cohorts>`;
      case "errors": return html`<gb-set-errors .subject=${subject}></gb-set-errors>`;
      case "interactions": return html`<gb-set-interactions .subject=${subject}></gb-set-interactions>`;
      default: return html`<gb-set-global .subject=${subject}></gb-set-global>`;
    }
  }
}
define("gb-set", GbSet);
