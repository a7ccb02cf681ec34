import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { compare, sides, type Drift, type Whole } from "../lib/comparison.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { aborted, getJson, request, sentence } from "../lib/http.ts";
import { say } from "../lib/say.ts";
import type { InputSummary, Method } from "../lib/types.ts";
import { UrlState, list, number, text } from "../lib/url-state.ts";
import "./gb-drift-dots.ts";
import "./gb-drift-maps.ts";

/** Offered first, where it applies: cheap, signed, and a value for every element. */
const FIRST = ["tree_shap", "permutation_shap", "input_x_gradient", "saliency"];
/** A row's method asks the model thousands of times a map, and each draw is four maps. */
const ROW_DRAWS = 3;
/** Pictures asked about at once. */
const PICTURES = 60;
const EVERY = "*";

const KEYS = {
  /** Method. */
  m: text(),
  /** Input, or `*` for all pictures. */
  in: text(),
  /** Rows of a table or an array. */
  n: number(10, 1, 500),
  /** Two checkpoints that differ in nothing but their training seed. */
  p: list(),
  /** The input that is shown. */
  i: number(0, 0, 1e6),
};

interface Input extends InputSummary { readonly state: string }

/** How far the explanations of two checkpoints lie apart on the same inputs. The choice lives in the address. */
export class GbDrift extends GbElement {
  static override properties = { methods: { state: true }, inputs: { state: true }, whole: { state: true }, told: { state: true }, trouble: { state: true } };
  declare methods: readonly Method[] | undefined;
  declare inputs: readonly Input[];
  declare whole: Whole<Drift> | undefined;
  declare told: { readonly part: number; readonly message: string; readonly job: string | null } | undefined;
  declare trouble: string | undefined;
  private readonly url = new UrlState(KEYS);
  private stop = new AbortController();
  private off: (() => void) | undefined;

  constructor() {
    super();
    this.inputs = [];
  }

  override connectedCallback(): void {
    // What the server wrote is for readers without a script.
    this.replaceChildren();
    super.connectedCallback();
    this.off = this.url.watch((_, changed) => {
      if (changed.has("m") || changed.has("in") || changed.has("n") || changed.has("p")) void this.ask();
      this.requestUpdate();
    });
    void this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
    this.stop.abort();
  }

  private async begin(): Promise<void> {
    const { a, b } = sides(this);
    try {
      const { kind } = await getJson<{ kind: string }>(api(`/models/${encodeURIComponent(b.model)}`));
      // Of tables, also the methods that compare with its rows.
      const catalogue = (side: typeof a): Promise<Method[]> => getJson<Method[]>(api("/methods", { model: side.model, checkpoint: side.checkpoint, ...(kind === "image" ? {} : { kind: "table" }) }));
      const [of, other, found] = await Promise.all([catalogue(a), catalogue(b), getJson<{ inputs: Input[] }>(api("/inputs"))]);
      const fits = new Set(of.filter((method) => method.applies).map((method) => method.name));
      this.methods = other.filter((method) => method.applies && fits.has(method.name) && ["input", "row"].includes(method.scope ?? "input") && !["interactions", "rule", "rows"].includes(method.output ?? "input"));
      const known = (input: Input): boolean => input.model === null || input.model === a.model || input.model === b.model;
      this.inputs = found.inputs.filter((input) => input.state === "ready" && known(input) && (kind === "image" ? input.kind !== "table" : input.kind !== "image"));
      await this.ask();
    } catch (error) {
      this.trouble = sentence(error);
    }
  }

  private get method(): Method | undefined {
    const { methods } = this;
    const named = methods?.find((method) => method.name === this.url.values.m);
    if (named || !methods) return named;
    const first = FIRST.map((name) => methods.find((method) => method.name === name)).find((method) => method !== undefined);
    return first ?? methods[0];
  }

  private get pictures(): readonly Input[] {
    return this.inputs.filter((input) => input.kind === "image").slice(0, PICTURES);
  }

  /** The input that is chosen, `*` for all pictures. */
  private get chosen(): string {
    const asked = this.url.values.in;
    if (asked && (asked === EVERY || this.inputs.some((input) => input.slug === asked))) return asked;
    return this.pictures.length > 1 ? EVERY : (this.inputs[0]?.slug ?? "");
  }

  private wanted(): readonly Record<string, unknown>[] {
    const { chosen } = this;
    if (chosen === EVERY) return this.pictures.map((input) => ({ input: input.slug }));
    const input = this.inputs.find((one) => one.slug === chosen);
    if (!input) return [];
    const count = Math.min(this.url.values.n, input.rows);
    return [input.kind === "image" ? { input: chosen } : { input: chosen, rows: { from: 0, count } }];
  }

  /** Checkpoints as the head of the page lists them. */
  private get checkpoints(): readonly { readonly id: string; readonly model: string; readonly label: string }[] {
    const options = [...document.querySelectorAll<HTMLOptionElement>(".diff-sides select[name=a] option")];
    return options.map((option) => ({ id: option.value, model: option.dataset["model"] ?? "", label: option.text }));
  }

  /** The pair that is named, as the question has it. */
  private get pair(): readonly (readonly { readonly model: string; readonly checkpoint: string }[])[] {
    const found = this.url.values.p.map((id) => this.checkpoints.find((one) => one.id === id));
    const [p, q] = found.map((one) => (one ? { model: one.model, checkpoint: one.id } : undefined));
    return p && q ? [[p, q]] : [];
  }

  private async ask(): Promise<void> {
    const { method } = this;
    const inputs = this.wanted();
    this.stop.abort();
    this.stop = new AbortController();
    this.trouble = undefined;
    if (!method || inputs.length === 0) return;
    this.told = { part: 0, message: "asking", job: null };
    try {
      this.whole = await compare<Drift>({ kind: "drift", ...sides(this), inputs, method: method.name, ...(this.pair.length > 0 ? { pairs: this.pair } : {}), ...(method.scope === "row" ? { draws: ROW_DRAWS } : {}) }, (part, message, job) => { this.told = { part, message, job }; }, this.stop.signal);
      this.told = undefined;
      if (this.whole.found) say(this.whole.found.sentences[0] ?? "Compared");
    } catch (error) {
      if (aborted(error)) return;
      this.told = undefined;
      this.whole = undefined;
      this.trouble = sentence(error);
    }
  }

  private get at(): number {
    return Math.min(this.url.values.i, (this.whole?.found?.inputs.length ?? 1) - 1);
  }

  private step(by: number): void {
    const count = this.whole?.found?.inputs.length ?? 1;
    this.url.set({ i: (this.at + by + count) % count });
    const one = this.whole?.found?.inputs[this.at];
    if (one) say(`${one.name}: ${one.sentence}`);
  }

  protected override render(): TemplateResult {
    const found = this.whole?.found;
    const one = found?.inputs[this.at];
    const many = (found?.inputs.length ?? 0) > 1;
    return html`<section class="card drift" aria-busy=${this.told ? "true" : "false"}>
      <div class="card-head drift-head"><h2>Drift of an explanation</h2>
        ${one ? html`<span class="muted small drift-what">${one.name}${one.kept && !one.features ? nothing : html`, row ${one.row}`}, target ${one.target_label}, ${found?.title}</span>` : nothing}
        ${many ? html`<span class="drift-steps"><button class="btn btn-icon" type="button" aria-label="Previous input" @click=${() => this.step(-1)}>‹</button><button class="btn btn-icon" type="button" aria-label="Next input" @click=${() => this.step(1)}>›</button></span>` : nothing}</div>
      <div class="card-body">${this.controls()}
        ${this.told ? html`<p class="muted small" role="status">${Math.round(this.told.part * 100)} %, ${this.told.message}${this.told.job ? html` <button class="btn" type="button" @click=${() => void this.cancel()}>Cancel</button>` : nothing}</p><progress max="100" value=${this.told.part * 100} aria-label="Comparing"></progress>` : nothing}
        ${this.trouble ? html`<p class="notice" role="status">${this.trouble}</p>` : nothing}
        ${found && one && this.whole ? this.result(this.whole.id, found) : nothing}
      </div></section>`;
  }

  private controls(): TemplateResult | typeof nothing {
    if (!this.methods) return this.trouble ? nothing : html`<p class="muted drift-room">Looking up methods and inputs…</p>`;
    if (this.inputs.length === 0) return html`<p class="muted">Nothing to compare on yet: give inputs that both take on the <a href=${url("/inputs")}>inputs page</a>.</p>`;
    const input = this.inputs.find((one) => one.slug === this.chosen);
    const several = input && input.kind !== "image" && input.rows > 1;
    return html`<div class="drift-controls">
      <label class="small">Method <select class="select" @change=${(e: Event) => this.url.set({ m: (e.target as HTMLSelectElement).value, i: 0 }, true)}>${this.methods.map((method) => html`<option value=${method.name} ?selected=${method === this.method}>${method.title}</option>`)}</select></label>
      <label class="small">Inputs <select class="select" @change=${(e: Event) => this.url.set({ in: (e.target as HTMLSelectElement).value, i: 0 }, true)}>${this.pictures.length > 1 ? html`<option value=${EVERY} ?selected=${this.chosen === EVERY}>All ${this.pictures.length} pictures</option>` : nothing}${this.inputs.map((one) => html`<option value=${one.slug} ?selected=${one.slug === this.chosen}>${one.name}</option>`)}</select></label>
      ${several ? html`<label class="small">Rows <input class="input" type="number" min="1" max=${Math.min(500, input.rows)} .value=${String(Math.min(this.url.values.n, input.rows))} @change=${(e: Event) => { const n = Number((e.target as HTMLInputElement).value); if (n >= 1) this.url.set({ n: Math.min(500, Math.round(n)), i: 0 }, true); }}></label>` : nothing}
    </div>`;
  }

  private async cancel(): Promise<void> {
    const job = this.told?.job;
    if (job) await request(api(`/jobs/${job}/cancel`), { method: "POST" }).catch((error: unknown) => { this.trouble = sentence(error); });
  }

  private result(id: string, found: Drift): TemplateResult {
    const one = found.inputs[this.at];
    if (!one) return html``;
    return html`<gb-drift-maps .drift=${found} question=${id} .at=${this.at} .names=${[this.getAttribute("label-a") ?? "", this.getAttribute("label-b") ?? ""]}></gb-drift-maps>
      <h3 class="drift-title">Distance of the two maps (1 − Spearman)</h3>
      <gb-drift-dots .drift=${found} .at=${this.at} @gb-input=${(e: CustomEvent<number>) => this.url.set({ i: e.detail })}></gb-drift-dots>
      <p class="drift-said">${one.sentence} ${found.sentences[0]}</p>
      <p class="drift-links">Explain with both: ${(["a", "b"] as const).map((side) => html`<a href=${this.explain(side, one.place, one.row)}>${side.toUpperCase()}, ${this.getAttribute(`label-${side}`)}</a> `)}</p>
      <details class="drift-more"><summary>Every input, and what the band is made of</summary>
        ${this.seeds()}
        <ul class="small">${found.sentences.slice(1).map((said) => html`<li>${said}</li>`)}</ul>
        <div class="table-wrap" tabindex="0" role="region" aria-label="Every input"><table class="table"><caption class="sr-only">Distance of the maps of every input</caption><thead><tr><th scope="col">Input</th><th scope="col" class="num">Distance</th><th scope="col">Null band</th><th scope="col">A says</th><th scope="col">B says</th></tr></thead>
        <tbody>${found.inputs.map((input, i) => html`<tr ?data-on=${i === this.at}><th scope="row"><button class="gb-plain" type="button" @click=${() => this.url.set({ i })}>${input.name}${input.features ? `, row ${input.row}` : ""}</button></th><td class="num">${value(input.distance, 3)}</td><td>${input.in_band ?? "not measured"}</td><td>${input.a.top_label ?? value(input.a.output)}</td><td>${input.b.top_label ?? value(input.b.output)}</td></tr>`)}</tbody></table></div></details>`;
  }

  /** Two checkpoints that were trained alike but for their seed are the best measure of what nothing makes. */
  private seeds(): TemplateResult {
    const { p } = this.url.values;
    const choose = (place: number, id: string): void => this.url.set({ p: id === "" ? [] : place === 0 ? [id, p[1] ?? ""] : [p[0] ?? "", id] }, true);
    return html`<fieldset class="drift-pair small"><legend>Do two checkpoints differ in their training seed alone? Their maps join the null band.</legend>
      ${[0, 1].map((place) => html`<select class="select" aria-label=${place === 0 ? "First checkpoint of the pair" : "Second checkpoint of the pair"} @change=${(e: Event) => choose(place, (e.target as HTMLSelectElement).value)}><option value="">none</option>${this.checkpoints.map((one) => html`<option value=${one.id} ?selected=${p[place] === one.id}>${one.label}</option>`)}</select>`)}</fieldset>`;
  }

  private explain(side: "a" | "b", place: number, row: number): string {
    const asked = this.whole?.asked["inputs"] as readonly { readonly input: string }[] | undefined;
    const { model, checkpoint } = sides(this)[side];
    const input = asked?.[place]?.input ?? "";
    const view = this.inputs.find((one) => one.slug === input)?.kind === "table" ? "row" : "attribution";
    const keys = new URLSearchParams({ checkpoint, m: this.whole?.found?.method ?? "" });
    if (row > 0) keys.set("row", String(row));
    return url(`/explain/${encodeURIComponent(model)}/${encodeURIComponent(input)}/${view}?${keys}`);
  }
}

define("gb-drift", GbDrift);
