import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { viridis } from "../lib/colour.ts";
import { decodeColumns } from "../lib/columns.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { getJson, request, sendJson, sentence } from "../lib/http.ts";
import type { Ask, Graph, GraphRow } from "../lib/types.ts";
import { choice, number, text, UrlState } from "../lib/url-state.ts";
import "./gb-neuron.ts";
import type { Way } from "./gb-neuron.ts";
import "./gb-strongest.ts";

const SHOWN = 64;
interface Maps { readonly channels: number; readonly height: number; readonly width: number; readonly values: Float32Array; readonly min: number[]; readonly max: number[]; readonly mean: number[]; /** Where each channel is highest, counted along its rows. */ readonly peak: number[] }
interface Layer { readonly name: string; readonly label: string; readonly detail: string; readonly scope: string }

/** Every value that can be shown, with the groups it lies in written out. */
function layersOf(rows: readonly GraphRow[]): Layer[] {
  const scopes: string[] = [];
  const layers: Layer[] = [];
  for (const row of rows) {
    scopes.length = Math.min(scopes.length, row.depth);
    if (row.kind === "group") scopes[row.depth] = row.label;
    else if (row.kind === "node" && row.values[0]) layers.push({ name: row.values[0], label: row.label, detail: row.detail, scope: scopes.join(" / ") });
  }
  return layers;
}

/** The values of one layer, a small map a channel; one channel large. */
export class GbChannels extends GbElement {
  static override properties = { model: {}, input: {}, checkpoint: {}, layers: { state: true }, maps: { state: true }, problem: { state: true }, busy: { state: true }, tick: { state: true } };
  declare model: string;
  declare input: string;
  declare checkpoint: string;
  declare layers: readonly Layer[];
  declare maps: Maps | undefined;
  declare problem: string | undefined;
  declare busy: string | undefined;
  declare tick: number;
  private readonly state = new UrlState({ layer: text(), ch: number(-1, -1, 1e7), row: number(0, 0, 1e9), by: choice("max", "mean", "index"), norm: choice("each", "shared"), way: choice("neuron_integrated_gradients", "neuron_gradient", "neuron_conductance") });
  private asked = 0;
  private off: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.layers = [];
    this.off = this.state.watch((_, changed) => { this.tick = (this.tick ?? 0) + 1; if (changed.has("layer")) void this.load(); });
    void this.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
  }

  private async start(): Promise<void> {
    try {
      const graph = await getJson<Graph>(api(`/models/${encodeURIComponent(this.model)}/graph`, { depth: 99, checkpoint: this.checkpoint || undefined }));
      this.layers = layersOf(graph.rows);
      if (this.layers.length === 0) this.problem = "This model has no graph with inner values.";
      else await this.load();
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private get layer(): string {
    const given = this.state.values.layer;
    if (given) return given;
    const conv = this.layers.filter((l) => /conv|relu|add/i.test(l.label));
    return (conv[Math.floor(conv.length / 2)] ?? this.layers[0])?.name ?? "";
  }

  private async load(): Promise<void> {
    const mine = (this.asked += 1);
    this.busy = "Running the model up to this layer…";
    this.problem = undefined;
    const layer = this.layer;
    try {
      for (let tries = 0; tries < 600; tries += 1) {
        const ask = await sendJson<Ask>("POST", api("/activations"), { model: this.model, ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), input: this.input, row: this.state.values.row, layer });
        if (mine !== this.asked) return;
        if (ask.state === "done") {
          const bytes = await (await request(api(`/activations/${ask.id}`, { format: "columns" }))).arrayBuffer();
          if (mine === this.asked) this.adopt(bytes);
          return;
        }
        if (ask.state === "failed" || ask.state === "cancelled") throw new Error(ask.error ?? "The job failed.");
        await new Promise((wake) => setTimeout(wake, Math.min(1200, 150 + tries * 100)));
      }
    } catch (error) {
      if (mine === this.asked) { this.problem = sentence(error); this.busy = undefined; }
    }
  }

  private adopt(bytes: ArrayBuffer): void {
    const column = decodeColumns<unknown>(bytes).columns.get("activation");
    if (!column) throw new Error("The answer has no activation column.");
    const dims = column.shape.length > 1 && column.shape[0] === 1 ? column.shape.slice(1) : column.shape;
    const channels = dims[0] ?? 1;
    const height = dims.length > 2 ? (dims[1] ?? 1) : 1;
    const width = dims.length > 2 ? dims.slice(2).reduce((a, b) => a * b, 1) : dims.length === 2 ? (dims[1] ?? 1) : 1;
    const values = column.values as Float32Array;
    const size = height * width;
    const [min, max, mean, peak] = [[] as number[], [] as number[], [] as number[], [] as number[]];
    for (let c = 0; c < channels; c += 1) {
      let [low, high, sum, at] = [Infinity, -Infinity, 0, 0];
      for (let i = 0; i < size; i += 1) { const v = values[c * size + i] ?? 0; low = Math.min(low, v); sum += v; if (v > high) { high = v; at = i; } }
      min.push(low); max.push(high); mean.push(sum / size); peak.push(at);
    }
    this.maps = { channels, height, width, values, min, max, mean, peak };
    this.busy = undefined;
  }

  private order(maps: Maps): number[] {
    const { by } = this.state.values;
    const all = Array.from({ length: maps.channels }, (_, i) => i);
    return by === "index" ? all : all.sort((a, b) => ((by === "max" ? maps.max : maps.mean)[b] ?? 0) - ((by === "max" ? maps.max : maps.mean)[a] ?? 0));
  }

  protected override render(): TemplateResult {
    const current = this.layer;
    return html`<div class="gb-explain gb-acts">
      <nav class="gb-left" aria-label="Layer"><section class="gb-panel"><h2>Layer</h2>
        <ul class="gb-layers">${this.layers.map((layer, i) => html`${layer.scope && layer.scope !== this.layers[i - 1]?.scope ? html`<li class="gb-layer-scope mono xs muted" aria-hidden="true">${layer.scope}</li>` : nothing}<li data-in=${layer.scope ? "" : nothing}><button type="button" aria-pressed=${layer.name === current} title=${layer.name} @click=${() => this.state.set({ layer: layer.name, ch: -1 }, true)}>
          <span class="mono ellipsis grow">${layer.label}</span><span class="muted xs">${layer.detail}</span></button></li>`)}</ul></section></nav>
      <section class="gb-centre" aria-label="Channels">
        ${this.problem ? html`<p class="notice notice-bad" role="alert">${this.problem}</p>` : nothing}
        ${this.busy && !this.maps ? html`<p class="muted">${this.busy}</p>` : nothing}
        ${this.maps ? this.grid(this.maps, current) : nothing}
      </section></div>`;
  }

  private grid(maps: Maps, layer: string): TemplateResult {
    const order = this.order(maps);
    const shown = order.slice(0, SHOWN);
    const chosen = this.state.values.ch >= 0 ? this.state.values.ch : (shown[0] ?? 0);
    const flat = maps.height * maps.width === 1;
    const { by, norm } = this.state.values;
    const strongest = html`<gb-strongest .model=${this.model} .checkpoint=${this.checkpoint} .layer=${layer} .channel=${chosen}></gb-strongest>`;
    const peak = maps.peak[chosen] ?? 0;
    const place = flat ? `Value ${chosen} of ${layer}` : `Channel ${chosen}, row ${Math.floor(peak / maps.width)}, column ${peak % maps.width}`;
    const neuron = html`<div class="gb-neuron"><gb-neuron .model=${this.model} .checkpoint=${this.checkpoint} .input=${this.input} .row=${this.state.values.row} .layer=${layer} .neuron=${chosen * maps.height * maps.width + peak}
      .place=${place} .way=${this.state.values.way} @gb-way=${(e: CustomEvent<Way>) => this.state.set({ way: e.detail }, true)}></gb-neuron></div>`;
    const radio = <T extends string>(key: "by" | "norm", legend: string, options: readonly (readonly [T, string])[], value_: string): TemplateResult =>
      html`<fieldset class="seg"><legend class="sr-only">${legend}</legend>${options.map(([k, label]) => html`<label><input type="radio" name=${key} .checked=${value_ === k} @change=${() => this.state.set({ [key]: k }, true)}>${label}</label>`)}</fieldset>`;
    return html`<div class="row wrap gb-acts-head"><h2 class="mono ellipsis">${layer}</h2><span class="muted grow">${maps.channels} ${flat ? "values" : `channels, ${maps.height}×${maps.width}`}</span>
        ${radio("by", "Order", [["max", "Max"], ["mean", "Mean"], ["index", "Index"]], by)}${radio("norm", "Scale", [["each", "Each"], ["shared", "Shared"]], norm)}</div>
      ${this.busy ? html`<div class="busy" role="status" aria-label=${this.busy}></div>` : nothing}
      <ul class="gb-channels" data-flat=${flat ? "" : nothing}>${shown.map((c) => html`<li><button type="button" aria-pressed=${c === chosen} @click=${() => this.state.set({ ch: c }, true)}>
        <canvas data-ch=${c} aria-hidden="true"></canvas><span class="xs"><b>${c}</b> <span class="muted">${value(by === "mean" ? maps.mean[c] : maps.max[c], 3)}</span></span></button></li>`)}</ul>
      <p class="gb-legend small muted"><span>${norm === "each" ? "channel min" : value(Math.min(...maps.min), 3)}</span><i class="gb-legend-seq" aria-hidden="true"></i><span>${norm === "each" ? "channel max" : value(Math.max(...maps.max), 3)}</span>
        <span class="grow num">${shown.length} of ${maps.channels} shown</span></p>
      ${flat ? html`<div class="gb-channel-large">${neuron}<div>${strongest}</div></div>` : html`<div class="gb-channel-large"><figure class="gb-frame"><canvas data-ch=${chosen} data-large role="img" aria-label=${`Channel ${chosen} of ${layer}`}></canvas><figcaption class="gb-tag">Channel ${chosen}</figcaption></figure>${neuron}
        <div><h2>Channel ${chosen}</h2><dl class="facts"><div><dt>mean</dt><dd>${value(maps.mean[chosen])}</dd></div><div><dt>max</dt><dd>${value(maps.max[chosen])}</dd></div><div><dt>min</dt><dd>${value(maps.min[chosen])}</dd></div><div><dt>size</dt><dd>${maps.height}×${maps.width}</dd></div></dl>${strongest}</div></div>`}`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const maps = this.maps;
    if (!maps) return;
    const shared = this.state.values.norm === "shared" || maps.height * maps.width === 1;
    const [low, high] = [Math.min(...maps.min), Math.max(...maps.max)];
    for (const canvas of this.querySelectorAll<HTMLCanvasElement>("canvas[data-ch]")) {
      const c = Number(canvas.dataset["ch"]);
      const [from, to] = shared ? [low, high] : [maps.min[c] ?? 0, maps.max[c] ?? 1];
      const context = canvas.getContext("2d");
      if (!context) continue;
      canvas.width = maps.width;
      canvas.height = maps.height;
      const image = context.createImageData(maps.width, maps.height);
      for (let i = 0; i < maps.width * maps.height; i += 1) {
        const v = maps.values[c * maps.width * maps.height + i] ?? 0;
        const k = Math.max(0, Math.min(255, Math.round(((v - from) / (to - from || 1)) * 255))) * 3;
        image.data.set([viridis[k] ?? 0, viridis[k + 1] ?? 0, viridis[k + 2] ?? 0, 255], i * 4);
      }
      context.putImageData(image, 0, 0);
    }
  }
}
define("gb-channels", GbChannels);
