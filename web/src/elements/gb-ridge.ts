import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { tick, value } from "../lib/format.ts";
import { density, ticksOf } from "../lib/histogram.ts";
import { getJson, sentence } from "../lib/http.ts";
import type { Histogram } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";

interface Answered { readonly id: string; readonly label: string; readonly step: number | null; readonly histogram: Histogram | null; readonly mean: number | null; readonly std: number | null }
interface Entry extends Answered { readonly histogram: Histogram }

const W = 338;
const LEFT = 50;
const RIGHT = 6;
const RISE = 44;
/** More checkpoints than this are drawn, but not all of them are named. */
const NAMED = 8;
const POINTS = 160;
let serial = 0;

/** A tensor's histogram at each checkpoint: one below the other, newest in front, or all over each other. */
export class GbRidge extends GbElement {
  static override properties = { model: {}, tensor: {}, entries: { state: true }, problem: { state: true }, overlay: { state: true } };
  declare model: string;
  declare tensor: string;
  declare entries: readonly Answered[] | undefined;
  declare problem: string | undefined;
  declare overlay: boolean;
  private readonly name = `ridge-${(serial += 1)}`;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("tensor") || changed.has("model")) void this.load();
  }

  private async load(): Promise<void> {
    const { tensor } = this;
    try {
      const answer = await getJson<{ checkpoints: Answered[] }>(api(`/models/${encodeURIComponent(this.model)}/tensors/history`, { name: tensor }));
      if (tensor !== this.tensor) return;
      this.entries = answer.checkpoints;
      this.problem = undefined;
    } catch (error) {
      if (tensor === this.tensor) this.problem = sentence(error);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.problem) return html`<p class="bad xs" role="alert">${this.problem}</p>`;
    const entries = (this.entries ?? []).filter((e): e is Entry => e.histogram !== null && e.histogram.counts.length > 0);
    if (entries.length === 0) return nothing;
    const many = entries.length > 1;
    return html`<figure class="gb-ridge"><div class="gb-ridge-head"><figcaption class="strong">${many ? "Distribution over training" : "Distribution"}</figcaption>
      ${many ? html`<fieldset class="seg"><legend class="sr-only">How the checkpoints are drawn</legend>${([[false, "Ridge"], [true, "Overlay"]] as const).map(([over, word]) => html`<label><input type="radio" name=${this.name} .checked=${Boolean(this.overlay) === over} @change=${() => { this.overlay = over; }}>${word}</label>`)}</fieldset>` : nothing}</div>
      ${this.draw(entries)}</figure>`;
  }

  private draw(entries: readonly Entry[]): TemplateResult {
    const [low, high] = this.range(entries);
    const x = (v: number): number => LEFT + ((v - low) / (high - low || 1)) * (W - LEFT - RIGHT);
    const step = this.overlay ? 0 : Math.max(5, Math.min(22, 190 / entries.length));
    const rise = this.overlay ? 120 : RISE;
    const height = rise + (entries.length - 1) * step + 30;
    const shapes = entries.map(({ histogram }) => {
      const total = histogram.counts.reduce((a, b) => a + b, 0) || 1;
      return density(histogram, low, high, POINTS).map((v) => v / total);
    });
    // A constant tensor is one spike; it must not press the others flat.
    const peaks = shapes.map((d) => Math.max(...d)).sort((a, b) => a - b);
    const top = Math.max(1e-30, Math.min(peaks.at(-1) ?? 1, 4 * (peaks[Math.floor(peaks.length / 2)] ?? 1)));
    const line = (i: number, y: number): string => {
      const points = [...(shapes[i] ?? [])].map((d, k) => `${x(low + ((k + 0.5) / POINTS) * (high - low)).toFixed(1)} ${(y - Math.min(1, d / top) * rise).toFixed(1)}`);
      return `M${x(low).toFixed(1)} ${y}L${points.join("L")}L${x(high).toFixed(1)} ${y}`;
    };
    const shade = (i: number): string => `color-mix(in srgb, var(--accent) ${Math.round(28 + (72 * (i + 1)) / entries.length)}%, var(--surface))`;
    const every = Math.ceil(entries.length / NAMED);
    const named = (i: number): boolean => i === entries.length - 1 || (i % every === 0 && entries.length - 1 - i >= every);
    const words = entries.map((e) => `${e.label} std ${value(e.std, 3)}`).join(", ");
    return html`<svg viewBox="0 0 ${W} ${height}" role="img" aria-label=${`Histograms of ${this.tensor}: ${words}`}>
      ${ticksOf(low, high, 4).map((t) => svg`<line class="gb-grid" x1=${x(t)} x2=${x(t)} y1="4" y2=${height - 18}></line><text class="gb-tick" x=${x(t)} y=${height - 4} text-anchor="middle">${t > 0 && low < 0 ? "+" : ""}${tick(t)}</text>`)}
      ${entries.map((e, i) => {
        const y = rise + 4 + i * step;
        const d = line(i, y);
        return this.overlay
          ? svg`<path class="gb-ridge-line" ${vars({ stroke: shade(i) })} d=${d}><title>${e.label}, std ${value(e.std, 3)}</title></path>`
          : svg`<path class="gb-ridge-area" ${vars({ fill: shade(i) })} d=${`${d}Z`}><title>${e.label}, std ${value(e.std, 3)}</title></path>${named(i) ? svg`<text class="gb-tick" x=${LEFT - 8} y=${y} text-anchor="end">${short(e)}</text>` : nothing}`;
      })}
    </svg>${this.overlay ? html`<p class="muted xs">From ${short(entries[0])}, palest, to ${short(entries.at(-1))}, darkest.</p>` : nothing}`;
  }

  /** The widest range, but at most six σ about the mean: a lone element far out would hide the shape. */
  private range(entries: readonly Entry[]): [number, number] {
    const ends = entries.map((e) => {
      const [low, high] = [e.histogram.edges[0] ?? 0, e.histogram.edges.at(-1) ?? 1];
      const [mean, reach] = [e.mean ?? (low + high) / 2, 6 * (e.std ?? high - low)];
      return reach > 0 ? [Math.max(low, mean - reach), Math.min(high, mean + reach)] : [low, high];
    });
    const [low, high] = [Math.min(...ends.map((e) => e[0] ?? 0)), Math.max(...ends.map((e) => e[1] ?? 1))];
    const air = (high - low) * 0.04;
    return [low - air, high + air];
  }
}

function short(entry: Answered | undefined): string {
  if (!entry) return "";
  if (entry.label.length <= 8) return entry.label;
  return entry.step === null ? `${entry.label.slice(0, 7)}…` : tick(entry.step);
}

define("gb-ridge", GbRidge);
