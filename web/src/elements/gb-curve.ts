import { html, nothing, svg, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import type { Curve } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";
import { Width } from "../lib/width.ts";

export interface NamedCurve { readonly name: string; readonly colour: string; readonly curve: Curve; readonly main: boolean }

const PAD = { left: 34, right: 6, top: 8, bottom: 22 };

/** Deletion or insertion: each method's curve before the band of random maps. */
export class GbCurve extends GbElement {
  static override properties = { curves: { attribute: false }, heading: {}, note: {}, xlabel: {}, what: {} };
  declare curves: readonly NamedCurve[];
  declare heading: string;
  declare note: string;
  declare xlabel: string;
  /** What the band is of. */
  declare what: string | undefined;
  private readonly width = new Width(this, 300);

  protected override render(): TemplateResult | typeof nothing {
    const curves = this.curves ?? [];
    if (curves.length === 0) return nothing;
    const main = curves.find((one) => one.main) ?? curves[0];
    if (!main) return nothing;
    const random = main.curve.random;
    const W = this.width.value;
    const H = Math.round(Math.min(260, Math.max(150, W * 0.34)));
    const all = [...curves.flatMap((one) => one.curve.curve), ...random.flat()].filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
    const top = high <= 1 && high > 0.5 && low >= 0 ? 1 : high;
    const x = (f: number): number => PAD.left + f * (W - PAD.left - PAD.right);
    const y = (v: number): number => PAD.top + (1 - (v - low) / (top - low || 1)) * (H - PAD.top - PAD.bottom);
    const line = (fraction: readonly number[], values: readonly number[]): string => values.map((v, i) => `${i ? "L" : "M"}${x(fraction[i] ?? 0).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    const f = main.curve.fraction;
    const edge = (pick: (values: number[]) => number): number[] => f.map((_, i) => pick(random.map((r) => r[i] ?? 0).sort((a, b) => a - b)));
    const lower = edge((v) => v[0] ?? 0);
    const upper = edge((v) => v.at(-1) ?? 0);
    const middle = edge((v) => v[Math.floor(v.length / 2)] ?? 0);
    const band = random.length ? `${line(f, upper)}${[...f].map((_, i) => f.length - 1 - i).map((i) => `L${x(f[i] ?? 0).toFixed(1)} ${y(lower[i] ?? 0).toFixed(1)}`).join("")}Z` : "";
    const ticks = [low, (low + top) / 2, top];
    return html`<figure class="gb-curve">
      <figcaption><b>${this.heading}</b> <span class="muted small">${this.note}</span></figcaption>
      <svg viewBox="0 0 ${W} ${H}" width=${W} height=${H} role="img" aria-label=${`${this.heading}: ${main.name} area ${value(main.curve.auc, 3)}${random.length ? `, ${random.length} random maps ${value(Math.min(...main.curve.random_auc), 3)} to ${value(Math.max(...main.curve.random_auc), 3)}` : ""}`}>
        ${ticks.map((t) => svg`<line class="gb-grid" x1=${PAD.left} x2=${W - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="gb-tick" x=${PAD.left - 6} y=${y(t) + 3.5} text-anchor="end">${value(t, 2)}</text>`)}
        ${[0, 0.5, 1].map((t) => svg`<text class="gb-tick" x=${x(t)} y=${H - 6} text-anchor=${t === 0 ? "start" : t === 1 ? "end" : "middle"}>${t * 100} %</text>`)}
        ${band ? svg`<path class="gb-band" d=${band}></path><path class="gb-middle" d=${line(f, middle)}></path>` : nothing}
        ${[...curves].sort((a, b) => Number(a.main) - Number(b.main)).map((one) => svg`<path class=${one.main ? "gb-line gb-line-main" : "gb-line"} d=${line(one.curve.fraction, one.curve.curve)} ${vars({ stroke: one.colour })}></path>`)}
      </svg>
      <p class="muted xs gb-curve-legend"><span class="gb-band-key" aria-hidden="true"></span>${random.length ? `${random.length} ${this.what ?? "random maps"}, dashed: their median. ` : `No ${this.what ?? "random maps"}. `}x: ${this.xlabel}</p>
    </figure>`;
  }
}
define("gb-curve", GbCurve);
