import { html, nothing, type TemplateResult } from "lit";
import { url } from "../lib/base.ts";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { aborted } from "../lib/http.ts";
import { truths, type Influence, type Influenced, type Input, type Known, type SetsAnswer } from "../lib/sets.ts";
import { UrlState, flag, number, text } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import { SetQuestion, type Draft } from "./set-question.ts";

const KEYS = {
  /** The table and the row asked about. */
  q: text(),
  row: number(0, 0, 1e9),
  /** The training table, and which of its rows. */
  tr: text(),
  trf: text(),
  /** One learning rate for all checkpoints. */
  lr: number(1, 0, 1e6),
  tracin: flag(false),
};

/** Which training rows helped or hurt the answer for one row? */
export class GbInfluence extends SetQuestion<Influence> {
  static override properties = { ...SetQuestion.properties, steps: {} };
  /** Checkpoints that run, oldest first, with commas. */
  declare steps: string;
  protected readonly method = "tracin";
  protected readonly heading = "Which training rows helped or hurt?";
  protected readonly url = new UrlState(KEYS);
  /** True answers of the training rows that are named, and of the row asked about. */
  private truth: ReadonlyMap<number, string> = new Map();
  private own: string | undefined;

  protected get asked(): boolean {
    return this.url.values.tracin;
  }

  private labelled(known: Known): readonly Input[] {
    return known.tables.filter((one) => one.target_column !== null);
  }

  private table(slug: string | undefined): Input | undefined {
    return this.known?.tables.find((one) => one.slug === slug);
  }

  protected written(known: Known): Draft {
    const { q, row, tr, trf, lr } = this.url.values;
    // What a model was trained on is the larger table; rows that it has not seen are asked about.
    const sorted = [...this.labelled(known)].sort((a, b) => b.rows - a.rows);
    return { q: q || sorted.at(-1)?.slug || "", row: String(row), tr: tr || sorted[0]?.slug || "", trf, lr: String(lr) };
  }

  protected write(draft: Draft | undefined): void {
    if (!draft) { this.url.set({ tracin: false }, true); return; }
    this.url.set({ q: draft["q"] ?? "", row: Number(draft["row"]), tr: draft["tr"] ?? "", trf: (draft["trf"] ?? "").trim(), lr: Number(draft["lr"]), tracin: true }, true);
  }

  private get checkpoints(): readonly string[] {
    return this.steps ? this.steps.split(",") : [];
  }

  protected question({ q, row, tr, trf, lr }: Draft): Record<string, unknown> {
    // Rows that are compared with their own table are not named as their own helpers.
    const training = q === tr && !trf ? {} : { training: { input: tr, ...(trf ? { filter: trf } : {}) } };
    const rate = Number(lr);
    return { input: q, row: Number(row), ...training, ...(rate === 1 ? {} : { checkpoints: this.checkpoints.map((checkpoint) => ({ checkpoint, learning_rate: rate })) }) };
  }

  protected override lacking(known: Known): TemplateResult | undefined {
    return this.labelled(known).length > 0 ? undefined : this.give("This needs a table with the true answers (CSV or Parquet, with its target column named there) that the model takes.");
  }

  protected promise(): TemplateResult {
    return html`<p>Over the checkpoints of a training, a step on some rows made the loss of the row asked about smaller, and a step on others made it larger. Rows that hurt are often labelled wrong.</p>`;
  }

  protected guide(): TemplateResult {
    return html`<p>The answer names rows of the training table.</p><ol>
      <li><b>Most helpful</b> and <b>most harmful</b> for the one row asked about. Their influence is a product of two gradients, so rows that look alike and are labelled alike help.</li>
      <li><b>Own gradient largest</b>, whatever row is asked about. The model had to be forced to learn these; look at their labels first.</li></ol>`;
  }

  protected fields(known: Known): TemplateResult {
    const tables = this.labelled(known);
    const asked = this.table(this.draft["q"]);
    const count = this.checkpoints.length;
    return html`${this.inputs("q", "Table asked about", tables)}
      ${this.count("row", asked ? `Row, from 0 to ${integer(asked.rows - 1)}` : "Row", 0, asked ? asked.rows - 1 : undefined, "1")}
      <fieldset class="concept-set"><legend>Rows the model was trained on</legend>${this.inputs("tr", "Table", tables)}${this.filter("trf", "Only rows where", "empty: all rows")}</fieldset>
      ${this.count("lr", "Learning rate at each checkpoint", 0, undefined, "any")}
      <p class="muted xs">${count === 1 ? "The one checkpoint of this model that runs is used. With those of its training beside it, the answer says more." : `All ${integer(count)} checkpoints of this model that run are used, oldest first.`}</p>`;
  }

  protected override async prepare(answer: SetsAnswer<Influence>): Promise<void> {
    const { q, tr } = this.draft;
    const { rows, most_forced: forced } = answer.found;
    const named = [...(rows[0]?.helpful ?? []), ...(rows[0]?.harmful ?? []), ...forced].map((one) => one.row);
    const [training, asked] = [this.table(tr), this.table(q)];
    const row = rows[0]?.row ?? 0;
    try {
      const [truth, own] = await Promise.all([
        training ? truths(training, named, this.stop.signal) : new Map<number, string>(),
        asked ? truths(asked, [row], this.stop.signal) : new Map<number, string>(),
      ]);
      this.truth = truth;
      this.own = own.get(row);
    } catch (error) {
      if (aborted(error)) throw error;
      // The rows are named without their true answers.
      this.truth = new Map();
      this.own = undefined;
    }
  }

  private address(input: string, row: number): string {
    const keys = new URLSearchParams({ ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), row: String(row) });
    return url(`/explain/${encodeURIComponent(this.model)}/${encodeURIComponent(input)}/row?${keys}`);
  }

  protected result(answer: SetsAnswer<Influence>): TemplateResult {
    const { q, row, tr } = this.url.values;
    const [asked, training] = [q || this.draft["q"] || "", tr || this.draft["tr"] || ""];
    const of = answer.found.rows[0];
    const [helpful, harmful, forced] = [of?.helpful ?? [], of?.harmful ?? [], answer.found.most_forced];
    const most = Math.max(0, ...[...helpful, ...harmful].map((one) => Math.abs(one.influence)));
    // How far it can be trusted is the worker's last sentence; here it comes first.
    const said = [...answer.sentences.slice(-1), ...answer.sentences.slice(0, -1)];
    const itself = asked === training ? of?.row : undefined;
    return html`<p>For <a class="concept-link" href=${this.address(asked, of?.row ?? row)}>row ${integer(of?.row ?? row)}</a> of ${this.table(asked)?.name ?? asked}${this.own ? html`, ${this.table(asked)?.target_column} <b>${this.own}</b>` : nothing}, among ${integer(answer.found.training_rows)} training rows.</p>
      <ul class="concept-said">${said.map((words) => html`<li>${this.sentence(words)}</li>`)}</ul>
      <div class="concept-tables">
        ${this.rows("Most helpful", "A step on them made the loss smaller.", helpful, most, training, itself)}
        ${this.rows("Most harmful", "A step on them made the loss larger.", harmful, most, training, itself)}
        ${this.rows("Own gradient largest", "Hard for the model, so often labelled wrong.", forced, Math.max(0, ...forced.map((one) => one.influence)), training, undefined)}
      </div>`;
  }

  private rows(title: string, what: string, rows: readonly Influenced[], most: number, training: string, itself: number | undefined): TemplateResult {
    const target = this.table(training)?.target_column;
    const own = title.startsWith("Own");
    return html`<section class="concept-rows"><h3>${title}</h3><p class="muted xs">${what}</p>
      ${rows.length === 0 ? html`<p class="muted small">No row did.</p>` : html`<div class="table-wrap" tabindex="0" role="region" aria-label=${title}><table class="table"><caption class="sr-only">${title}</caption><thead><tr><th scope="col">Row</th><th scope="col">${own ? "By itself" : "Influence"}</th><th scope="col">${target ?? "True answer"}</th></tr></thead>
      <tbody>${rows.map(({ row, influence }) => html`<tr><th scope="row"><a class="concept-link" href=${this.address(training, row)}>${row}</a>${row === itself ? html` <span class="muted">itself</span>` : nothing}</th><td><span class="concept-cell"><span class="concept-bar" data-sign=${own ? "own" : influence < 0 ? "neg" : "pos"} aria-hidden="true" ${vars({ "--fill": `${most > 0 ? (Math.abs(influence) / most) * 100 : 0}%` })}><i></i></span><span class="num">${influence > 0 && !own ? "+" : ""}${value(influence, 3)}</span></span></td><td class="break">${this.truth.get(row) ?? "–"}</td></tr>`)}</tbody></table></div>`}</section>`;
  }
}
define("gb-influence", GbInfluence);
