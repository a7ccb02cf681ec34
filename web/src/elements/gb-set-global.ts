import { html, nothing, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { say } from "../lib/say.ts";
import { orderOf, rowAddress, setState, SetQuery, spreadOf, targetName, viewAddress, type SetData, type Spread } from "../lib/table-set.ts";
import { vars } from "../lib/vars.ts";
import "./gb-set-decision.ts";
import "./gb-set-heat.ts";
import "./gb-swarm.ts";
import { SetView, takePicture } from "./set-view.ts";

const VIEWS = [["bees", "Beeswarm"], ["bar", "Bar"], ["heat", "Heatmap"], ["violin", "Violin"], ["decision", "Decision"]] as const;
const WORDS = { bees: "one dot: one row", bar: "mean and largest |effect|", heat: "rows by output", violin: "how many rows have an effect", decision: "from the base to the output" };

/** All rows: which features matter, how much, and in which direction. */
class GbSetGlobal extends SetView {
  private readonly query = new SetQuery(this);
  private told = "";

  protected override render(): TemplateResult {
    const v = setState.values;
    const question = this.attributions();
    if (question) this.query.ask(question);
    const { data } = this.query;
    const spread = data ? spreadOf(data) : undefined;
    const order = data ? orderOf(data, v.sort, spread) : [];
    const shown = order.slice(0, v.n);
    if (data && this.query.state === "done" && this.told !== data.answer.id) { this.told = data.answer.id; say(`${data.answer.title} of ${data.rows} rows is ready.`); }
    return html`<div class="page-body set-body" @gb-row=${(e: CustomEvent<number>) => { if (data) location.assign(rowAddress(this.subject, e.detail + data.answer.rows.from)); }}>
      ${this.controls(data?.answer, html`<label class="set-field">Order<select class="select" @change=${(e: Event) => setState.set({ sort: (e.target as HTMLSelectElement).value as "mean" }, true)}>${([["mean", "mean |effect|"], ["max", "largest |effect|"], ["name", "name"]] as const).map(([k, name]) => html`<option value=${k} ?selected=${k === v.sort}>${name}</option>`)}</select></label>
        <label class="set-field">Features<select class="select" @change=${(e: Event) => setState.set({ n: Number((e.target as HTMLSelectElement).value) }, true)}>${[...new Set([6, 12, 20, 30, v.n])].sort((a, b) => a - b).map((n) => html`<option value=${n} ?selected=${n === v.n}>${n}</option>`)}</select></label>`)}
      ${this.sentence(data, spread)}
      <section class="card set-wide" aria-label="Effects" aria-busy=${this.query.busy}><div class="card-head"><h2 class="card-title">Effects <span class="muted set-sub">${WORDS[v.v]}</span></h2>${this.segment("Picture", "v", VIEWS)}${takePicture(v.v === "bar")}</div>
        <div class="card-body set-stage">${this.standing(this.query, "Effects of all rows")}${data ? this.picture(data, shown, spread) : html`<div class="set-blank" aria-hidden="true"></div>`}
        ${order.length > shown.length ? html`<p class="muted small">${shown.length} of ${order.length} features. <button class="link-btn" type="button" @click=${() => setState.set({ n: order.length }, true)}>Show all</button></p>` : nothing}</div></section>
      ${data && v.v !== "heat" && v.v !== "bar" ? html`<section class="card set-wide" aria-label="Heatmap"><div class="card-head"><h2 class="card-title">Heatmap <span class="muted set-sub">rows by output</span></h2>${takePicture()}</div><div class="card-body"><gb-set-heat .data=${data} .order=${shown}></gb-set-heat></div></section>` : nothing}
      ${data && spread ? this.table(data, order, spread) : nothing}${this.provenance(data?.answer)}</div>`;
  }

  private axis(data: SetData): string {
    const on = data.answer.on === "prob" ? "probability" : "raw output";
    return `${on} of ${targetName(data.answer)}`;
  }

  private sentence(data: SetData | undefined, spread: Spread | undefined): TemplateResult {
    if (!data || !spread) return html`<p class="set-says muted">What moves the output over all rows: each feature's share in each row's answer.</p>`;
    const [first, second] = orderOf(data, "mean", spread);
    const name = (j: number | undefined): string => data.answer.feature_names[j ?? 0] ?? "";
    const { rows } = data.answer;
    const few = rows.count < rows.of ? html` These are the first ${integer(rows.count)} of ${integer(rows.of)} rows, as ${data.answer.title} asks the model many times a row. <button class="link-btn" type="button" @click=${() => setState.set({ rows: 1_000_000 }, true)}>All rows</button>` : nothing;
    return html`<p class="set-says"><b>${name(first)}</b> moves the ${this.axis(data)} most: ${value(spread.mean[first ?? 0], 3)} on average over ${integer(data.rows)} rows${second === undefined ? "" : html`, then <b>${name(second)}</b> with ${value(spread.mean[second], 3)}`}. Click a dot for its row's own page.${few}</p>`;
  }

  private picture(data: SetData, shown: readonly number[], spread: Spread | undefined): TemplateResult {
    const { v, row } = setState.values;
    const axis = `effect on the ${this.axis(data)}`;
    if (v === "bar" && spread) return this.bars(data, shown, spread);
    if (v === "heat") return html`<gb-set-heat .data=${data} .order=${shown}></gb-set-heat>`;
    if (v === "decision") return html`<gb-set-decision .data=${data} .order=${shown} .ring=${row} axis=${this.axis(data)}></gb-set-decision>`;
    return html`<gb-swarm .data=${data} .order=${shown} .ring=${row} .violin=${v === "violin"} axis=${axis}></gb-swarm>
      <p class="muted small">${v === "violin" ? "The thicker, the more rows have this effect." : html`The ring is row ${integer(row)}.`} Grey: missing, or a column of more than two labels.</p>`;
  }

  private bars(data: SetData, shown: readonly number[], spread: Spread): TemplateResult {
    const most = Math.max(...shown.map((j) => spread.max[j] ?? 0), 1e-12);
    return html`<ul class="set-bars" aria-label="Mean and largest effect">${shown.map((j) => html`<li><a class="ellipsis" href=${viewAddress(this.subject, "dependence", { feat: data.answer.feature_names[j] ?? "" })}>${data.answer.feature_names[j]}</a>
      <span class="set-bar" ${vars({ "--mean": `${((spread.mean[j] ?? 0) / most) * 100}%`, "--max": `${((spread.max[j] ?? 0) / most) * 100}%` })}><i></i><b></b></span><span class="num">${value(spread.mean[j], 3)} <span class="muted">to ${value(spread.max[j], 3)}</span></span></li>`)}</ul>
      <p class="muted small">Bar: mean |effect| over the rows. Mark: the largest |effect| of any row.</p>`;
  }

  private table(data: SetData, order: readonly number[], spread: Spread): TemplateResult {
    return html`<details class="card card-body set-wide"><summary>Data: ${order.length} features</summary><div class="table-wrap" tabindex="0" role="region" aria-label="Effects by feature"><table class="table"><thead><tr><th scope="col">Feature</th><th scope="col" class="num">Mean |effect|</th><th scope="col" class="num">Largest</th><th scope="col" class="num">Mean effect</th></tr></thead>
      <tbody>${order.map((j) => html`<tr><th scope="row"><a href=${viewAddress(this.subject, "dependence", { feat: data.answer.feature_names[j] ?? "" })}>${data.answer.feature_names[j]}</a></th><td class="num">${value(spread.mean[j])}</td><td class="num">${value(spread.max[j])}</td><td class="num">${(spread.signed[j] ?? 0) > 0 ? "+" : ""}${value(spread.signed[j])}</td></tr>`)}</tbody></table></div></details>`;
  }
}
define("gb-set-global", GbSetGlobal);
