import { html, nothing, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { example, type Concept, type Input, type Known, type SetsAnswer } from "../lib/sets.ts";
import { UrlState, flag, number, text } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import "./gb-concept-dots.ts";
import { SetQuestion, type Draft } from "./set-question.ts";

/** What the worker's verdicts are called, and how their chips look. */
const VERDICTS: Readonly<Record<Concept["verdict"], readonly [string, string]>> = {
  unmeasured: ["too few rows to tell", "chip-warn"], hardly_known: ["the layer hardly knows this concept", "chip-warn"],
  apart_from_chance: ["apart from chance", "chip-ok"], not_told_apart: ["not told apart from chance", ""],
};
const PRECISION = 0.001;

const KEYS = {
  /** Rows asked about. */
  in: text(),
  /** The class, by its number; empty: the one most rows are told to be. */
  cls: text(),
  /** The concept: its input, and which of its rows. */
  c: text(),
  cf: text(),
  /** The other rows. */
  o: text(),
  of: text(),
  layer: text(),
  runs: number(20, 2, 500),
  seed: number(0, 0, 4294967295),
  tcav: flag(false),
};

/** Is a class sensitive to a concept that rows show? */
export class GbConcept extends SetQuestion<Concept> {
  static override properties = { ...SetQuestion.properties, example: { state: true } };
  declare example: string;
  protected readonly method = "tcav";
  protected readonly heading = "Is a class sensitive to a concept?";
  protected readonly url = new UrlState(KEYS);
  private exampleOf = "";

  constructor() {
    super();
    this.example = "";
  }

  protected get asked(): boolean {
    return this.url.values.tcav;
  }

  protected written({ tables, arrays, pictures }: Known): Draft {
    const { in: input, cls, c, cf, o, of, layer, runs, seed } = this.url.values;
    // The largest table has the most rows for both sides of a condition.
    const most = [...tables].sort((a, b) => b.rows - a.rows)[0];
    const first = most ?? arrays.find((one) => one.rows > 1) ?? arrays[0];
    const other = most ?? arrays.find((one) => one !== first) ?? first;
    const asked = input || (first ?? pictures[0])?.slug || "";
    return { in: asked, cls, c: c || first?.slug || "", cf, o: o || other?.slug || "", of, layer, runs: String(runs), seed: String(seed) };
  }

  protected write(draft: Draft | undefined): void {
    if (!draft) { this.url.set({ tcav: false }, true); return; }
    const said = (name: string): string => (draft[name] ?? "").trim();
    this.url.set({ in: said("in"), cls: said("cls"), c: said("c"), cf: said("cf"), o: said("o"), of: said("of"), layer: said("layer"), runs: Number(said("runs")), seed: Number(said("seed")), tcav: true }, true);
  }

  protected question(draft: Draft): Record<string, unknown> {
    const { in: input, cls, c, cf, o, of, layer, runs, seed } = draft;
    const rest = of || (c === o && cf ? `not (${cf})` : undefined);
    return {
      input, target: cls ? Number(cls) : null, params: { runs: Number(runs), ...(layer ? { layer } : {}) }, seed: Number(seed),
      concept: { input: c, ...(cf ? { filter: cf } : {}) }, random: { input: o, ...(rest ? { filter: rest } : {}) },
    };
  }

  protected override lacking({ tables, arrays }: Known): TemplateResult | undefined {
    return tables.length + arrays.length > 0 ? undefined : this.give("There is nothing to show a concept by yet. That takes a table, or pictures as one npy or npz file with a leading batch axis.");
  }

  protected promise(): TemplateResult {
    return html`<p>You show a concept by rows that have it and by others that do not. A layer of the model tells the two apart, or it does not. The score is the share of the rows asked about whose output for a class rises towards the concept.</p>`;
  }

  protected guide(): TemplateResult {
    return html`<p>Read the answer in this order.</p><ol>
      <li><b>Does the layer know the concept?</b> A classifier tells the rows apart that it was not fitted on. Near 50 % the layer has no direction for the concept, and the score says nothing.</li>
      <li><b>Is it apart from chance?</b> Directions of the concept are compared with as many between two parts of the other rows.</li>
      <li><b>Which way, and how much?</b> A score of 0.5 is no effect. Near 1 the concept speaks for the class, near 0 against it.</li></ol>`;
  }

  private async offer(input: Input | undefined): Promise<void> {
    const slug = input?.slug ?? "";
    if (slug === this.exampleOf) return;
    this.exampleOf = slug;
    // Without an example the form is as good.
    const found = input ? await example(input).catch(() => "") : "";
    if (slug === this.exampleOf) this.example = found;
  }

  protected fields(known: Known): TemplateResult {
    const { tables, arrays, pictures, classes, layers } = known;
    const sets = [...tables, ...arrays];
    const { cls, c, cf, o, layer } = this.draft;
    const table = (slug: string | undefined): Input | undefined => tables.find((one) => one.slug === slug);
    void this.offer(table(c));
    const same = c === o;
    return html`${this.inputs("in", "Rows asked about", [...sets, ...pictures])}
      <label class="concept-field">Class<select class="select" name="cls"><option value="" ?selected=${cls === ""}>the one most rows are told to be</option>${classes.map((name, i) => html`<option value=${i} ?selected=${cls === String(i)}>${name}</option>`)}</select></label>
      <fieldset class="concept-set"><legend>Rows that show the concept</legend>${this.inputs("c", "Input", sets)}
        ${table(c) ? html`${this.filter("cf", "Only rows where", this.example, same)}${cf ? nothing : html`<p class="muted xs concept-hint">${this.example ? html`Try <button class="link-btn" type="button" @click=${() => { this.draft = { ...this.draft, cf: this.example }; }}><code>${this.example}</code></button>. ` : nothing}Names with spaces stand in double quotes.</p>`}` : nothing}</fieldset>
      <fieldset class="concept-set"><legend>Other rows, to tell it from</legend>${this.inputs("o", "Input", sets)}
        ${table(o) ? this.filter("of", "Only rows where", same ? "empty: all rows that do not show it" : "empty: all rows") : nothing}</fieldset>
      <details class="concept-more" ?open=${this.url.values.layer !== ""}><summary>Layer, runs and seed</summary>
        <label class="concept-field">Layer<select class="select mono" name="layer"><option value="" ?selected=${layer === ""}>chosen by the model</option>${layers.map((name) => html`<option value=${name} ?selected=${name === layer}>${name}</option>`)}</select></label>
        <div class="concept-pair">${this.count("runs", "Runs", 2, 500, "1")}${this.count("seed", "Seed", 0, 4294967295, "1")}</div></details>`;
  }

  private verdict({ verdict }: Concept): TemplateResult {
    const [words, look] = VERDICTS[verdict];
    return html`<span class="chip ${look}">${words}</span>`;
  }

  protected result(answer: SetsAnswer<Concept>): TemplateResult {
    const { found } = answer;
    const { cav_accuracy: accuracy, p_value: p } = found;
    return html`<p class="row wrap">${this.verdict(found)}<span class="muted small">Towards ${answer.target_label ?? "the output"}</span></p>
      <ul class="concept-said">${answer.sentences.map((said) => html`<li>${this.sentence(said)}</li>`)}</ul>
      <gb-concept-dots .found=${found} label=${answer.target_label ?? "the output"}></gb-concept-dots>
      <dl class="facts concept-facts">
        <div class="concept-wide"><dt>Classifier on rows it was not fitted on</dt><dd>${accuracy === null ? "not measured" : html`${Math.round(accuracy * 100)} %<span class="concept-meter" aria-hidden="true" ${vars({ "--fill": `${accuracy * 100}%` })}><i></i><b></b></span><span class="muted xs concept-chance">50 % is chance</span>`}</dd></div>
        <div><dt>Score</dt><dd>${value(found.score, 3)}</dd></div>
        <div><dt>Share of movement</dt><dd>${value(found.magnitude, 3)}</dd></div>
        <div><dt>p, Welch</dt><dd>${p === null ? "not defined" : p < PRECISION ? "< 0.001" : value(p)}</dd></div>
        <div><dt>Rows asked about</dt><dd>${integer(answer.rows?.count ?? 1)}</dd></div>
        <div><dt>Concept and other rows</dt><dd>${integer(found.concept_rows)} and ${integer(found.random_rows)}</dd></div>
        <div class="concept-wide"><dt>Layer</dt><dd><code>${found.layer}</code></dd></div>
      </dl>`;
  }
}
define("gb-concept", GbConcept);
