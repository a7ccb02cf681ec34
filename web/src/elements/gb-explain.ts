import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { methodColour } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { getJson, sentence } from "../lib/http.ts";
import { api } from "../lib/base.ts";
import { explainHead } from "../lib/explain-head.ts";
import { bind } from "../lib/keys.ts";
import { recall, type ObjectMask } from "../lib/object-mask.ts";
import { Session, type Run } from "../lib/session.ts";
import { paramsKey } from "../lib/params-key.ts";
import { toast } from "../lib/say.ts";
import type { Curve, Graph } from "../lib/types.ts";
import { choice, flag, list, number, text, UrlState, type Key } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import "./gb-curve.ts";
import type { NamedCurve } from "./gb-curve.ts";
import "./gb-methods.ts";
import "./gb-metrics.ts";
import "./gb-overlay.ts";
import type { LookChange, OverlayLook } from "./gb-overlay.ts";
import "./gb-parameters.ts";
import type { ParamsChange } from "./gb-parameters.ts";
import "./gb-prediction.ts";
import { provenance } from "./provenance.ts";

const target: Key<number | null> = { initial: null, parse: (t) => (/^\d+$/.test(t) ? Number(t) : undefined), format: (v) => (v === null ? "" : String(v)) };
const SCHEMA = {
  t: target, m: text(), row: number(0, 0, 1e9), unit: choice("logit", "prob"), base: choice("zeros", "mean", "blur"), seed: number(0, 0, 2 ** 31), n: number(10, 1, 1000), par: paramsKey, all: list(),
  op: number(85, 0, 100), p: number(0, 0, 99), sign: choice("b", "p", "n", "a"), blend: choice("over", "mask", "contour"),
  lay: choice("over", "swipe", "side", "grid"), sw: number(36, 0, 100), gray: flag(true), norm: choice("each", "shared", "none"), snap: flag(false), ins: choice("del", "ins"),
} as const;

interface Point { readonly text: string; readonly sign: number }

/** The explain page of one input: asks every method that applies, and shows one of them large. */
export class GbExplain extends GbElement {
  static override properties = { model: {}, input: {}, checkpoint: {}, kind: {}, view: {}, note: {}, file: { attribute: false }, version: { state: true }, point: { state: true }, layers: { state: true }, mask: { state: true } };
  declare model: string;
  declare input: string;
  declare checkpoint: string;
  declare kind: string;
  /** `attribution` or `metrics`. */
  declare view: string;
  /** What reading the file left out or did to it. */
  declare note: string | undefined;
  declare file: File | undefined;
  declare version: number;
  declare point: Point | undefined;
  /** Values of the graph that a method may be pointed at. */
  declare layers: readonly string[];
  /** Where somebody says the object is; on the page of the evidence alone. */
  declare mask: ObjectMask | undefined;
  private readonly state = new UrlState(SCHEMA);
  private session: Session | undefined;
  private offs: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.version = 0;
    this.layers = [];
    this.begin();
    this.offs = [
      this.state.watch((_, changed) => {
        if ((["t", "row", "unit", "base", "seed"] as const).some((key) => changed.has(key))) this.begin();
        else if (changed.has("par")) this.session?.adopt(this.state.values.par);
        else if (changed.has("all")) this.session?.measure(this.state.values.all);
        if (changed.has("m")) this.askChosen();
        this.version += 1;
      }),
      ...Array.from({ length: 9 }, (_, i) => bind(String(i + 1), () => { const run = this.session?.runs[i]; if (run && run.state !== "no") this.choose(run); })),
      bind("[", () => this.nudge("op", -5, 0, 100)), bind("]", () => this.nudge("op", 5, 0, 100)),
      bind("{", () => this.nudge("p", -5, 0, 99)), bind("}", () => this.nudge("p", 5, 0, 99)),
      bind("s", () => this.cycle("sign", ["b", "p", "n", "a"])), bind("b", () => this.cycle("blend", ["over", "mask", "contour"])),
      bind("v", () => this.cycle("lay", ["over", "swipe", "side", "grid"])),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session?.stop();
    for (const off of this.offs) off();
  }

  private nudge(key: "op" | "p", by: number, low: number, high: number): void {
    this.state.set({ [key]: Math.min(high, Math.max(low, this.state.values[key] + by)) });
  }

  private cycle(key: "sign" | "blend" | "lay", all: readonly string[]): void {
    const at = all.indexOf(this.state.values[key]);
    this.state.set({ [key]: all[(at + 1) % all.length] } as Partial<Values>, true);
  }

  /** Shows a method; one that waited for being chosen is asked. */
  private choose(run: Run): void {
    this.state.set({ m: run.method.name }, true);
    this.askChosen();
  }

  private begin(): void {
    this.session?.stop();
    const v = this.state.values;
    this.mask = this.view === "metrics" && !this.file ? recall(this.input, v.row) : undefined;
    this.session = new Session(
      { model: this.model, checkpoint: this.checkpoint || undefined, input: this.input, row: v.row, file: this.file },
      { target: v.t, on: v.unit, baseline: v.base, seed: v.seed, evidence: "cheap", params: v.par, mask: this.mask?.png, thorough: v.all },
    );
    this.session.watch(() => { this.version += 1; });
    void this.session.start().then(() => this.askChosen());
  }

  /** A method that is not asked by itself is asked when it is chosen. */
  private askChosen(): void {
    const run = this.runs.find((one) => one.method.name === this.state.values.m);
    if (run?.state === "idle") void this.session?.ask(run);
  }

  private get runs(): readonly Run[] {
    return this.session?.runs ?? [];
  }

  /**
   * The method shown large: the one in the address, else the default for this kind of input. A picture
   * shows what is there first; a row and the evidence wait for the default, as nothing else has its shape.
   */
  private get main(): Run | undefined {
    const { m } = this.state.values;
    const usable = this.runs.filter((run) => run.state !== "no");
    const given = usable.find((run) => run.method.name === m);
    if (given) return given;
    const order = ["integrated_gradients", "grad_cam", "occlusion", "saliency"];
    const preferred = order.map((name) => usable.find((run) => run.method.name === name)).filter((run) => run !== undefined);
    if (this.view !== "attribution") return preferred.find((run) => run.state !== "failed" && run.state !== "cancelled") ?? usable[0];
    return preferred.find((run) => run.picture) ?? usable.find((run) => run.picture) ?? usable[0];
  }

  private get label(): string {
    const main = this.main?.result;
    if (main) return main.target_label ?? (main.target === null ? "the output" : `class ${main.target}`);
    const p = this.session?.prediction;
    const first = this.state.values.t ?? p?.top[0];
    return first === undefined ? "the target" : (p?.labels[first] ?? `class ${first}`);
  }

  protected override render(): TemplateResult {
    const session = this.session;
    if (session?.error) return html`<div class="page-body"><div class="notice notice-bad" role="alert"><p><b>Explanations could not be asked.</b> ${session.error}</p></div></div>`;
    // Until the methods are known nothing has its final place, and what is drawn early would move.
    if (!session || session.runs.length === 0) return html`<p class="page-body muted">Asking which methods apply…</p>`;
    const body = this.view === "metrics" ? this.metricsView() : this.imageView();
    return html`<div class="gb-explain" @gb-method=${(e: CustomEvent<Run>) => this.choose(e.detail)}
      @gb-cancel=${(e: CustomEvent<Run>) => void session?.cancel(e.detail)} @gb-again=${(e: CustomEvent<Run>) => void session?.ask(e.detail)}
      @gb-target=${(e: CustomEvent<number>) => this.state.set({ t: e.detail === session?.prediction?.top[0] ? null : e.detail }, true)}
      @gb-params=${(e: CustomEvent<ParamsChange>) => this.state.set({ par: { ...this.state.values.par, [e.detail.method]: e.detail.params } }, true)}
      @gb-look=${(e: CustomEvent<LookChange>) => this.state.set(e.detail.change, e.detail.push)} @gb-point=${(e: CustomEvent<Point | undefined>) => { this.point = e.detail; }}>${body}</div>`;
  }

  private methods(): TemplateResult {
    return html`<section class="gb-panel"><gb-methods .runs=${this.runs} .main=${this.main?.method.name ?? ""} .version=${this.version}></gb-methods></section>`;
  }

  private imageView(): TemplateResult {
    return html`
      <aside class="gb-left" aria-label="Method and overlay">
        ${this.methods()}${this.controls()}
        <section class="gb-panel gb-pointer small" aria-live="off">${this.pointer()}</section>
      </aside>
      <section class="gb-centre" aria-label="Attribution">
        <gb-overlay .runs=${this.runs} .main=${this.main?.method.name ?? ""} .look=${this.look()} .label=${this.label} .version=${this.version}></gb-overlay>
        ${this.note ? html`<p class="gb-legend small muted">${this.note}</p>` : nothing}
      </section>
      ${this.right()}`;
  }

  private look(): OverlayLook {
    const { lay, op, p, sign, blend, gray, norm, sw, snap } = this.state.values;
    return { lay, op, p, sign, blend, gray, norm, sw, snap };
  }

  private pointer(): TemplateResult {
    if (!this.point) return html`<p class="muted">Point at the picture for a pixel's value and rank.</p>`;
    const [where, v, place] = this.point.text.split("|");
    return html`<p>Pointer <span class="mono">${where}</span></p><p>attribution <b class=${this.point.sign > 0 ? "pos" : this.point.sign < 0 ? "neg" : ""}>${v}</b>, rank ${place}</p>`;
  }

  private range(key: "op" | "p", name: string, max: number, written: string): TemplateResult {
    const v = this.state.values[key];
    return html`<label class="gb-range"><span>${name}</span><output>${written}</output>
      <input type="range" min="0" max=${max} .value=${String(v)} ${vars({ "--fill": `${(v / max) * 100}%` })} @input=${(e: Event) => this.state.set({ [key]: Number((e.target as HTMLInputElement).value) })}></label>`;
  }

  private segment<T extends string>(key: "sign" | "blend" | "base" | "unit" | "ins" | "norm", name: string, options: readonly (readonly [T, string])[], hidden = false): TemplateResult {
    return html`<fieldset class="gb-segment"><legend class=${hidden ? "sr-only" : ""}>${name}</legend><div class="seg">
      ${options.map(([k, label]) => html`<label><input type="radio" name=${key} .checked=${this.state.values[key] === k} @change=${() => this.state.set({ [key]: k } as Partial<Values>, true)}>${label}</label>`)}</div></fieldset>`;
  }

  private toggle(name: string, on: boolean, change: Partial<Values>): TemplateResult {
    return html`<label class="switch"><input type="checkbox" role="switch" .checked=${on} @change=${() => this.state.set(change, true)}>${name}</label>`;
  }

  private controls(): TemplateResult {
    const v = this.state.values;
    return html`<section class="gb-panel gb-controls"><h2>Overlay</h2>
      ${this.range("op", "Opacity", 100, `${v.op} %`)}
      ${this.range("p", "Hide below percentile", 99, v.p ? `p ${v.p}` : "off")}
      ${this.segment("sign", "Sign", [["b", "Both"], ["p", "+ only"], ["n", "− only"], ["a", "|x|"]])}
      ${this.segment("blend", "Blend", [["over", "Overlay"], ["mask", "Mask"], ["contour", "Contour"]])}
      ${this.toggle("Desaturate photo", v.gray, { gray: !v.gray })}
      ${this.toggle("Snap to superpixels", v.snap, { snap: !v.snap })}
      ${this.segment("norm", "Scale", [["each", "Each"], ["shared", "Shared"], ["none", "None"]])}
    </section>
    ${this.question()}`;
  }

  private question(): TemplateResult {
    const main = this.main;
    const layered = main?.method.parameters.some((p) => p.kind === "layer");
    if (layered && this.layers.length === 0) void this.loadLayers();
    return html`<section class="gb-panel gb-controls"><h2>Question</h2>${this.segment("base", "Baseline", [["zeros", "Zeros"], ["mean", "Mean"], ["blur", "Blur"]])}
      ${this.segment("unit", "Explain the", [["logit", "Logit"], ["prob", "Probability"]])}
      ${this.seedField()}</section>
      ${main ? html`<section class="gb-panel gb-controls"><h2>${main.method.title}</h2><p class="muted small">${main.method.summary}</p>
        <gb-parameters .method=${main.method} .params=${this.state.values.par[main.method.name] ?? {}} .used=${main.result?.params} .layers=${this.layers}></gb-parameters></section>` : nothing}`;
  }

  private seedField(): TemplateResult {
    return html`<label class="gb-parameter">Seed<span class="field"><input type="number" min="0" max=${2 ** 31} step="1" .value=${String(this.state.values.seed)}
      @change=${(e: Event) => { const seed = SCHEMA.seed.parse((e.target as HTMLInputElement).value); if (seed !== undefined) this.state.set({ seed }, true); }}></span></label>`;
  }

  private async loadLayers(): Promise<void> {
    try {
      const graph = await getJson<Graph>(api(`/models/${encodeURIComponent(this.model)}/graph`, { depth: 99, checkpoint: this.checkpoint || undefined }));
      this.layers = graph.rows.filter((row) => row.kind === "node").flatMap((row) => row.values.slice(0, 1));
    } catch (error) {
      toast(sentence(error));
    }
  }

  private right(): TemplateResult {
    const session = this.session;
    const main = this.main;
    return html`<aside class="gb-right" aria-label="Prediction and evidence">
      <section class="gb-panel"><gb-prediction .prediction=${session?.prediction} .error=${session?.predictionError} .target=${this.state.values.t}></gb-prediction></section>
      ${this.faithfulness()}
      <gb-metrics .runs=${this.runs} .main=${main?.method.name ?? ""} .version=${this.version}></gb-metrics>
      ${main ? provenance(main, !this.file, () => void this.forget(main), true, ["npz"]) : nothing}
    </aside>`;
  }

  private async forget(run: Run): Promise<void> {
    try {
      await this.session?.forget(run);
      toast("Deleted with its bytes");
    } catch (error) {
      toast(sentence(error));
    }
  }

  private curves(kind: "deletion" | "insertion"): NamedCurve[] {
    const main = this.main?.method.name;
    return this.runs.flatMap((run, i) => {
      const curve: Curve | null | undefined = run.result?.evidence?.[kind];
      return curve ? [{ name: run.method.title, colour: methodColour(i), curve, main: run.method.name === main }] : [];
    });
  }

  private faithfulness(): TemplateResult | typeof nothing {
    const kind = this.state.values.ins === "ins" ? "insertion" : "deletion";
    const curves = this.curves(kind);
    return html`<section class="gb-panel gb-faithful"><div class="row gb-faith"><h2 class="grow">Faithfulness</h2>${this.segment("ins", "Curve", [["del", "Deletion"], ["ins", "Insertion"]], true)}</div>
      ${curves.length ? this.curve(kind, curves) : html`<p class="muted small">The curves appear with the first map.</p>`}</section>`;
  }

  private curve(kind: "deletion" | "insertion", curves: readonly NamedCurve[]): TemplateResult {
    const what = "pixels";
    const del = kind === "deletion";
    return html`<gb-curve .curves=${curves} heading=${del ? "Deletion" : "Insertion"} note=${`${this.label} as ${what} are ${del ? "removed" : "shown"}, highest first; ${del ? "lower" : "higher"} is better`} xlabel=${`${what} ${del ? "removed" : "shown"}`}></gb-curve>`;
  }

  /** The elements of this view come with a script of their own (entries/explain.ts). */
  private metricsView(): TemplateResult {
    const [deletion, insertion] = [this.curves("deletion"), this.curves("insertion")];
    const main = this.main;
    const { all, row } = this.state.values;
    return html`<aside class="gb-left" aria-label="Method">${this.methods()}${this.question()}
      <section class="gb-panel"><h2>Not measured</h2><p class="muted small">Other inputs: this is one. Fills that stay on the data's manifold. Whether a reader decides better with the map.</p></section></aside>
      <section class="gb-centre gb-evidence" aria-label="Evidence">
        <gb-picture-verdict class="card gb-says" .run=${main} .version=${this.version}></gb-picture-verdict>
        <div class="card card-body gb-curve-card">${this.curve("deletion", deletion)}</div>
        <div class="card card-body gb-curve-card">${this.curve("insertion", insertion)}</div>
        <gb-picture-evidence label=${this.label} input=${this.input} .row=${row} .mask=${this.mask} @gb-mask=${() => this.begin()} .run=${main} .version=${this.version}></gb-picture-evidence>
        <div class="card table-wrap"><gb-metrics full .runs=${this.runs} .main=${main?.method.name ?? ""} .version=${this.version}></gb-metrics></div>
      </section>
      <aside class="gb-right" aria-label="How this was computed"><section class="gb-panel"><gb-prediction .prediction=${this.session?.prediction} .error=${this.session?.predictionError} .target=${this.state.values.t}></gb-prediction></section>
        <section class="gb-panel"><gb-randomised .run=${main} .version=${this.version} .thorough=${main !== undefined && all.includes(main.method.name)} .classes=${this.session?.prediction?.labels ?? []} @gb-measure=${(e: CustomEvent<Run>) => this.state.set({ all: [...all, e.detail.method.name] }, true)}></gb-randomised></section>${main ? provenance(main, !this.file, () => void this.forget(main), false, ["npz"]) : nothing}</aside>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    explainHead(this.label, this.runs, this.main);
  }
}

type Values = { -readonly [N in keyof typeof SCHEMA]: (typeof SCHEMA)[N] extends Key<infer T> ? T : never };
define("gb-explain", GbExplain);
