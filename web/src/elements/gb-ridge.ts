import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { getJson, sentence } from "../lib/http.ts";
import type { Histogram } from "../lib/types.ts";

interface Entry { readonly id: string; readonly label: string; readonly step: number | null; readonly histogram: Histogram | null; readonly mean: number | null; readonly std: number | null }
const W = 330;
const STEP = 22;
const RISE = 42;

/** A tensor's histogram at each checkpoint, newest in front. */
export class GbRidge extends GbElement {
  static override properties = { model: {}, tensor: {}, entries: { state: true }, problem: { state: true } };
  declare model: string;
  declare tensor: string;
  declare entries: readonly Entry[] | undefined;
  declare problem: string | undefined;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("tensor") || changed.has("model")) void this.load();
  }

  private async load(): Promise<void> {
    const tensor = this.tensor;
    try {
      const answer = await getJson<{ checkpoints: Entry[] }>(api(`/models/${encodeURIComponent(this.model)}/tensors/history`, { name: tensor }));
      if (tensor === this.tensor) this.entries = answer.checkpoints;
    } catch (error) {
      if (tensor === this.tensor) this.problem = sentence(error);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.problem) return html`<p class="bad xs">${this.problem}</p>`;
    const entries = (this.entries ?? []).filter((e): e is Entry & { histogram: Histogram } => e.histogram !== null && e.histogram.counts.length > 0);
    if (entries.length === 0) return nothing;
    const low = Math.min(...entries.map((e) => e.histogram.edges[0] ?? 0));
    const high = Math.max(...entries.map((e) => e.histogram.edges.at(-1) ?? 0));
    const x = (v: number): number => 44 + ((v - low) / (high - low || 1)) * (W - 50);
    const height = RISE + entries.length * STEP + 20;
    const density = entries.map((e) => e.histogram.counts.map((c, i) => c / ((e.histogram.edges[i + 1] ?? 0) - (e.histogram.edges[i] ?? 0) || 1)));
    const top = Math.max(1e-30, ...density.flat());
    const area = (e: Entry & { histogram: Histogram }, d: readonly number[], y: number): string =>
      `M${x(e.histogram.edges[0] ?? 0).toFixed(1)} ${y}L${d.map((v, i) => `${x(((e.histogram.edges[i] ?? 0) + (e.histogram.edges[i + 1] ?? 0)) / 2).toFixed(1)} ${(y - (v / top) * RISE).toFixed(1)}`).join("L")}L${x(e.histogram.edges.at(-1) ?? 0).toFixed(1)} ${y}Z`;
    return html`<figure class="gb-ridge"><figcaption class="small strong">Distribution${entries.length > 1 ? ` over ${entries.length} checkpoints` : ""}</figcaption>
      <svg viewBox="0 0 ${W} ${height}" role="img" aria-label=${`Histograms of ${this.tensor}: ${entries.map((e) => `${e.label} std ${value(e.std, 3)}`).join(", ")}`}>
        ${entries.map((e, i) => { const y = RISE + i * STEP; return svg`<path class="gb-ridge-area" fill-opacity=${0.35 + (0.65 * (i + 1)) / entries.length} d=${area(e, density[i] ?? [], y)}></path><text class="gb-tick" x="38" y=${y} text-anchor="end">${e.label.length > 7 ? `${e.label.slice(0, 6)}…` : e.label}</text>`; })}
        ${[low, (low + high) / 2, high].map((t, i) => svg`<text class="gb-tick" x=${x(t)} y=${height - 4} text-anchor=${i === 0 ? "start" : i === 1 ? "middle" : "end"}>${value(t, 2)}</text>`)}
      </svg></figure>`;
  }
}
define("gb-ridge", GbRidge);
