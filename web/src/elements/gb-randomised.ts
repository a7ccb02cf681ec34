import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { mostPasses, mprtPoints, passesOf, pictureOf, randomisationOf, type Mprt } from "../lib/picture-evidence.ts";
import type { Run } from "../lib/session.ts";
import { Width } from "../lib/width.ts";

const PAD = { left: 30, right: 10, top: 8, bottom: 20 };
const H = 150;

/** What becomes of the map when the weights are shuffled or another class is meant; else the way to measure it. Fires `gb-measure`. */
export class GbRandomised extends GbElement {
  static override properties = { run: { attribute: false }, version: { attribute: false }, thorough: { type: Boolean }, classes: { attribute: false } };
  declare run: Run | undefined;
  declare version: number;
  /** Whether everything is measured of this method already. */
  declare thorough: boolean;
  declare classes: readonly string[];
  private readonly width = new Width(this, 280);

  protected override render(): TemplateResult {
    const { run } = this;
    const found = randomisationOf(run?.result);
    const logit = found?.random_logit;
    const mprt = found?.mprt;
    const last = mprt ? mprtPoints(mprt.shuffled, mprt.similarity).at(-1) : undefined;
    const rise = mprt?.entropy_rise;
    return html`<h2>Randomised weights</h2>
      ${mprt ? this.curve(mprt) : nothing}
      ${mprt || logit ? html`<dl class="gb-facts small">
        ${last && last.layers > 0 ? html`<dt>All shuffled</dt><dd><b>${value(last.value, 2)}</b> <span class="muted">of the order is left</span></dd>` : nothing}
        ${typeof rise === "number" ? html`<dt>Entropy</dt><dd><b>${rise < 0 ? "−" : "+"}${value(Math.abs(rise) * 100, 2)} %</b> <span class="muted">with all shuffled; a rise is better</span></dd>` : nothing}
        ${logit ? html`<dt>Another class</dt><dd><b>${value(logit.similarity, 2)}</b> <span class="muted">correlation with the map for ${this.classes[logit.class] ?? `class ${logit.class}`}; well below 1 is better</span></dd>` : nothing}</dl>` : nothing}
      ${found && !mprt && !logit ? html`<p class="muted small">Nothing could be measured; the sentences say why.</p>` : nothing}
      ${this.ask(run)}`;
  }

  private ask(run: Run | undefined): TemplateResult | typeof nothing {
    if (!run) return nothing;
    if (this.thorough) return run.result ? nothing : html`<p class="muted small" role="status">${run.error ?? "Measuring everything…"}</p>`;
    const evidence = pictureOf(run.result);
    // A kept answer knows what it took; the estimate speaks of the method alone.
    const each = passesOf(run.method);
    const passes = evidence && each !== undefined ? ` (up to ${integer(mostPasses(evidence.parts, each))} passes)` : "";
    return html`<p class="small muted">Not yet: does the map fall apart when the weights are shuffled layer by layer, and does it change with the class? Measuring everything also draws more moved maps and finer curves.</p>
      <p><button type="button" class="btn" ?disabled=${!run.result} @click=${() => this.dispatchEvent(new CustomEvent<Run>("gb-measure", { detail: run, bubbles: true }))}>Measure everything${passes}</button></p>`;
  }

  private curve(found: Mprt): TemplateResult {
    const W = this.width.value;
    const all = [mprtPoints(found.shuffled, found.similarity), ...(found.smooth ? [mprtPoints(found.shuffled, found.smooth)] : [])];
    const low = Math.min(0, ...all.flat().map((p) => p.value));
    const x = (layers: number): number => PAD.left + (layers / Math.max(1, found.layers)) * (W - PAD.left - PAD.right);
    const y = (v: number): number => PAD.top + (1 - (v - low) / (1 - low)) * (H - PAD.top - PAD.bottom);
    const path = (points: ReturnType<typeof mprtPoints>): string => points.map((p, i) => `${i ? "L" : "M"}${x(p.layers).toFixed(1)} ${y(p.value).toFixed(1)}`).join("");
    const [own = [], smooth] = all;
    return html`<figure class="gb-mprt"><figcaption class="small muted">Correlation with the map of the trained model as layers are shuffled, from the output down; near 0 at the end is better</figcaption>
      <svg viewBox="0 0 ${W} ${H}" width=${W} height=${H} role="img" aria-label=${`Correlation with the trained model's map: ${own.map((p) => `${value(p.value, 2)} with ${p.layers} of ${found.layers} layers shuffled`).join(", ")}`}>
        ${[...(low < -0.05 ? [low] : []), 0, 0.5, 1].map((t) => svg`<line class="gb-grid" x1=${PAD.left} x2=${W - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="gb-tick" x=${PAD.left - 5} y=${y(t) + 3.5} text-anchor="end">${value(t, 2)}</text>`)}
        <text class="gb-tick" x=${x(0)} y=${H - 4}>none</text><text class="gb-tick" x=${x(found.layers)} y=${H - 4} text-anchor="end">all ${found.layers} layers</text>
        ${smooth ? svg`<path class="gb-least" d=${path(smooth)}></path>` : nothing}<path class="gb-most" d=${path(own)}></path>
        ${own.map((p) => svg`<circle class="gb-knot" cx=${x(p.layers)} cy=${y(p.value)} r="3.2"></circle>`)}</svg>
      <p class="muted xs">Solid: this map.${smooth ? " Dashed: the mean over noisy copies of the picture." : ""}</p></figure>`;
  }
}
define("gb-randomised", GbRandomised);
