/** What the pages over a whole table have in common: the question's controls, states, and how it was computed. */
import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement } from "../lib/element.ts";
import { duration, integer, value } from "../lib/format.ts";
import { getJson, sentence } from "../lib/http.ts";
import { toast } from "../lib/say.ts";
import { setState, targetName, type Question, type SetAnswer, type SetQuery, type Subject } from "../lib/table-set.ts";
import { download, png, svgText } from "../lib/take-away.ts";
import type { InputSummary, Method, Model } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";

/** Methods that give each row its attributions, and what they cost. */
const ROW_METHODS: readonly (readonly [string, string, string])[] = [
  ["tree_shap", "TreeSHAP", "exact, walks the trees: about a millisecond a row"],
  ["linear_shap", "Linear SHAP", "exact for linear models"],
  ["permutation_shap", "Permutation SHAP", "sampled: about 10 × 2 × features × background passes a row"],
  ["kernel_shap", "Kernel SHAP", "sampled: about 2,048 × background passes a row"],
  ["sampling_shap", "Sampling SHAP", "sampled: passes grow with features and background"],
];
/** Formats of files that hold trees and nothing else. */
const TREES = /^(lightgbm|xgboost|catboost)/;
/** Rows of a first answer of a method that asks the model thousands of times a row. */
export const FEW = 100;

export interface Known { readonly model: Model; readonly methods: readonly Method[]; readonly tables: readonly InputSummary[] }
let known: Promise<Known> | undefined;

/** What the server knows of the model, asked once a page. */
function knowing(subject: Subject): Promise<Known> {
  known ??= Promise.all([
    getJson<Model>(api(`/models/${encodeURIComponent(subject.model)}`)),
    getJson<Method[] | { methods: Method[] }>(api("/methods", { model: subject.model, input: subject.input })).then((a) => ("methods" in a ? a.methods : a)),
    getJson<{ inputs: InputSummary[] }>(api("/inputs")).then((a) => a.inputs.filter((one) => one.kind === "table")),
  ]).then(([model, methods, tables]) => ({ model, methods, tables }));
  return known;
}

/** What the colours of dots say. */
export function colourKey(name: string, labels: readonly string[] | undefined): TemplateResult {
  return labels ? html`Colour: ${name} ${labels.slice(0, 12).map((label, k) => html`<span class="with-swatch"><span class="run-swatch" data-slot=${k}></span>${label}</span> `)}`
    : html`Colour: ${name} <span>low</span><i class="set-ramp-flat" aria-hidden="true"></i><span>high.</span>`;
}

/** Draws what a card shows, lines and dots, as one PNG. */
async function save(card: Element): Promise<void> {
  const plot = card.querySelector<HTMLElement>(".set-plot");
  const name = card.querySelector("h2")?.textContent?.trim() ?? "plot";
  const lines = plot?.querySelector("svg");
  if (!plot || !lines) return toast("There is no picture yet.");
  const over = document.createElement("canvas");
  const lined = await createImageBitmap(await png(svgText(lines, name)));
  [over.width, over.height] = [lined.width, lined.height];
  const context = over.getContext("2d");
  context?.drawImage(lined, 0, 0);
  for (const marks of plot.querySelectorAll("canvas")) context?.drawImage(marks, 0, 0, over.width, over.height);
  over.toBlob((blob) => { if (blob) download(blob, `${name.replace(/\s+/g, "-")}.png`); });
}

/** The button that does so; `none` where a card shows no picture. */
export function takePicture(none = false): TemplateResult | typeof nothing {
  return none ? nothing : html`<button class="icon-btn" type="button" aria-label="Picture of this plot (PNG)" title="PNG" @click=${(e: Event) => { const card = (e.currentTarget as Element).closest(".card"); if (card) save(card).catch((error: unknown) => toast(sentence(error))); }}><svg class="icon" aria-hidden="true"><use href="#i-download"></use></svg></button>`;
}

export abstract class SetView extends GbElement {
  static override properties = { subject: { attribute: false }, known: { state: true }, trouble: { state: true } };
  declare subject: Subject;
  declare known: Known | undefined;
  declare trouble: string;
  private off: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.trouble = "";
    this.off = setState.watch(() => this.requestUpdate());
    knowing(this.subject).then((all) => { this.known = all; }, (error: unknown) => { this.trouble = error instanceof Error ? error.message : String(error); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
  }

  protected get trees(): boolean {
    const entry = this.known?.methods.find((m) => m.name === "tree_shap");
    return entry ? entry.applies : TREES.test(this.known?.model.format ?? "");
  }

  /** The method in the address, else TreeSHAP for trees, else one that asks any model. */
  protected get method(): string {
    const { m } = setState.values;
    if (ROW_METHODS.some(([name]) => name === m)) return m;
    const linear = this.known?.methods.find((one) => one.name === "linear_shap")?.applies;
    return this.trees ? "tree_shap" : linear ? "linear_shap" : "permutation_shap";
  }

  protected get sampled(): boolean {
    return !["tree_shap", "linear_shap"].includes(this.method);
  }

  /** A question about all rows. */
  protected question(method: string, params: Readonly<Record<string, unknown>> = {}, rows: unknown = "all"): Question {
    const { t, unit, bg, seed } = setState.values;
    const { model, input, checkpoint } = this.subject;
    return { model, ...(checkpoint ? { checkpoint } : {}), input, rows, method, params, target: t, on: unit, background: { rows: bg }, seed, evidence: "none" };
  }

  /** The attributions of the rows: all of them where that is cheap. */
  protected attributions(): Question | undefined {
    if (!this.known) return undefined;
    const { rows } = setState.values;
    const count = rows || (this.sampled ? FEW : 0);
    return this.question(this.method, {}, count ? { from: 0, count } : "all");
  }

  /** Method, background, unit and target. */
  protected controls(answer: SetAnswer | undefined, more: TemplateResult | typeof nothing = nothing, method = true): TemplateResult {
    const v = setState.values;
    const cost = ROW_METHODS.find(([name]) => name === this.method)?.[2];
    const labels = answer?.labels ?? [];
    return html`<form class="toolbar set-controls" @submit=${(e: Event) => e.preventDefault()}>
      ${method ? html`<label class="set-field">Method<select class="select" .value=${this.method} @change=${(e: Event) => setState.set({ m: (e.target as HTMLSelectElement).value, rows: 0 }, true)}>
        ${ROW_METHODS.map(([name, title]) => {
          const entry = this.known?.methods.find((one) => one.name === name);
          const no = name === "tree_shap" ? !this.trees : entry?.applies === false && name === "linear_shap";
          return html`<option value=${name} ?selected=${name === this.method} ?disabled=${no}>${title}${no ? (name === "tree_shap" ? " (the model is not made of trees)" : " (the model is not linear)") : ""}</option>`;
        })}</select></label>
      <label class="set-field">Background<select class="select" @change=${(e: Event) => setState.set({ bg: Number((e.target as HTMLSelectElement).value) }, true)}>${[10, 50, 100, 500, 1000].map((n) => html`<option value=${n} ?selected=${n === v.bg}>${integer(n)} rows</option>`)}</select></label>` : nothing}
      ${labels.length > 1 ? html`<label class="set-field">Target<select class="select" @change=${(e: Event) => setState.set({ t: Number((e.target as HTMLSelectElement).value) }, true)}>${labels.map((label, i) => html`<option value=${i} ?selected=${i === answer?.target}>${label}</option>`)}</select></label>` : nothing}
      ${answer && targetName(answer) === "the model" ? nothing : this.segment("Unit", "unit", [["logit", "Raw output"], ["prob", "Probability"]])}${more}
      ${method && cost ? html`<span class="muted small set-cost">${cost}</span>` : nothing}</form>`;
  }

  protected segment<K extends "unit" | "v" | "sort">(name: string, key: K, options: readonly (readonly [string, string])[]): TemplateResult {
    return html`<fieldset class="set-seg"><legend class="sr-only">${name}</legend><div class="seg">${options.map(([k, label]) => html`<label><input type="radio" name=${key} .checked=${setState.values[key] === k} @change=${() => setState.set({ [key]: k }, true)}>${label}</label>`)}</div></fieldset>`;
  }

  /** Where a question stands, over what it has given so far. */
  protected standing(query: SetQuery, what: string): TemplateResult | typeof nothing {
    if (this.trouble) return html`<p class="notice notice-bad" role="alert">${this.trouble}</p>`;
    if (query.state === "failed") return html`<div class="notice notice-bad" role="alert"><div><p><b>${what} failed.</b> ${query.error}</p><p class="small">${this.advice(query.error)}</p><button class="btn" type="button" @click=${() => query.again()}>Try again</button></div></div>`;
    if (query.state === "cancelled") return html`<p class="notice"><span>${what}: cancelled.</span> <button class="link-btn" type="button" @click=${() => query.again()}>Ask again</button></p>`;
    if (!query.busy) return nothing;
    const rows = query.fresh ? query.data?.answer.rows : undefined;
    return html`<p class="set-wait small" role="status"><span class="progress" aria-hidden="true"><i ${vars({ "--fill": `${query.progress * 100}%` })}></i></span>
      <span>${rows ? `${integer(rows.done)} of ${integer(rows.count)} rows` : query.message || what}</span><button class="link-btn" type="button" @click=${() => void query.cancel()}>Cancel</button></p>`;
  }

  private advice(error: string): TemplateResult | string {
    const input = url(`/inputs/${encodeURIComponent(this.subject.input)}`);
    if (/truth|target|true answer/i.test(error)) return html`This page needs the true answers: <a href=${input}>choose the target column in the data set</a>, then come back.`;
    if (/column|feature|width/i.test(error)) return html`See <a href=${input}>the data set's columns</a> and the model's preprocessing: they have to agree.`;
    return "";
  }

  /** A guessed target that the model reads as a feature cannot be what it predicts. */
  protected wrongTarget(answer: SetAnswer): TemplateResult | typeof nothing {
    const table = this.known?.tables.find((one) => one.slug === this.subject.input) as (InputSummary & { target_column?: string | null }) | undefined;
    const target = table?.target_column;
    if (!target || !answer.feature_names.includes(target)) return nothing;
    return html`<p class="notice notice-warn" role="alert"><span>The data set's target column is <b>${target}</b>, which the model reads as a feature: these figures compare the wrong things. <a href=${url(`/inputs/${encodeURIComponent(this.subject.input)}`)}>Choose the column with the true answers</a>.</span></p>`;
  }

  /** Sentences of trust, the question in full, and what to take away. */
  protected provenance(answer: SetAnswer | undefined): TemplateResult | typeof nothing {
    if (!answer) return nothing;
    const base = `/explanations/${answer.id}`;
    const given = Object.entries(answer.params).filter(([, v]) => v !== null);
    return html`<section class="card card-body set-wide set-how" aria-label="How this was computed"><h2>Can I rely on this?</h2>
      ${answer.sentences.map((s) => html`<p>${s}</p>`)}${answer.notice ? html`<p class="muted">${answer.notice}</p>` : nothing}
      <details class="small"><summary>How this was computed</summary><dl class="facts">
        <div><dt>Method</dt><dd>${answer.title}</dd></div>${given.length ? html`<div><dt>Parameters</dt><dd>${given.map(([k, v]) => `${k}=${String(v)}`).join(", ")}</dd></div>` : nothing}
        <div><dt>Target</dt><dd>${targetName(answer)}, ${answer.on === "prob" ? "probability" : "raw output"}</dd></div><div><dt>Rows</dt><dd>${integer(answer.rows.done)} of ${integer(answer.rows.of)}</dd></div>
        <div><dt>Background</dt><dd>${integer(answer.background.rows)} rows</dd></div><div><dt>Seed</dt><dd>${answer.seed}</dd></div>
        <div><dt>Passes</dt><dd>${integer(answer.passes.forward)} forward</dd></div>${answer.seconds === undefined ? nothing : html`<div><dt>Time</dt><dd>${duration(answer.seconds)}</dd></div>`}
        ${answer.completeness_gap === null ? nothing : html`<div><dt>Completeness gap</dt><dd>${value(answer.completeness_gap, 3)}</dd></div>`}
        <div><dt>Model</dt><dd><code>${answer.model_hash.slice(0, 12)}</code></dd></div><div><dt>Data</dt><dd><code>${answer.data_hash.slice(0, 12)}</code></dd></div></dl></details>
      <p class="row wrap small set-export"><span>Take away</span><a class="btn" href=${api(`${base}/report`)}>Report (HTML)</a><a href=${api(`${base}/attribution`, { format: "csv" })}>CSV</a><a href=${api(`${base}/attribution`, { format: "npz" })}>npz</a><a href=${api(base)}>JSON</a></p></section>`;
  }
}
