import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { classes } from "../lib/row.ts";
import type { Prediction } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";

/** The classes a model gave, largest first; a click explains that class. Fires `gb-target`. */
export class GbPrediction extends GbElement {
  static override properties = { prediction: { attribute: false }, target: { attribute: false }, error: { attribute: false }, all: { state: true } };
  declare prediction: Prediction | undefined;
  declare target: number | null;
  declare error: string | undefined;
  /** Whether every class is listed. */
  declare all: boolean;

  protected override render(): TemplateResult {
    const p = this.prediction;
    if (this.error) return html`<h2>Prediction</h2><p class="notice notice-bad small" role="alert">${this.error}</p>`;
    if (!p) return html`<h2>Prediction</h2><p class="muted small">Running the model…</p><div class="gb-bars-wait" aria-hidden="true"></div>`;
    const share = p.probability ?? null;
    const order = [...p.top, ...p.prediction.map((_, i) => i).filter((i) => !p.top.includes(i))].slice(0, this.all ? undefined : 5);
    const largest = Math.max(1e-12, ...p.prediction.map(Math.abs));
    const main = this.target ?? order[0] ?? 0;
    return html`
      <h2>Prediction</h2>
      <ul class="gb-bars">
        ${order.map((i) => {
          const part = share ? (share[i] ?? 0) : Math.abs(p.prediction[i] ?? 0) / largest;
          const written = share ? `${((share[i] ?? 0) * 100).toFixed(1)} %` : value(p.prediction[i], 3);
          return html`<li>
            <button type="button" aria-pressed=${i === main} title="Explain this class" @click=${() => this.choose(i)}>
              <span class="ellipsis">${p.labels[i] ?? `class ${i}`}</span><span class="num">${written}</span>
              <i ${vars({ "--fill": `${(part * 100).toFixed(2)}%` })}></i>
            </button>
          </li>`;
        })}
      </ul>
      ${p.probability?.length === 1 ? html`<p class="gb-rest small muted"><span class="ellipsis">${classes(p)[0]}</span><span class="num">${((1 - (p.probability[0] ?? 0)) * 100).toFixed(1)} %</span></p>` : nothing}
      ${p.prediction.length > 5 ? html`<button type="button" class="link-btn small" aria-expanded=${this.all ? "true" : "false"} @click=${() => { this.all = !this.all; }}>${this.all ? "The 5 likeliest" : `All ${p.prediction.length} classes`}</button>` : nothing}`;
  }

  private choose(target: number): void {
    this.dispatchEvent(new CustomEvent<number>("gb-target", { detail: target, bubbles: true }));
  }
}
define("gb-prediction", GbPrediction);
