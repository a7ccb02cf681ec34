import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration, value } from "../lib/format.ts";
import { sentence as said } from "../lib/http.ts";
import { paramsKey } from "../lib/params-key.ts";
import { toast } from "../lib/say.ts";
import { head, maps, matrix, placed, pattern, signed, told, tokenEffects, type Placed, type SentenceExplanation } from "../lib/sentence.ts";
import { Session, type Run } from "../lib/session.ts";
import type { Method } from "../lib/types.ts";
import { choice, flag, number, text, UrlState, type Key } from "../lib/url-state.ts";
import "./gb-agreement.ts";
import "./gb-attention.ts";
import "./gb-edit-sentence.ts";
import "./gb-heads.ts";
import "./gb-parameters.ts";
import type { ParamsChange } from "./gb-parameters.ts";
import "./gb-row-methods.ts";
import "./gb-token-bars.ts";
import "./gb-token-evidence.ts";
import "./gb-tokens.ts";
import { keep } from "./gb-write.ts";
import { provenance } from "./provenance.ts";

const target: Key<number | null> = { initial: null, parse: (t) => (/^\d+$/.test(t) ? Number(t) : undefined), format: (v) => (v === null ? "" : String(v)) };
const SCHEMA = {
  t: target, m: text(), row: number(0, 0, 1e9), unit: choice("logit", "prob"), seed: number(0, 0, 2 ** 31), par: paramsKey, ev: choice("cheap", "none", "all"),
  tok: number(-1, -1, 1e6), head: text(), view: choice("matrix", "lines"), sign: choice("b", "p", "n", "a"), e: text(), edit: flag(false), roll: choice("attention_rollout", "gradient_x_attention"),
} as const;
type Values = { -readonly [N in keyof typeof SCHEMA]: (typeof SCHEMA)[N] extends Key<infer T> ? T : never };
/** Keys that make another question of it. */
const QUESTION = ["t", "row", "unit", "seed", "ev", "e"] as const;
/** Cheapest first. */
const ORDER = ["token_saliency", "attention_maps", "token_integrated_gradients", "token_input_x_gradient", "gradient_x_attention", "token_occlusion", "attention_rollout", "lime_text", "partition_shap_tokens", "shapley_tokens"];
/** Exact Shapley values are asked unasked where they take no longer. */
const QUICK = 3;

/** The page of one sentence: what the model says, which tokens made it say so, where its heads look, and whether to rely on it. */
export class GbSentence extends GbElement {
  static override properties = { model: {}, input: {}, checkpoint: {}, view: {}, file: { attribute: false }, version: { state: true } };
  declare model: string;
  declare input: string;
  declare checkpoint: string;
  /** `tokens`, `attention` or `metrics`. */
  declare view: string;
  /** Sentences that are not kept. */
  declare file: File | undefined;
  declare version: number;
  private readonly state = new UrlState(SCHEMA);
  private session: Session | undefined;
  private offs: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.version = 0;
    this.begin();
    this.offs = [this.state.watch((values, changed) => {
      if (QUESTION.some((key) => changed.has(key))) this.begin();
      else if (changed.has("par")) this.session?.adopt(values.par);
      if (changed.has("m")) this.askMain();
      this.version += 1;
    })];
    document.addEventListener("keydown", this.shortcut);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session?.stop();
    for (const off of this.offs) off();
    document.removeEventListener("keydown", this.shortcut);
  }

  /** Shift and arrows move among heads, wherever the focus is. */
  private readonly shortcut = (event: KeyboardEvent): void => {
    if (!event.shiftKey || !event.key.startsWith("Arrow") || (event.target as HTMLElement).closest("input, textarea, select")) return;
    const all = maps(this.run("attention_maps"));
    const [layer, number] = this.head.split(".").map(Number);
    if (!all || !layer || !number) return;
    event.preventDefault();
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key] ?? [0, 0];
    const bounded = (v: number, most: number): number => Math.max(1, Math.min(most, v));
    this.set({ head: `${bounded(layer + (step[0] ?? 0), all.layers)}.${bounded(number + (step[1] ?? 0), all.heads)}` }, false);
  };

  private begin(): void {
    this.session?.stop();
    const v = this.state.values;
    const file = v.e ? new File([v.e], "sentence.txt", { type: "text/plain" }) : this.file;
    this.session = new Session(
      { model: this.model, checkpoint: this.checkpoint || undefined, input: this.input, row: v.e ? 0 : v.row, file },
      { target: v.t, on: v.unit, baseline: "zeros", seed: v.seed, evidence: v.ev, params: v.par },
      { scopes: ["text"], pictures: false, first: (methods) => this.asked(methods) },
    );
    this.session.watch(() => { this.version += 1; });
    void this.session.start();
  }

  private asked(methods: readonly Method[]): readonly string[] {
    const { m } = this.state.values;
    const there = ORDER.filter((name) => methods.some((one) => one.name === name && (name !== "shapley_tokens" || (one.estimate?.seconds ?? Infinity) < QUICK)));
    const first = methods.find((one) => one.default)?.name;
    const front = [m, first].filter((name): name is string => name !== undefined && name !== "" && methods.some((one) => one.name === name));
    return [...new Set([...front, ...there])];
  }

  private get runs(): readonly Run[] {
    return this.session?.runs ?? [];
  }

  private run(name: string): Run | undefined {
    return this.runs.find((one) => one.method.name === name);
  }

  /** The method whose values colour the tokens. */
  private get main(): Run | undefined {
    const usable = this.runs.filter((run) => run.state !== "no");
    const given = usable.find((run) => run.method.name === this.state.values.m);
    const first = usable.find((run) => run.method.default);
    return given ?? (first && first.state !== "failed" ? first : (usable.find((run) => run.result) ?? usable[0]));
  }

  private askMain(): void {
    const run = this.run(this.state.values.m);
    if (run?.state === "idle") void this.session?.ask(run);
  }

  private set(change: Partial<Values>, push = true): void {
    this.state.set(change as never, push);
  }

  /** The tokens, from whichever answer is there. */
  private get known(): SentenceExplanation | undefined {
    return told(this.main) ?? told(this.runs.find((run) => run.result));
  }

  private get head(): string {
    const all = maps(this.run("attention_maps"));
    if (!all) return "";
    const given = /^(\d+)\.(\d+)$/.exec(this.state.values.head);
    if (given && Number(given[1]) <= all.layers && Number(given[2]) <= all.heads) return this.state.values.head;
    const importance = this.run("gradient_x_attention")?.columns?.columns.get("importance")?.values;
    let best = 0;
    if (importance) for (let i = 1; i < importance.length; i += 1) if (Number(importance[i]) > Number(importance[best])) best = i;
    return `${Math.floor(best / all.heads) + 1}.${(best % all.heads) + 1}`;
  }

  protected override render(): TemplateResult {
    const session = this.session;
    if (session?.error) return html`<div class="page-body"><div class="notice notice-bad" role="alert"><p><b>Explanations could not be asked.</b> ${session.error}</p></div></div>`;
    if (!session || this.runs.length === 0) return html`<p class="page-body muted">Asking which methods apply…</p>`;
    const failed = this.runs.filter((run) => run.state === "failed");
    const all = failed.length > 0 && this.runs.every((run) => run.state === "failed" || run.state === "no" || run.state === "idle");
    return html`<div class="gb-explain" @gb-method=${(e: CustomEvent<Run>) => this.set({ m: e.detail.method.name })}
      @gb-cancel=${(e: CustomEvent<Run>) => void session.cancel(e.detail)} @gb-again=${(e: CustomEvent<Run>) => void session.ask(e.detail)}
      @gb-token=${(e: CustomEvent<number>) => this.set({ tok: e.detail }, false)} @gb-head=${(e: CustomEvent<string>) => this.set({ head: e.detail }, false)}
      @gb-say=${(e: CustomEvent<string>) => this.set({ e: e.detail, tok: -1 })} @gb-keep=${(e: CustomEvent<string>) => void this.keep(e.detail)}
      @gb-params=${(e: CustomEvent<ParamsChange>) => this.set({ par: { ...this.state.values.par, [e.detail.method]: e.detail.params } })}>
      <aside class="gb-left" aria-label="Method"><section class="gb-panel"><gb-row-methods .runs=${this.runs} .main=${this.main?.method.name ?? ""} .version=${this.version}></gb-row-methods></section>${this.question()}</aside>
      <section class="gb-centre gb-sentence-page" aria-label="Why this sentence">
        ${this.state.values.e ? html`<div class="notice" role="status"><p class="grow">This explains an <b>edited sentence</b>. It is in memory for 10 minutes and on no disk.</p><button type="button" class="btn" @click=${() => this.set({ e: "", tok: -1 })}>Back to the sentence</button></div>` : nothing}
        ${all ? html`<div class="notice notice-bad" role="alert"><p>${failed[0]?.error}</p></div>` : nothing}
        ${this.sentenceCard()}
        ${this.view === "metrics" ? this.metrics() : this.view === "attention" ? this.rollout() : this.page()}</section></div>`;
  }

  private sentenceCard(): TemplateResult {
    const [v, main, e] = [this.state.values, this.main, this.known];
    const own = told(main);
    const values = own ? (main?.columns?.columns.get("attribution")?.values as ArrayLike<number> | undefined) : undefined;
    const tokens = e ? placed(e.tokens, e.sentence, true) : [];
    const sum = values ? tokens.reduce((total, token) => total + Number(values[token.at] ?? 0), 0) : undefined;
    const labels = this.session?.prediction?.labels ?? e?.labels ?? [];
    const now = v.t ?? e?.target ?? this.session?.prediction?.top[0] ?? 0;
    const signs = [["b", "Both"], ["p", "+"], ["n", "−"], ["a", "|x|"]] as const;
    return html`<div class="card card-body gb-sentence-card">
      <div class="row wrap"><h2 class="grow">Token attribution <span class="muted gb-plain-weight">${main?.method.title ?? ""}${own ? ` for ${own.target_label}` : ""}${sum === undefined || !main?.method.complete ? "" : `, sum ${signed(sum)}`}</span></h2>
        <fieldset class="seg"><legend class="sr-only">Sign</legend>${signs.map(([key, label]) => html`<label><input type="radio" name="sign" .checked=${v.sign === key} @change=${() => this.set({ sign: key }, false)}>${label}</label>`)}</fieldset>
        ${labels.length > 1 && labels.length <= 4 ? html`<fieldset class="seg"><legend class="sr-only">Class explained</legend>${labels.map((label, i) => html`<label><input type="radio" name="target" .checked=${i === now} @change=${() => this.set({ t: i === this.session?.prediction?.top[0] ? null : i })}>${label}</label>`)}</fieldset>`
          : labels.length > 4 ? html`<select class="select" aria-label="Class explained" @change=${(ev: Event) => this.set({ t: Number((ev.target as HTMLSelectElement).value) })}>${labels.map((label, i) => html`<option value=${i} ?selected=${i === now}>${label}</option>`)}</select>` : nothing}
        <button type="button" class="btn" aria-expanded=${v.edit ? "true" : "false"} @click=${() => this.set({ edit: !v.edit }, false)}>Edit text</button></div>
      ${tokens.length ? html`<gb-tokens .tokens=${tokens} .values=${values} .selected=${v.tok} .sign=${v.sign} .unit=${main?.method.name === "token_saliency" ? "" : v.unit === "prob" ? "probability" : "logit"}></gb-tokens>` : html`<p class="muted gb-tokens-wait">Reading the sentence…</p>`}
      ${main && !values ? html`<p class="small ${main.state === "failed" ? "bad" : "muted"}">${main.method.title}: ${main.error ?? (main.message || "waiting for a worker")}</p>` : nothing}
      ${v.edit ? html`<gb-edit-sentence .model=${this.model} .checkpoint=${this.checkpoint} .text=${e?.sentence ?? ""} .was=${this.session?.prediction}></gb-edit-sentence>` : nothing}</div>`;
  }

  private page(): TemplateResult {
    const run = this.run("attention_maps");
    const all = maps(run);
    const e = told(run);
    return html`<div class="gb-sentence-grid">
        <div class="card card-body gb-heads-card">${all && e ? html`<gb-heads .maps=${all} .tokens=${placed(e.tokens, e.sentence, true)} .importance=${this.run("gradient_x_attention")?.columns?.columns.get("importance")?.values} .head=${this.head}></gb-heads>` : this.without(run, "Heads")}</div>
        <div class="card card-body gb-matrix-card">${all && e ? this.oneHead() : this.without(run, "Attention")}</div>
        <div class="gb-stack gb-beside"><div class="card card-body">${this.effects()}</div><gb-token-evidence class="card card-body" .run=${this.main} .version=${this.version}></gb-token-evidence></div>
        <div class="gb-pair gb-below">${this.agreement()}<div class="card gb-away">${this.away()}</div></div></div>`;
  }

  private without(run: Run | undefined, heading: string): TemplateResult {
    return html`<h2>${heading}</h2><p class="muted small">${run?.error ?? (run ? run.message || "Waiting for a worker…" : "No method of attention applies.")}</p>`;
  }

  private oneHead(): TemplateResult {
    const all = maps(this.run("attention_maps"));
    const e = told(this.run("attention_maps"));
    if (!all || !e) return html``;
    const tokens = placed(e.tokens, e.sentence, true);
    const [layer, number] = this.head.split(".").map(Number);
    const rows = matrix(all.values, head(all, (layer ?? 1) - 1, (number ?? 1) - 1), all.tokens, tokens);
    return html`<gb-attention .controls=${this.views()} .rows=${rows} .tokens=${tokens} .selected=${this.state.values.tok} .view=${this.state.values.view} .heading=${`Layer ${layer}, head ${number}`} .note=${pattern(rows, tokens)}></gb-attention>`;
  }

  private views(): TemplateResult {
    const now = this.state.values.view;
    return html`<fieldset class="seg gb-views"><legend class="sr-only">Drawn as</legend>${(["matrix", "lines"] as const).map((view) => html`<label><input type="radio" name="view" .checked=${now === view} @change=${() => this.set({ view }, false)}>${view === "matrix" ? "Matrix" : "Lines"}</label>`)}</fieldset>`;
  }

  private effects(): TemplateResult {
    const main = this.main;
    const all = tokenEffects(main);
    if (all.length === 0) return html`<h2>Largest effects</h2><p class="muted small">They appear with the values.</p>`;
    return html`<gb-token-bars .effects=${all} note=${main?.method.name === "token_saliency" ? "Sizes without a sign." : main?.method.family === "attention" ? "How much was looked at each token." : "Warm speaks for the class, blue against."}></gb-token-bars>`;
  }

  private rollout(): TemplateResult {
    const v = this.state.values;
    const names = [["attention_rollout", "Rollout"], ["gradient_x_attention", "Gradient × attention"]] as const;
    const run = this.run(v.roll);
    const e = told(run);
    const column = run?.columns?.columns.get("matrix");
    const tokens: Placed[] = e ? placed(e.tokens, e.sentence, true) : [];
    const rows = column ? matrix(column.values as ArrayLike<number>, 0, column.shape[0] ?? 0, tokens) : [];
    return html`<div class="gb-sentence-grid gb-rollout"><div class="card card-body gb-matrix-card">
        <div class="row wrap"><fieldset class="seg"><legend class="sr-only">Which</legend>${names.map(([name, label]) => html`<label><input type="radio" name="roll" .checked=${v.roll === name} @change=${() => this.set({ roll: name, m: name })}>${label}</label>`)}</fieldset></div>
        ${rows.length ? html`<gb-attention .controls=${this.views()} .rows=${rows} .tokens=${tokens} .selected=${v.tok} .view=${v.view} .heading=${run?.method.title ?? ""} .note=${v.roll === "attention_rollout" ? "all layers multiplied through" : `for ${e?.target_label ?? ""}`}></gb-attention>` : this.without(run, "Attention of all layers")}
        ${run ? html`<p class="muted small">${run.method.summary}</p>` : nothing}</div>
      <div class="gb-stack"><div class="card card-body">${this.effects()}</div></div></div>`;
  }

  private agreement(): TemplateResult {
    return html`<gb-agreement class="card card-body" parts="tokens" .runs=${this.runs} .main=${this.main?.method.name ?? ""} .version=${this.version}></gb-agreement>`;
  }

  private metrics(): TemplateResult {
    const notice = this.main?.method.notice;
    return html`${notice ? html`<div class="notice"><p class="small">${notice}</p></div>` : nothing}<gb-token-evidence class="card card-body" full .run=${this.main} .version=${this.version}></gb-token-evidence><div class="gb-pair">${this.agreement()}<div class="card gb-away">${this.away()}</div></div>`;
  }

  private away(): TemplateResult {
    const main = this.main;
    const [id, kept] = [main?.id, !this.state.values.e && !this.file];
    return html`<section class="gb-panel"><h2>Take it with you</h2>
        ${main?.result && id ? html`<p class="row wrap">${kept ? html`<a class="btn btn-primary" href=${api(`/explanations/${id}/report`)}>Report</a>` : nothing}
          <a class="btn" href=${api(`/explanations/${id}/attribution`, { format: "csv" })} download>CSV</a><a class="btn" href=${api(`/explanations/${id}/attribution`, { format: "npz" })} download>npz</a><a class="btn" href=${api(`/explanations/${id}`)}>JSON</a></p>` : html`<p class="muted small">Files appear with the values.</p>`}</section>
      ${main ? provenance(main, kept, () => void this.forget(main), false) : nothing}`;
  }

  private async forget(run: Run): Promise<void> {
    try {
      await this.session?.forget(run);
      toast("Deleted with its bytes");
    } catch (error) {
      toast(said(error));
    }
  }

  private async keep(text: string): Promise<void> {
    try {
      location.href = url(`/explain/${encodeURIComponent(this.model)}/${encodeURIComponent(await keep(this.model, text))}/tokens`);
    } catch (error) {
      toast(said(error));
    }
  }

  private question(): TemplateResult {
    const v = this.state.values;
    const run = this.main;
    const select = (name: string, key: "unit" | "ev", options: readonly (readonly [string, string])[]): TemplateResult => html`<label class="gb-parameter">${name}<select class="select" @change=${(e: Event) => this.set({ [key]: (e.target as HTMLSelectElement).value } as Partial<Values>)}>${options.map(([k, label]) => html`<option value=${k} ?selected=${v[key] === k}>${label}</option>`)}</select></label>`;
    return html`<section class="gb-panel gb-controls"><h2>Question</h2>
      ${select("Explained", "unit", [["logit", "The model's output"], ["prob", "The probability"]])}
      ${select("Evidence", "ev", [["cheap", "Quick"], ["all", "All of it"], ["none", "None"]])}
      <label class="gb-parameter">Seed<span class="field"><input type="number" min="0" max=${2 ** 31} step="1" .value=${String(v.seed)} @change=${(e: Event) => { const to = SCHEMA.seed.parse((e.target as HTMLInputElement).value); if (to !== undefined) this.set({ seed: to }); }}></span></label></section>
      ${run ? html`<section class="gb-panel gb-controls"><h2>${run.method.title}</h2>${run.method.default ? html`<p class="small"><span class="chip chip-accent">offered first</span> ${run.method.default}.</p>` : nothing}<p class="muted small">${run.method.summary}</p>
        <gb-parameters .method=${run.method} .params=${v.par[run.method.name] ?? {}} .used=${run.result?.params} .layers=${[]}></gb-parameters></section>` : nothing}`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const p = this.session?.prediction;
    const chip = document.getElementById("gb-target-chip");
    if (chip && p) {
      const best = p.top[0] ?? 0;
      chip.hidden = false;
      chip.textContent = `predicts ${p.labels[best] ?? best}${p.probability ? `, p ${value(p.probability[best], 3)}` : ""}`;
    }
    const cost = document.getElementById("gb-cost-chip");
    const main = this.main;
    if (cost && main?.result) {
      cost.hidden = false;
      cost.textContent = `${main.method.title}, ${main.cached ? "from cache" : duration(main.result.seconds)}`;
    }
  }
}
define("gb-sentence", GbSentence);
