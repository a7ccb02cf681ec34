import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { decodeColumns } from "../lib/columns.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { aborted, getJson, request, sendJson, sentence } from "../lib/http.ts";
import { Mask } from "../lib/mask.ts";
import { remember, toBase64, toPng } from "../lib/object-mask.ts";
import { toPicture } from "../lib/picture.ts";
import { answer } from "../lib/row.ts";
import { say } from "../lib/say.ts";
import type { Explanation, Prediction } from "../lib/types.ts";
import { choice, number, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";

const FILLS = [["zeros", "Zeros"], ["mean", "Mean colour"], ["blur", "Blur"], ["neighbours", "Neighbours"], ["noise", "Noise"], ["colour", "A colour"]] as const;
const SCHEMA = { row: number(0, 0, 1e9), fill: choice("zeros", "mean", "blur", "neighbours", "noise", "colour"), size: number(12, 1, 60), m: text(), top: number(10, 1, 90) } as const;

interface Seen { readonly width: number; readonly height: number; readonly rgb: string }
type Answer = Prediction & { readonly picture: Seen };
interface Layer { readonly mask: Mask; readonly fill: string; readonly what: string }

/** A picture to paint on: the model answers what is left of it. Nothing is stored. */
export class GbPerturb extends GbElement {
  static override properties = { model: {}, input: {}, checkpoint: {}, base: { state: true }, next: { state: true }, layers: { state: true }, colour: { state: true }, maps: { state: true }, problem: { state: true }, busy: { state: true }, brush: { state: true }, used: { state: true } };
  declare model: string;
  declare input: string;
  declare checkpoint: string;
  declare base: Answer | undefined;
  declare next: Answer | undefined;
  declare layers: readonly Layer[];
  declare colour: string;
  /** Finished explanations of this input whose pixels can be taken away. */
  declare maps: readonly Explanation[];
  declare problem: string | undefined;
  declare busy: boolean;
  /** Where the brush is, in pixels of the model's input. */
  declare brush: readonly [number, number] | undefined;
  /** Whether what is painted now is kept as the place of the object. */
  declare used: boolean;
  private readonly state = new UrlState(SCHEMA);
  private stroke: { mask: Mask; x: number; y: number } | undefined;
  private asking: AbortController | undefined;
  private off: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.layers = [];
    this.maps = [];
    this.colour = "#808080";
    this.busy = false;
    this.used = false;
    this.off = this.state.watch((_, changed) => { if (changed.has("row")) void this.start(); else this.requestUpdate(); });
    void this.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.asking?.abort();
    this.off?.();
  }

  private async start(): Promise<void> {
    this.layers = [];
    this.base = undefined;
    await this.ask();
    try {
      const { explanations } = await getJson<{ explanations: Explanation[] }>(api("/explanations", { model: this.model, input: this.input }));
      const seen = new Set<string>();
      this.maps = explanations.filter((one) => one.state === "done" && one.row === this.state.values.row && one.shape.length >= 2 && !seen.has(one.method) && Boolean(seen.add(one.method)));
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private async ask(): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.busy = true;
    try {
      const erased = this.layers.map(({ mask, fill }) => ({ mask: mask.base64(), fill }));
      const said = await sendJson<Answer>("POST", api("/predictions"), { model: this.model, ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), input: this.input, row: this.state.values.row, erased }, asking.signal);
      if (this.layers.length === 0) this.base = said;
      this.next = said;
      this.problem = undefined;
      if (this.layers.length) say(`With ${this.share()} of the picture replaced: ${answer(said)}, ${this.written(said, said.top[0] ?? 0)}`);
    } catch (error) {
      if (aborted(error)) return;
      this.problem = sentence(error);
    }
    this.busy = false;
  }

  private put(layers: readonly Layer[]): void {
    this.layers = layers;
    this.used = false;
    void this.ask();
  }

  private get fill(): string {
    return this.state.values.fill === "colour" ? this.colour : this.state.values.fill;
  }

  private get radius(): number {
    const { width = 1, height = 1 } = this.base?.picture ?? {};
    return Math.max(0.5, (this.state.values.size / 200) * Math.min(width, height));
  }

  /** All pixels that any layer replaces. */
  private painted(seen: Seen): Mask {
    const union = new Mask(seen.width, seen.height);
    for (const { mask } of this.layers) mask.bits.forEach((byte, i) => { union.bits[i] = (union.bits[i] ?? 0) | byte; });
    return union;
  }

  /** How much of the picture is replaced by any layer. */
  private share(): string {
    const seen = this.base?.picture;
    return seen ? `${((this.painted(seen).count / (seen.width * seen.height)) * 100).toFixed(1)} %` : "0 %";
  }

  /** Keeps what is painted as the place of the object, for the page of the evidence. */
  private use(): void {
    const seen = this.base?.picture;
    if (!seen) return;
    const mask = this.painted(seen);
    const all = seen.width * seen.height;
    if (mask.count === 0 || mask.count === all) this.problem = "A mask of the object marks some pixels, but neither none nor all.";
    else if (!remember(this.input, this.state.values.row, { png: toBase64(toPng(mask)), what: `Painted: ${integer(mask.count)} of ${integer(all)} pixels` })) this.problem = "The browser keeps nothing for this page, so the mask cannot be used.";
    else {
      this.used = true;
      say("Kept as the mask of the object; the Metrics page asks with it.");
    }
  }

  private number(p: Prediction | undefined, i: number): number | undefined {
    return (p?.probability ?? p?.prediction)?.[i];
  }

  private written(p: Prediction | undefined, i: number): string {
    const v = this.number(p, i);
    return v === undefined ? "–" : p?.probability ? `${(v * 100).toFixed(1)} %` : value(v, 4);
  }

  private async take(others: boolean): Promise<void> {
    const map = this.maps.find((one) => one.method === this.state.values.m) ?? this.maps[0];
    const seen = this.base?.picture;
    if (!map || !seen) return;
    try {
      const bytes = await (await request(api(`/explanations/${map.id}/attribution`, { format: "columns" }))).arrayBuffer();
      const { columns } = decodeColumns<unknown>(bytes);
      const [attribution, input] = [columns.get("attribution"), columns.get("input")];
      const picture = attribution && input ? toPicture(attribution, input) : undefined;
      if (!picture || picture.width !== seen.width || picture.height !== seen.height) throw new Error(`${map.title} has no map of this picture's size.`);
      const share = this.state.values.top / 100;
      this.put([...this.layers, { mask: Mask.top(picture.values, seen.width, seen.height, share, others), fill: this.fill, what: `${others ? "all but the" : "the"} top ${this.state.values.top} % of ${map.title}` }]);
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="gb-explain">
      <aside class="gb-left" aria-label="Brush">${this.tools()}</aside>
      <section class="gb-centre" aria-label="Picture">${this.problem ? html`<p class="notice notice-bad" role="alert">${this.problem}</p>` : nothing}${this.canvas()}</section>
      <aside class="gb-right" aria-label="Prediction">${this.verdict()}</aside></div>`;
  }

  private tools(): TemplateResult {
    const v = this.state.values;
    return html`<section class="gb-panel gb-controls"><h2>Brush</h2>
        <label class="gb-range"><span>Size</span><output>${v.size} %</output><input type="range" min="1" max="60" .value=${String(v.size)} ${vars({ "--fill": `${(v.size / 60) * 100}%` })} @input=${(e: Event) => this.state.set({ size: Number((e.target as HTMLInputElement).value) })}></label>
        <label class="gb-parameter">Replace with<select class="select" .value=${v.fill} @change=${(e: Event) => this.state.set({ fill: (e.target as HTMLSelectElement).value as typeof v.fill }, true)}>${FILLS.map(([key, name]) => html`<option value=${key} ?selected=${key === v.fill}>${name}</option>`)}</select></label>
        ${v.fill === "colour" ? html`<label class="gb-parameter">Colour<input type="color" .value=${this.colour} @change=${(e: Event) => { this.colour = (e.target as HTMLInputElement).value; }}></label>` : nothing}
        <p class="row"><button type="button" class="btn" ?disabled=${this.layers.length === 0} @click=${() => this.put(this.layers.slice(0, -1))}>Undo</button><button type="button" class="btn" ?disabled=${this.layers.length === 0} @click=${() => this.put([])}>Clear</button></p></section>
      <section class="gb-panel gb-controls"><h2>By an explanation</h2>
        ${this.maps.length ? html`<label class="gb-parameter">Method<select class="select" @change=${(e: Event) => this.state.set({ m: (e.target as HTMLSelectElement).value }, true)}>${this.maps.map((one) => html`<option value=${one.method} ?selected=${one.method === v.m}>${one.title}</option>`)}</select></label>
          <label class="gb-range"><span>Most important</span><output>${v.top} %</output><input type="range" min="1" max="90" .value=${String(v.top)} ${vars({ "--fill": `${(v.top / 90) * 100}%` })} @input=${(e: Event) => this.state.set({ top: Number((e.target as HTMLInputElement).value) })}></label>
          <p class="row wrap"><button type="button" class="btn" @click=${() => void this.take(false)}>Erase them</button><button type="button" class="btn" @click=${() => void this.take(true)}>Keep only them</button></p>` : html`<p class="muted small">Compute a map on the <a href="attribution">Attribution</a> page first; what it ranks highest can then be erased here, or kept alone.</p>`}</section>
      ${this.layers.length ? html`<section class="gb-panel"><h2>Replaced <span class="muted">${this.share()}</span></h2><ol class="gb-layered small">${this.layers.map((layer) => html`<li>${layer.what} <span class="muted">${layer.fill}</span></li>`)}</ol>
        <p><button type="button" class="btn" @click=${() => this.use()}>Use as mask of the object</button></p>
        <p class="small muted">${this.used ? html`Kept in this tab. <a href=${this.metrics}>See on Metrics whether the maps lie inside it.</a>` : "Where the object is, as you say: Metrics then measures whether the maps lie inside."}</p></section>` : nothing}`;
  }

  private get metrics(): string {
    const keys = new URLSearchParams({ ...(this.state.values.row ? { row: String(this.state.values.row) } : {}), ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}) }).toString();
    return keys ? `metrics?${keys}` : "metrics";
  }

  private canvas(): TemplateResult {
    const seen = this.base?.picture;
    if (!seen) return html`<div class="gb-stage gb-stage-wait" data-lay="over"><div class="gb-frame gb-wait"><p class="muted">Reading the picture…</p></div></div>`;
    const [x, y] = this.brush ?? [0, 0];
    return html`<div class="gb-stage" data-lay="over"><figure class="gb-frame gb-paint" ${vars({ "aspect-ratio": `${seen.width} / ${seen.height}` })} ?data-busy=${this.busy}>
        <canvas tabindex="0" role="img" aria-label="The picture as the model gets it. Drag to paint; with the keyboard, arrows move the brush and space paints."
          @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @pointercancel=${this.up} @pointerleave=${() => { if (!this.stroke) this.brush = undefined; }} @keydown=${this.key}></canvas>
        ${this.brush ? html`<i class="gb-brush" ${vars({ left: `${(x / seen.width) * 100}%`, top: `${(y / seen.height) * 100}%`, width: `${((2 * this.radius) / seen.width) * 100}%` })}></i>` : nothing}</figure></div>
      <p class="gb-legend small muted">${this.layers.length ? `${this.share()} of the picture replaced` : "Paint over what you think matters: the model answers at once. Nothing is stored."}</p>`;
  }

  private verdict(): TemplateResult {
    const { base, next } = this;
    if (!base || !next) return html`<section class="gb-panel"><h2>Prediction</h2><p class="muted small">Running the model…</p></section>`;
    const order = [...new Set([...base.top, ...next.top])];
    const flips = base.probability && answer(base) !== answer(next);
    const largest = Math.max(1e-12, ...base.prediction.map(Math.abs), ...next.prediction.map(Math.abs));
    return html`<section class="gb-panel"><h2>Prediction</h2><div class="table-wrap"><table class="table gb-moved"><thead><tr><th scope="col">Class</th><th scope="col" class="num">Before</th><th scope="col" class="num">Now</th></tr></thead><tbody>
      ${order.map((i) => { const [was, is] = [this.number(base, i) ?? 0, this.number(next, i) ?? 0]; const share = base.probability ? is : Math.abs(is) / largest;
        return html`<tr><th scope="row"><span class="ellipsis">${next.labels[i] ?? `class ${i}`}</span><i ${vars({ "--fill": `${(share * 100).toFixed(2)}%` })}></i></th><td class="num">${this.written(base, i)}</td><td class="num ${is > was ? "pos" : is < was ? "neg" : ""}">${this.written(next, i)}</td></tr>`; })}</tbody></table></div>
      <p class="small gb-flip">${this.layers.length === 0 ? html`<span class="muted">The picture as it is.</span>` : flips ? html`The answer changes: <b>${answer(base)}</b> → <b>${answer(next)}</b>.` : html`The answer stays <b>${answer(next)}</b>.`}</p>
      <p class="small muted">A hole is an input the model was never trained on: try more than one fill before you believe it.</p></section>`;
  }

  private place(event: PointerEvent): [number, number] {
    const seen = this.base?.picture;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * (seen?.width ?? 1), ((event.clientY - box.top) / box.height) * (seen?.height ?? 1)];
  }

  private readonly down = (event: PointerEvent): void => {
    const seen = this.base?.picture;
    if (!seen || event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const [x, y] = this.place(event);
    this.stroke = { mask: new Mask(seen.width, seen.height), x, y };
    this.stroke.mask.disc(x, y, this.radius);
    this.requestUpdate();
  };

  private readonly move = (event: PointerEvent): void => {
    const [x, y] = this.place(event);
    this.brush = [x, y];
    if (!this.stroke) return;
    this.stroke.mask.line(this.stroke.x, this.stroke.y, x, y, this.radius);
    Object.assign(this.stroke, { x, y });
  };

  private readonly up = (): void => {
    if (!this.stroke) return;
    const { mask } = this.stroke;
    this.stroke = undefined;
    this.put([...this.layers, { mask, fill: this.fill, what: "a stroke" }]);
  };

  private readonly key = (event: KeyboardEvent): void => {
    const seen = this.base?.picture;
    if (!seen) return;
    const [x, y] = this.brush ?? [seen.width / 2, seen.height / 2];
    const step = (event.shiftKey ? 8 : 2) * Math.max(0.5, seen.width / 128);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) this.brush = [Math.min(seen.width, Math.max(0, x + (by[0] ?? 0))), Math.min(seen.height, Math.max(0, y + (by[1] ?? 0)))];
    else if (event.key === " ") {
      const mask = new Mask(seen.width, seen.height);
      mask.disc(x, y, this.radius);
      this.brush = [x, y];
      this.put([...this.layers, { mask, fill: this.fill, what: "a stroke" }]);
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.put(this.layers.slice(0, -1));
    else return;
    event.preventDefault();
  };

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const canvas = this.querySelector("canvas");
    const seen = (this.next ?? this.base)?.picture;
    const context = canvas?.getContext("2d");
    if (!canvas || !seen || !context) return;
    canvas.width = seen.width;
    canvas.height = seen.height;
    const bytes = atob(seen.rgb);
    const image = context.createImageData(seen.width, seen.height);
    for (let i = 0; i < seen.width * seen.height; i += 1) {
      // What is being painted is shown as a hole until the server says what stands there.
      const hole = this.stroke?.mask.has(i);
      for (let c = 0; c < 3; c += 1) image.data[i * 4 + c] = hole ? 128 : bytes.charCodeAt(i * 3 + c);
      image.data[i * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
}
define("gb-perturb", GbPerturb);
