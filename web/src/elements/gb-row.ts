import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration, value } from "../lib/format.ts";
import { getJson, sentence } from "../lib/http.ts";
import { paramsKey } from "../lib/params-key.ts";
import { answer, asked, attributes, changesKey, classes, effects, known, output, pairs, spoken, sums, type Changes, type Effect } from "../lib/row.ts";
import { toast } from "../lib/say.ts";
import { Session, type Run } from "../lib/session.ts";
import { download, png, svgText } from "../lib/take-away.ts";
import type { InputSummary } from "../lib/types.ts";
import { choice, flag, number, text, UrlState, type Key } from "../lib/url-state.ts";
import "./gb-agreement.ts";
import "./gb-force.ts";
import "./gb-parameters.ts";
import type { ParamsChange } from "./gb-parameters.ts";
import "./gb-prediction.ts";
import "./gb-row-methods.ts";
import "./gb-waterfall.ts";
import "./gb-what-if.ts";
import { provenance } from "./provenance.ts";

const target: Key<number | null> = { initial: null, parse: (t) => (/^\d+$/.test(t) ? Number(t) : undefined), format: (v) => (v === null ? "" : String(v)) };
const SCHEMA = {
  t: target, m: text(), row: number(0, 0, 1e9), unit: choice("logit", "prob"), base: choice("zeros", "mean"), seed: number(0, 0, 2 ** 31), n: number(10, 1, 1000), par: paramsKey,
  bg: text(), bgn: number(100, 1, 100_000), ev: choice("cheap", "none", "all"), keep: flag(true), e: changesKey, ex: flag(false),
} as const;
type Values = { -readonly [N in keyof typeof SCHEMA]: (typeof SCHEMA)[N] extends Key<infer T> ? T : never };
/** Keys that make another question of it. */
const QUESTION = ["t", "row", "unit", "base", "seed", "bg", "bgn", "ev", "keep", "ex"] as const;

/** The page of one row: what the model says, why, whether to rely on it, what would change it, and taking it away. */
export class GbRow extends GbElement {
  static override properties = { model: {}, input: {}, checkpoint: {}, view: {}, file: { attribute: false }, version: { state: true }, tables: { state: true } };
  declare model: string;
  declare input: string;
  declare checkpoint: string;
  /** `row` or `metrics`. */
  declare view: string;
  declare file: File | undefined;
  declare version: number;
  /** Tables that can be a background. */
  declare tables: readonly InputSummary[];
  private readonly state = new UrlState(SCHEMA);
  private session: Session | undefined;
  private offs: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.version = 0;
    this.tables = [];
    this.begin();
    this.offs = [this.state.watch((values, changed) => {
      if (QUESTION.some((key) => changed.has(key)) || (changed.has("e") && values.ex)) this.begin();
      else if (changed.has("par")) this.session?.adopt(values.par);
      if (changed.has("m")) this.askMain();
      this.version += 1;
    })];
    void import("./gb-row-evidence.ts");
    void import("./gb-examples.ts");
    void import("./gb-features.ts");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session?.stop();
    for (const off of this.offs) off();
  }

  /** Whether the edited row is what is explained. */
  private get edited(): boolean {
    return this.state.values.ex && Object.keys(this.state.values.e).length > 0 && !this.file;
  }

  private begin(): void {
    this.session?.stop();
    const v = this.state.values;
    const background = v.bg || v.bgn !== 100 ? { ...(v.bg ? { input: v.bg } : {}), rows: v.bgn } : undefined;
    this.session = new Session(
      { model: this.model, checkpoint: this.checkpoint || undefined, input: this.input, row: v.row, file: this.file, changes: this.file ? undefined : this.edited ? v.e : {} },
      { target: v.t, on: v.unit, baseline: v.base, seed: v.seed, evidence: v.ev, params: v.par, background, keep: v.keep },
      { scopes: ["row", "input"], pictures: false, first: (methods) => { const all = asked(methods); return v.m && !all.includes(v.m) && methods.some((m) => m.name === v.m) ? [v.m, ...all] : all; } },
    );
    this.session.watch(() => { this.version += 1; });
    void this.session.start();
    if (this.edited && !this.plain) void this.loadPlain();
  }

  /** The row as it is in the table, where the session is about the edited one. */
  private plain: Session["prediction"];
  private async loadPlain(): Promise<void> {
    const own = new Session({ model: this.model, checkpoint: this.checkpoint || undefined, input: this.input, row: this.state.values.row, changes: {} }, { target: null, on: "logit", baseline: "zeros", seed: 0, evidence: "none", params: {} });
    try {
      await own.predict();
      this.plain = own.prediction;
    } finally {
      own.stop();
    }
    this.version += 1;
  }

  private get runs(): readonly Run[] {
    return this.session?.runs ?? [];
  }

  /** The method shown large: the one in the address, else the default; past it where that failed. */
  private get main(): Run | undefined {
    const usable = this.runs.filter((run) => run.state !== "no" && attributes(run.method));
    const given = usable.find((run) => run.method.name === this.state.values.m);
    if (given) return given;
    const first = usable.find((run) => run.method.default);
    const stopped = (run: Run | undefined): boolean => !run || run.state === "failed" || run.state === "cancelled";
    return stopped(first) ? (usable.find((run) => run.result) ?? first ?? usable[0]) : first;
  }

  /** The method whose settings are shown: also one that gives no values. */
  private get chosen(): Run | undefined {
    return this.runs.find((run) => run.method.name === this.state.values.m && run.state !== "no") ?? this.main;
  }

  private askMain(): void {
    const run = this.runs.find((one) => one.method.name === this.state.values.m);
    if (run?.state === "idle") void this.session?.ask(run);
  }

  private set(change: Partial<Values>, push = true): void {
    this.state.set(change as never, push);
  }

  protected override render(): TemplateResult {
    const session = this.session;
    if (session?.error) return html`<div class="page-body"><div class="notice notice-bad" role="alert"><p><b>Explanations could not be asked.</b> ${session.error}</p></div></div>`;
    if (!session || this.runs.length === 0) return html`<p class="page-body muted">Asking which methods apply…</p>`;
    return html`<div class="gb-explain" @gb-method=${(e: CustomEvent<Run>) => this.set({ m: e.detail.method.name })}
      @gb-cancel=${(e: CustomEvent<Run>) => void session.cancel(e.detail)} @gb-again=${(e: CustomEvent<Run>) => void session.ask(e.detail)}
      @gb-target=${(e: CustomEvent<number>) => this.set({ t: e.detail === session.prediction?.top[0] ? null : e.detail })}
      @gb-params=${(e: CustomEvent<ParamsChange>) => this.set({ par: { ...this.state.values.par, [e.detail.method]: e.detail.params } })}
      @gb-changes=${(e: CustomEvent<Changes>) => this.set({ e: e.detail, ...(Object.keys(e.detail).length ? {} : { ex: false }) }, false)}
      @gb-apply=${(e: CustomEvent<Changes>) => { this.set({ e: e.detail }); this.querySelector("gb-what-if")?.scrollIntoView({ block: "nearest" }); }}
      @gb-edited=${() => this.set({ ex: true })}>
      <aside class="gb-left" aria-label="Method"><section class="gb-panel"><gb-row-methods .runs=${this.runs} .main=${this.chosen?.method.name ?? ""} .version=${this.version}></gb-row-methods></section>${this.question()}</aside>
      <section class="gb-centre gb-row-page" aria-label="Why this row">${this.banners()}${this.view === "metrics" ? this.metrics() : this.page()}</section></div>`;
  }

  private banners(): TemplateResult {
    const notice = this.main?.method.notice;
    return html`${this.edited ? html`<div class="notice" role="status"><p class="grow">This explains an <b>edited row</b>: ${Object.entries(this.state.values.e).map(([name, v]) => `${name} = ${v === null ? "missing" : v}`).join(", ")}. It is in memory for 10 minutes and on no disk.</p><button type="button" class="btn" @click=${() => this.set({ ex: false })}>Back to the row</button></div>` : nothing}
      ${notice && this.view === "metrics" ? html`<div class="notice"><p class="small">${notice}</p></div>` : nothing}`;
  }

  private page(): TemplateResult {
    const { session, main } = this;
    const all = effects(main, session?.prediction?.columns);
    const chained = sums(main);
    const f = output(main);
    const base = this.edited ? this.plain : session?.prediction;
    return html`<div class="card card-body gb-verdict">
        <gb-prediction .prediction=${session?.prediction} .error=${session?.predictionError} .target=${this.state.values.t}></gb-prediction>
        <div class="gb-force-side"><div class="row wrap"><h2 class="grow">Force <span class="muted gb-plain-weight">${this.unitWords()}</span></h2>${this.units()}</div>
          ${chained && all.length ? html`<gb-force .effects=${all} .output=${f ?? 0}></gb-force>` : html`<p class="muted small gb-force">${all.length ? `${main?.method.title ?? "This method"} gives no shares that add up, so no strip is drawn.` : "The strip appears with the values."}</p>`}
          <p class="small gb-story">${this.story(all)}</p></div></div>
      <div class="gb-pair">
        <div class="card card-body gb-why">${this.waterfall(main, all, chained, f)}</div>
        <div class="card card-body gb-edit">${this.file ? html`<h2>What if</h2><p class="muted small">This file is not kept, so the server has no row to edit. Upload the table to edit its values here.</p>`
          : html`<gb-what-if .model=${this.model} .checkpoint=${this.checkpoint} .input=${this.input} .row=${this.state.values.row} .base=${base} .changes=${this.state.values.e} .order=${[...all].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect)).map((e) => e.name)} .target=${this.state.values.t} .unit=${this.state.values.unit} .explained=${this.edited}></gb-what-if>`}</div>
      </div>
      <div class="gb-pair">
        <gb-row-evidence class="card card-body" .run=${main} .version=${this.version}></gb-row-evidence>
        <div class="gb-stack">${this.agreement(main)}<div class="card gb-away">${this.away(main)}</div></div>
      </div>
      <gb-examples .runs=${this.runs} .columns=${session?.prediction?.columns} .classes=${classes(session?.prediction)} .version=${this.version} .applied=${this.state.values.e} ?still=${this.file !== undefined}></gb-examples>
      <gb-features class="card card-body" .effects=${all} .pairs=${pairs(main, 8)}></gb-features>`;
  }

  private agreement(main: Run | undefined): TemplateResult {
    const runs = this.runs.map((run) => (attributes(run.method) ? run : { ...run, columns: undefined, result: undefined }) as Run);
    return html`<gb-agreement class="card card-body" .runs=${runs} .main=${main?.method.name ?? ""} .version=${this.version}></gb-agreement>`;
  }

  private metrics(): TemplateResult {
    const main = this.main;
    return html`<gb-row-evidence class="card card-body" full .run=${main} .version=${this.version}></gb-row-evidence>
      ${this.agreement(main)}
      <div class="card gb-away">${this.away(main)}</div>`;
  }

  private unitWords(): string {
    return this.state.values.unit === "prob" ? "probability" : this.session?.prediction?.probability ? "log-odds" : "output";
  }

  private units(): TemplateResult {
    const now = this.state.values.unit;
    const options = [["logit", this.session?.prediction?.probability ? "Log-odds" : "Output"], ["prob", "Probability"]] as const;
    return html`<fieldset class="seg"><legend class="sr-only">Unit</legend>${options.map(([key, label]) => html`<label><input type="radio" name="unit" .checked=${now === key} ?disabled=${key === "prob" && this.session?.prediction !== undefined && !this.session.prediction.probability} @change=${() => this.set({ unit: key })}>${label}</label>`)}</fieldset>`;
  }

  /** One sentence on what is seen. */
  private story(all: readonly Effect[]): string {
    const p = this.session?.prediction;
    if (!p || all.length === 0) return "";
    const order = [...all].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
    const tell = (e: Effect): string => `${e.name}${e.text ? ` (${e.text})` : ""}`;
    const [up, down] = [order.filter((e) => e.effect > 0).slice(0, 2), order.filter((e) => e.effect < 0).slice(0, 2)];
    const what = spoken(p, known(this.main)?.target ?? this.state.values.t)?.label ?? "the output";
    return `The model says ${answer(p)}. ${up.length ? `Towards ${what}: mostly ${up.map(tell).join(" and ")}.` : `Nothing speaks for ${what}.`} ${down.length ? `Against it: ${down.map(tell).join(" and ")}.` : "Nothing speaks against it."}`;
  }

  private waterfall(main: Run | undefined, all: readonly Effect[], chained: boolean, f: number | undefined): TemplateResult {
    if (!main) return html`<h2>Why this row</h2><p class="muted small">No method applies to this model and row.</p>`;
    const running = main.state === "running" || main.state === "queued";
    if (all.length === 0) return html`<h2>Why this row</h2><p class="small ${main.state === "failed" ? "bad" : "muted"}">${main.method.title}: ${main.error ?? (main.message || "waiting for a worker")}</p>`;
    const errors = all.some((e) => e.error !== undefined);
    return html`${running ? html`<p class="busy" role="progressbar" aria-label="Sharpening"></p>` : nothing}
      <gb-waterfall heading="Why this row" .effects=${all} .count=${this.state.values.n} ?sums=${chained} .output=${f} note=${`${chained ? `Arrows lead from the base, ${main.method.scope === "row" ? "the mean over the background" : "the output of the baseline"}, to this row's output.` : "Each arrow starts at zero: these values do not add up to the output."} Warm raises it, blue lowers it.${errors ? " Whiskers: one standard error." : ""}${running ? " Still sharpening." : ""}`}></gb-waterfall>
      <p class="row wrap small">${all.length > this.state.values.n ? html`<button type="button" class="link-btn" @click=${() => this.set({ n: Math.min(1000, this.state.values.n + 10) })}>10 more</button>` : nothing}${this.state.values.n > 10 ? html`<button type="button" class="link-btn" @click=${() => this.set({ n: 10 })}>The 10 strongest</button>` : nothing}<span class="grow"></span>
        <button type="button" class="link-btn" @click=${() => this.draw("svg")}>SVG</button><button type="button" class="link-btn" @click=${() => this.draw("png")}>PNG</button></p>`;
  }

  private draw(as: "svg" | "png"): void {
    const svg = this.querySelector<SVGSVGElement>("gb-waterfall svg");
    if (!svg) return;
    const name = `${this.input}-row-${this.state.values.row}-${this.main?.method.name ?? "row"}`;
    const drawn = svgText(svg, `${this.main?.method.title ?? ""}, ${this.input}, row ${this.state.values.row}`);
    if (as === "svg") download(new Blob([drawn], { type: "image/svg+xml" }), `${name}.svg`);
    else void png(drawn).then((blob) => download(blob, `${name}.png`)).catch((error: unknown) => toast(sentence(error)));
  }

  private away(main: Run | undefined): TemplateResult {
    const id = main?.id;
    const kept = !this.file && !this.edited && this.state.values.keep;
    const done = main?.result !== undefined && id !== undefined;
    return html`<section class="gb-panel"><h2>Take it with you</h2>
        ${done ? html`<p class="row wrap">${kept ? html`<a class="btn btn-primary" href=${api(`/explanations/${id}/report`)}>Report</a>` : nothing}
          <a class="btn" href=${api(`/explanations/${id}/attribution`, { format: "csv" })} download>CSV</a><a class="btn" href=${api(`/explanations/${id}/attribution`, { format: "npz" })} download>npz</a><a class="btn" href=${api(`/explanations/${id}`)}>JSON</a></p>
          <p class="muted xs">${kept ? "The report is one HTML file with the evidence, the hashes and the command that makes it again." : "Nothing of this is kept, so there is no report of it."}</p>` : html`<p class="muted small">Files appear with the values.</p>`}</section>
      ${main ? provenance(main, kept, () => void this.forget(main), false) : nothing}`;
  }

  private async forget(run: Run): Promise<void> {
    try {
      await this.session?.forget(run);
      toast("Deleted with its bytes");
    } catch (error) {
      toast(sentence(error));
    }
  }

  private async loadTables(): Promise<void> {
    try {
      const { inputs } = await getJson<{ inputs: InputSummary[] }>(api("/inputs"));
      this.tables = inputs.filter((one) => one.kind === "table");
    } catch (error) {
      toast(sentence(error));
    }
  }

  private question(): TemplateResult {
    const v = this.state.values;
    const run = this.chosen;
    const whole = run?.method.scope !== "row";
    const integer = (name: string, key: "seed" | "bgn", least: number, most: number): TemplateResult => html`<label class="gb-parameter">${name}<span class="field"><input type="number" min=${least} max=${most} step="1" .value=${String(v[key])}
      @change=${(e: Event) => { const to = SCHEMA[key].parse((e.target as HTMLInputElement).value); if (to !== undefined) this.set({ [key]: to }); }}></span></label>`;
    const select = (name: string, key: "base" | "ev" | "bg", options: readonly (readonly [string, string])[], focus?: () => void): TemplateResult => html`<label class="gb-parameter">${name}<select class="select" @focus=${focus ?? nothing} @change=${(e: Event) => this.set({ [key]: (e.target as HTMLSelectElement).value } as Partial<Values>)}>${options.map(([k, label]) => html`<option value=${k} ?selected=${v[key] === k}>${label}</option>`)}</select></label>`;
    return html`<section class="gb-panel gb-controls"><h2>Question</h2>
      ${whole ? select("Baseline", "base", [["zeros", "Zeros"], ["mean", "Mean"]])
        : html`${this.file ? nothing : select("Background", "bg", [["", "this table"], ...[...(v.bg && !this.tables.some((t) => t.slug === v.bg) ? [v.bg] : []), ...this.tables.filter((t) => t.slug !== this.input).map((t) => t.slug)].map((slug) => [slug, slug] as const)], () => { if (this.tables.length === 0) void this.loadTables(); })}${integer("Background rows", "bgn", 1, 100_000)}`}
      ${select("Evidence", "ev", [["cheap", "Quick"], ["all", "All of it"], ["none", "None"]])}
      ${integer("Seed", "seed", 0, 2 ** 31)}
      ${this.file ? nothing : html`<label class="switch"><input type="checkbox" role="switch" .checked=${!v.keep} @change=${() => this.set({ keep: !v.keep })}>Explain without keeping</label>`}</section>
      ${run ? html`<section class="gb-panel gb-controls"><h2>${run.method.title}</h2>${run.method.default ? html`<p class="small"><span class="chip chip-accent">offered first</span> ${run.method.default}.</p>` : nothing}<p class="muted small">${run.method.summary}</p>
        <gb-parameters .method=${run.method} .params=${v.par[run.method.name] ?? {}} .used=${run.result?.params} .layers=${[]}></gb-parameters></section>` : nothing}`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const p = this.session?.prediction;
    const chip = document.getElementById("gb-target-chip");
    if (chip && p) {
      const said = spoken(p, this.state.values.t);
      chip.hidden = false;
      chip.textContent = `predicts ${answer(p)}${said?.share === undefined ? "" : `, P(${said.label}) ${value(said.share, 3)}`}`;
    }
    const cost = document.getElementById("gb-cost-chip");
    const main = this.main;
    if (cost && main?.result) {
      cost.hidden = false;
      cost.textContent = `${main.method.title}, ${main.cached ? "from cache" : duration(main.result.seconds)}`;
    }
  }
}
define("gb-row", GbRow);
