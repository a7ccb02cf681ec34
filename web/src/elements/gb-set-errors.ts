import { html, nothing, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { probabilities } from "../lib/performance.ts";
import { rowAddress, SetQuery, viewAddress, type SetData } from "../lib/table-set.ts";
import { vars } from "../lib/vars.ts";
import { SetView } from "./set-view.ts";

interface Slice { readonly query: string; readonly rows: number; readonly mean_loss: number; readonly rest: number; readonly effect: number; readonly adjusted_p: number; readonly share_of_loss: number; readonly difference_low: number; readonly difference_high: number }

const STEP = 15;
const size = (effect: number): string => (effect >= 0.8 ? "large" : effect >= 0.5 ? "medium" : effect >= 0.2 ? "small" : "slight");

/** The rows the model is most wrong about, and where such rows gather. */
class GbSetErrors extends SetView {
  static override properties = { ...SetView.properties, shown: { state: true }, slices: { state: true } };
  declare shown: number;
  declare slices: number;
  private readonly query = new SetQuery(this);
  private readonly effects = new SetQuery(this);

  override connectedCallback(): void {
    super.connectedCallback();
    [this.shown, this.slices] = [STEP, 12];
  }

  protected override render(): TemplateResult {
    if (this.known) this.query.ask(this.question("error_slices"));
    const attributions = this.attributions();
    if (attributions) this.effects.ask(attributions);
    const { data } = this.query;
    const found = data?.answer.found;
    return html`<div class="page-body set-body"><p class="set-says">${found ? html`Mean ${String(found["loss"]).replaceAll("_", " ")} over all rows: <b>${value(Number(found["mean_loss"]), 3)}</b>. ${integer(Number(found["tried"]))} slices were tried; <b>${integer(Number(found["significant"]))}</b> have a higher loss than the rest beyond chance (corrected, at most 5 % of the finds are expected to be chance). Show a slice again on other rows before you act on it.` : html`<span class="muted">Rows by their loss, the worst first, and slices of the table where errors gather.</span>`}</p>
      ${data ? this.wrongTarget(data.answer) : nothing}<section class="card set-half" aria-label="Rows" aria-busy=${this.query.busy}><div class="card-head"><h2 class="card-title">Errors, worst first</h2></div><div class="set-stage set-stage-l">${this.standing(this.query, "Errors")}${data ? this.rows(data) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      <section class="card set-half" aria-label="Slices"><div class="card-head"><h2 class="card-title">Slices <span class="muted set-sub">where errors gather</span></h2></div><div class="set-stage set-stage-l">${data ? this.gathered(data) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      ${this.provenance(data?.answer)}</div>`;
  }

  private rows(data: SetData): TemplateResult {
    const { answer } = data;
    const order = [...(data.arrays.get("rows")?.values ?? [])].map(Number);
    const loss = data.arrays.get("loss")?.values as Float64Array;
    const truth = data.arrays.get("truth")?.values as Float64Array;
    const out = data.arrays.get("prediction");
    const width = out?.shape[1] ?? 1;
    const classes = answer.found["task"] === "classification";
    const named = answer.classes.length ? answer.classes : answer.labels;
    const label = (k: number): string => named[k] ?? `class ${k}`;
    // Numbers between 0 and 1 in every cell are probabilities already.
    const already = [...((out?.values ?? []) as Float64Array)].every((v) => v >= 0 && v <= 1);
    const p = classes ? probabilities(out?.values as Float64Array, data.rows, width, already) : undefined;
    const shown = order.slice(0, this.shown);
    // A method that asks the model many times a row has told of the first rows only.
    // The column is there from the start, so that nothing moves when they come.
    const moved = this.effects.busy || shown.some((i) => i < (this.effects.data?.rows ?? 0));
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Rows by loss"><table class="table"><thead><tr><th scope="col">Row</th><th scope="col">True</th>${classes ? html`<th scope="col">Told</th><th scope="col" class="num">p(true)</th>` : html`<th scope="col" class="num">Predicted</th>`}<th scope="col" class="num">Loss</th>${moved ? html`<th scope="col" class="set-main">Main effects</th>` : nothing}</tr></thead>
      <tbody>${shown.map((i) => {
        const told = p ? Array.from({ length: p.classes }, (_, k) => k).reduce((a, b) => ((p.of[i * p.classes + b] ?? 0) > (p.of[i * p.classes + a] ?? 0) ? b : a), 0) : 0;
        const right = told === truth[i];
        return html`<tr><th scope="row"><a href=${rowAddress(this.subject, i + answer.rows.from)}>row ${integer(i + answer.rows.from)}</a></th><td>${classes ? label(truth[i] ?? 0) : value(truth[i])}</td>${p ? html`<td>${label(told)}${right ? html` <span class="muted small">right</span>` : nothing}</td><td class="num">${value(p.of[i * p.classes + (truth[i] ?? 0)], 3)}</td>` : html`<td class="num">${value(out?.values[i * width + answer.target] as number)}</td>`}<td class="num">${value(loss[i], 3)}</td>${moved ? html`<td class="small set-main">${this.main(i)}</td>` : nothing}</tr>`;
      })}</tbody></table></div>${order.length > shown.length ? html`<p class="card-body"><button class="btn" type="button" @click=${() => { this.shown += 3 * STEP; }}>Show more of ${integer(order.length)}</button></p>` : nothing}`;
  }

  /** What moved the row's answer most. */
  private main(row: number): TemplateResult | typeof nothing {
    const { data } = this.effects;
    if (!data || row >= data.rows) return nothing;
    const phi = data.arrays.get("attribution")?.values as Float32Array;
    const of = (j: number): number => phi[row * data.features + j] ?? 0;
    const top = Array.from({ length: data.features }, (_, j) => j).sort((a, b) => Math.abs(of(b)) - Math.abs(of(a))).slice(0, 2);
    return html`${top.map((j) => html`<span class="set-effect"><span class=${of(j) > 0 ? "pos" : "neg"}>${of(j) > 0 ? "+" : ""}${value(of(j), 2)}</span> ${data.answer.feature_names[j]}</span>`)}`;
  }

  private gathered(data: SetData): TemplateResult {
    const all = (data.answer.found["slices"] ?? []) as Slice[];
    if (all.length === 0) return html`<p class="card-body muted">No slice has a higher loss than the rest beyond chance. Errors may be spread evenly, or the rows are too few (a slice needs ${integer(Number(data.answer.found["smallest"] ?? 10))}).</p>`;
    const most = Math.max(...all.map((one) => one.mean_loss));
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Slices"><table class="table"><thead><tr><th scope="col">Slice</th><th scope="col" class="num">Rows</th><th scope="col" class="num">Mean loss</th><th scope="col" class="num" title="Difference from all other rows in units of the spread">Effect</th><th scope="col" class="num">Corrected p</th></tr></thead>
      <tbody>${all.slice(0, this.slices).map((one) => html`<tr><th scope="row" class="set-slice"><a class="mono small" href=${viewAddress(this.subject, "cohorts", { coh: one.query })} title="Compare this slice with all other rows">${one.query.replaceAll('"', "")}</a></th><td class="num">${integer(one.rows)}</td>
        <td class="num"><span class="set-loss" ${vars({ "--mean": `${(one.mean_loss / most) * 100}%`, "--rest": `${(one.rest / most) * 100}%` })}><i></i><b></b></span>${value(one.mean_loss, 2)}<span class="sr-only">, elsewhere ${value(one.rest, 2)}</span></td><td class="num" title=${size(one.effect)}>${value(one.effect, 2)}<span class="sr-only"> ${size(one.effect)}</span></td><td class="num">${one.adjusted_p < 0.001 ? "< 0.001" : value(one.adjusted_p, 3)}</td></tr>`)}</tbody></table></div>
      ${all.length > this.slices ? html`<p class="card-body"><button class="btn" type="button" @click=${() => { this.slices = all.length; }}>Show all ${integer(all.length)}</button></p>` : nothing}<p class="card-body muted small">A slice's name leads to it as a cohort. Bar: mean loss; mark: mean loss elsewhere. Effect: 0.2 is small, 0.8 is large.</p>`;
  }
}
define("gb-set-errors", GbSetErrors);
