import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { decodeColumns, type Column, type Columns } from "../lib/columns.ts";
import type { Drift, DriftInput, Said } from "../lib/comparison.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { aborted, request, sentence } from "../lib/http.ts";
import { onTheme } from "../lib/palette.ts";
import { layoutOf } from "../lib/picture.ts";
import { signed } from "../lib/set-plot.ts";
import { vars } from "../lib/vars.ts";

/** Features of a row that are listed. */
const FEATURES = 12;

interface Three { readonly width: number; readonly height: number; readonly a: Float32Array; readonly b: Float32Array }

/** Both maps of one input and their difference, on one scale: pictures as pictures, rows as bars. */
export class GbDriftMaps extends GbElement {
  static override properties = { drift: { attribute: false }, question: {}, at: { type: Number }, names: { attribute: false }, columns: { state: true }, trouble: { state: true } };
  declare drift: Drift | undefined;
  /** Id of the comparison. */
  declare question: string;
  declare at: number;
  declare names: readonly [string, string];
  declare columns: Columns<unknown> | undefined;
  declare trouble: string | undefined;
  private off: (() => void) | undefined;
  private stop: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.off = onTheme(() => this.paint());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
    this.stop?.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if ((changed.has("at") || changed.has("question")) && this.question) void this.load();
  }

  private async load(): Promise<void> {
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.trouble = undefined;
    if (!this.drift?.inputs[this.at]?.kept) { this.columns = undefined; return; }
    try {
      const answer = await request(api(`/comparisons/${this.question}/maps`, { at: this.at }), { signal });
      this.columns = decodeColumns(await answer.arrayBuffer());
    } catch (error) {
      if (!aborted(error)) this.trouble = sentence(error);
    }
  }

  /** Channels added up, where the maps are pictures. */
  private three(): Three | undefined {
    const [a, b] = [this.columns?.columns.get("a"), this.columns?.columns.get("b")];
    const layout = a && a.shape.length > 1 ? layoutOf(a.shape) : undefined;
    if (!a || !b || !layout) return undefined;
    const { width, height, channels } = layout;
    const summed = (column: Column): Float32Array => {
      const out = new Float32Array(width * height);
      for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
        let sum = 0;
        for (let c = 0; c < channels; c += 1) sum += Number(column.values[layout.at(c, y, x)] ?? 0);
        out[y * width + x] = sum;
      }
      return out;
    };
    return { width, height, a: summed(a), b: summed(b) };
  }

  protected override render(): TemplateResult | typeof nothing {
    const one = this.drift?.inputs[this.at];
    if (!one) return nothing;
    if (this.trouble) return html`<p class="notice">${this.trouble}</p>`;
    if (!one.kept) return html`<p class="muted drift-room">The maps of this input were not kept, as there are many: compare it alone, or explain it with both.</p>`;
    if (!this.columns) return html`<p class="muted drift-room">Fetching the maps…</p>`;
    return one.features ? this.bars(one, one.features) : this.pictures(one);
  }

  private pictures(one: DriftInput): TemplateResult {
    const three = this.three();
    if (!three) return this.bars(one, Array.from({ length: this.columns?.columns.get("a")?.values.length ?? 0 }, (_, i) => `value ${i}`));
    const tile = (key: string, name: string, under: string): TemplateResult => html`<figure class="drift-map"><canvas data-map=${key} width=${three.width} height=${three.height} role="img" aria-label=${`${name}: map of ${one.name}`} ${vars({ "aspect-ratio": `${three.width} / ${three.height}` })}></canvas>
      <figcaption><b class="ellipsis">${name}</b><span class="muted small">${under}</span></figcaption></figure>`;
    const scale = this.scale(three.a, three.b);
    return html`<div class="drift-maps">${tile("a", `A, ${this.names[0]}`, told(one, one.a))}${tile("b", `B, ${this.names[1]}`, told(one, one.b))}${tile("d", "B − A", "same scale")}</div>
      <p class="drift-legend small muted"><span>against ${one.target_label}</span><canvas data-ramp width="128" height="1" aria-hidden="true"></canvas><span>for ${one.target_label} <span class="mono">±${value(scale, 2)}</span></span></p>`;
  }

  /** The 99.5 % quantile of the sizes in both maps, so that one pixel does not fade the rest. */
  private scale(a: ArrayLike<number>, b: ArrayLike<number>): number {
    const sizes = Float32Array.from([...Array.from(a), ...Array.from(b)], Math.abs).sort();
    return sizes[Math.min(sizes.length - 1, Math.floor(0.995 * sizes.length))] || 1;
  }

  private bars(one: DriftInput, names: readonly string[]): TemplateResult {
    const [a, b] = ["a", "b"].map((name) => (this.columns?.columns.get(name)?.values ?? []) as Float32Array);
    if (!a || !b) return html``;
    // Two models may speak in different units, so each map has its own scale here; the order is what is compared.
    const most = [a, b].map((map) => Math.max(1e-30, ...Array.from(map, Math.abs)));
    const size = (i: number): number => Math.max(Math.abs(a[i] ?? 0) / (most[0] ?? 1), Math.abs(b[i] ?? 0) / (most[1] ?? 1));
    const top = names.map((_, i) => i).sort((i, j) => size(j) - size(i)).slice(0, FEATURES);
    const bar = (v: number, whole: number): TemplateResult => html`<span class="drift-bar" data-sign=${v < 0 ? "neg" : "pos"} ${vars({ "--fill": `${Math.round((Math.abs(v) / whole) * 100)}%` })}></span><span class="num">${v > 0 ? "+" : ""}${value(v, 2)}</span>`;
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Both maps of this row"><table class="table drift-rows"><caption class="sr-only">The features that matter most in either map</caption><thead><tr><th scope="col">Feature</th><th scope="col">A, ${this.names[0]} <span class="muted">${told(one, one.a)}</span></th><th scope="col">B, ${this.names[1]} <span class="muted">${told(one, one.b)}</span></th></tr></thead>
      <tbody>${top.map((i) => html`<tr><th scope="row" class="gb-break">${names[i]}</th><td><span class="drift-cell">${bar(a[i] ?? 0, most[0] ?? 1)}</span></td><td><span class="drift-cell">${bar(b[i] ?? 0, most[1] ?? 1)}</span></td></tr>`)}</tbody></table></div>
      <p class="muted small drift-note">For and against ${one.target_label}; each map on its own scale, ${top.length} of ${names.length} features.</p>`;
  }

  protected override updated(): void {
    this.paint();
  }

  private paint(): void {
    const three = this.three();
    if (!three) return;
    const scale = this.scale(three.a, three.b);
    const maps: Record<string, (i: number) => number> = { a: (i) => three.a[i] ?? 0, b: (i) => three.b[i] ?? 0, d: (i) => (three.b[i] ?? 0) - (three.a[i] ?? 0) };
    for (const canvas of this.querySelectorAll<HTMLCanvasElement>("canvas[data-map]")) {
      const of = maps[canvas.dataset["map"] ?? ""];
      if (of) fill(canvas, (i) => of(i) / scale);
    }
    const ramp = this.querySelector<HTMLCanvasElement>("canvas[data-ramp]");
    if (ramp) fill(ramp, (i) => i / 63.5 - 1);
  }
}

function told(one: DriftInput, said: Said): string {
  if (said.probability !== null) return `p(${one.target_label}) ${value(said.probability, 3)}`;
  return said.output === null ? "" : `output ${value(said.output, 3)}`;
}

/** Every pixel in the signed colour of `of` (−1 to 1). */
function fill(canvas: HTMLCanvasElement, of: (i: number) => number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i += 1) image.data.set([...signed(of(i)), 255], i * 4);
  context.putImageData(image, 0, 0);
}

define("gb-drift-maps", GbDriftMaps);
