import { html, nothing, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { columnOf, labelsOf, orderOf, setState, SetQuery, spreadOf, type SetData } from "../lib/table-set.ts";
import { vars } from "../lib/vars.ts";
import { FEW, SetView } from "./set-view.ts";

interface Figure { readonly figure: string; readonly value: number | null; readonly low: number | null; readonly high: number | null; readonly rest: number | null; readonly difference: number | null; readonly difference_low: number | null; readonly difference_high: number | null; readonly interval: string }
interface Cohort { readonly query: string; readonly rows: number; readonly share: number; readonly rows_with_truth: number; readonly figures: readonly Figure[] }

/** Of how many labels a column is still compared in one click. */
const MOST_LABELS = 8;
/** Figures, in plain words. */
const NAMES: Readonly<Record<string, string>> = { auc: "ROC AUC", r2: "R²", positive_rate: "Share that is true", called_positive_rate: "Share that is called", mean_prediction: "Mean prediction (raw output)" };
const titled = (name: string): string => NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

const quoted = (text: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`);
const said = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;
/** Conditions of the address: semicolons outside of quotes part them. */
function split(text: string): string[] {
  const out: string[] = [];
  let [now, inside] = ["", false];
  for (const c of text) {
    if (c === '"') inside = !inside;
    if (c === ";" && !inside) { out.push(now); now = ""; } else now += c;
  }
  return [...out, now].map((one) => one.trim()).filter(Boolean);
}

/** Groups of rows side by side: what the model says of them, how often it is right, what it looks at. */
class GbSetCohorts extends SetView {
  static override properties = { ...SetView.properties, drafts: { state: true } };
  /** Conditions as they are typed, an empty one at the end. */
  declare drafts: readonly string[] | undefined;
  private readonly query = new SetQuery(this);
  private readonly effects = new SetQuery(this);

  protected override render(): TemplateResult {
    const asked = split(setState.values.coh);
    const attributions = this.attributions();
    if (attributions) this.effects.ask(attributions);
    this.query.ask(asked.length && this.known ? this.question("cohorts", { cohorts: asked.join("; ") }) : undefined);
    const { data } = this.query;
    return html`<div class="page-body set-body"><p class="set-says">A cohort is a condition on the columns, as in <code>age &gt; 60 and sex = "f"</code>. Also known of each row: <code>prediction</code>, <code>predicted</code>, <code>truth</code>, <code>correct</code>, <code>loss</code>. Names with spaces stand in double quotes.</p>
      ${this.editor(asked)}
      ${asked.length === 0 ? html`<p class="empty card set-wide">No cohort yet. Write a condition, or take a column above: its groups are compared at once.</p>` : html`
        <section class="card set-wide" aria-label="Comparison" aria-busy=${this.query.busy}><div class="card-head"><h2 class="card-title">Comparison <span class="muted set-sub">each against all other rows</span></h2></div><div class="card-body set-stage-s">${this.standing(this.query, "Cohorts")}${data ? this.table(data) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
        <section class="card set-wide" aria-label="What the model looks at"><div class="card-head"><h2 class="card-title">What the model looks at <span class="muted set-sub">mean |effect| by cohort, 95 % interval</span></h2></div><div class="card-body set-stage">${this.standing(this.effects, "Effects of all rows")}${data && this.effects.data ? this.bars(data, this.effects.data) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>`}
      ${this.provenance(data?.answer)}</div>`;
  }

  private editor(asked: readonly string[]): TemplateResult {
    const drafts = this.drafts ?? [...asked, ""];
    const { data } = this.effects;
    const put = (all: readonly string[]): void => { this.drafts = undefined; setState.set({ coh: all.map((one) => one.trim()).filter(Boolean).join("; ") }, true); };
    return html`<form class="card card-body set-editor" @submit=${(e: Event) => { e.preventDefault(); put(drafts); }}>
      ${drafts.map((draft, k) => html`<div class="row set-draft"><span class="run-swatch" data-slot=${k % 12}></span><label class="field"><span class="sr-only">Cohort ${k + 1}</span><input type="text" class="mono" spellcheck="false" autocomplete="off" placeholder=${k === 0 ? "age > 60 and sex = \"f\"" : "another condition"} .value=${draft}
        @input=${(e: Event) => { const all = drafts.map((one, i) => (i === k ? (e.target as HTMLInputElement).value : one)); this.drafts = all.at(-1) ? [...all, ""] : all; }}></label>
        ${draft ? html`<button class="icon-btn" type="button" aria-label=${`Remove cohort ${k + 1}`} @click=${() => put(drafts.filter((_, i) => i !== k))}><svg class="icon" aria-hidden="true"><use href="#i-x"></use></svg></button>` : nothing}</div>`)}
      <div class="row wrap"><button class="btn btn-primary" type="submit">Compare</button>
        <label class="set-inline">or the groups of <select class="select set-pick" ?disabled=${!data} @change=${(e: Event) => { const j = Number((e.target as HTMLSelectElement).value); if (j >= 0 && data) put(this.groups(data, j)); }}><option value="-1">a column…</option>${data ? orderOf(data, "mean").map((j) => html`<option value=${j}>${data.answer.feature_names[j]}${labelsOf(data.answer.columns.kinds[j]) ? "" : " (low, middle, high)"}</option>`) : nothing}</select></label></div></form>`;
  }

  /** A column's groups: its most frequent labels, or the thirds of its numbers. */
  private groups(data: SetData, feature: number): string[] {
    const name = quoted(data.answer.feature_names[feature] ?? "");
    const values = columnOf(data, "input", feature).filter(Number.isFinite);
    const labels = labelsOf(data.answer.columns.kinds[feature]);
    if (labels) {
      const counts = labels.map((label, i) => ({ label, many: values.filter((v) => v === i).length })).filter((one) => one.many > 0);
      return counts.sort((a, b) => b.many - a.many).slice(0, MOST_LABELS).map((one) => `${name} = ${said(one.label)}`);
    }
    const sorted = values.sort();
    const at = (q: number): string => String(Number((sorted[Math.floor(q * (sorted.length - 1))] ?? 0).toPrecision(4)));
    const [low, high] = [at(1 / 3), at(2 / 3)];
    return low === high ? [`${name} <= ${low}`, `${name} > ${low}`] : [`${name} <= ${low}`, `${name} > ${low} and ${name} <= ${high}`, `${name} > ${high}`];
  }

  private cohorts(data: SetData): readonly Cohort[] {
    return (data.answer.found["cohorts"] ?? []) as Cohort[];
  }

  private table(data: SetData): TemplateResult {
    const list = this.cohorts(data);
    const names = [...new Set(list.flatMap((one) => one.figures.map((f) => f.figure)))];
    const apart = list.reduce((n, one) => n + one.figures.filter((f) => this.differs(f)).length, 0);
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Cohorts compared"><table class="table set-cohorts"><thead><tr><th scope="col">Figure</th>${list.map((one, k) => html`<th scope="col"><span class="with-swatch"><span class="run-swatch" data-slot=${k % 12}></span><span class="mono">${one.query}</span></span></th>`)}</tr></thead><tbody>
      <tr><th scope="row">Rows</th>${list.map((one) => html`<td>${integer(one.rows)} <span class="muted">${value(one.share * 100, 3)} %</span></td>`)}</tr>
      ${names.map((name) => html`<tr><th scope="row">${titled(name)}</th>${list.map((one) => { const f = one.figures.find((all) => all.figure === name); return html`<td>${f ? this.figure(f) : "–"}</td>`; })}</tr>`)}</tbody></table></div>
      <p class="muted small">Below each figure: how far it is from that of all other rows, with its ${Math.round(Number(data.answer.found["level"] ?? 0.95) * 100)} % interval; “differs” where the interval does not hold 0. ${apart > 0 ? `${apart} differ; of 20 comparisons one does so by chance.` : "None differs beyond chance."}</p>`;
  }

  private differs(f: Figure): boolean {
    return f.difference_low !== null && f.difference_high !== null && (f.difference_low > 0 || f.difference_high < 0);
  }

  private figure(f: Figure): TemplateResult {
    return html`<b>${value(f.value, 3)}</b>${f.low === null ? nothing : html` <span class="muted small">${value(f.low, 3)} to ${value(f.high, 3)}</span>`}
      ${f.difference === null ? nothing : html`<br><span class=${this.differs(f) ? "small" : "small muted"}>${f.difference > 0 ? "+" : ""}${value(f.difference, 3)}${f.difference_low === null ? nothing : html` (${value(f.difference_low, 3)} to ${value(f.difference_high, 3)})`}${this.differs(f) ? html` <b class="set-apart">differs</b>` : nothing}</span>`}`;
  }

  private bars(data: SetData, effects: SetData): TemplateResult {
    const members = data.arrays.get("members")?.values as Float64Array;
    const list = this.cohorts(data);
    const from = effects.answer.rows.from;
    const order = orderOf(effects, "mean").slice(0, 10);
    const all = list.map((one, k) => {
      const rows = Array.from({ length: effects.rows }, (_, i) => i).filter((i) => members[k * data.rows + i + from] === 1);
      const { mean } = spreadOf(effects, rows);
      const phi = effects.arrays.get("attribution")?.values as Float32Array;
      const half = order.map((j) => { let sum = 0; for (const i of rows) sum += (Math.abs(phi[i * effects.features + j] ?? 0) - (mean[j] ?? 0)) ** 2; return rows.length > 1 ? (1.96 * Math.sqrt(sum / (rows.length - 1))) / Math.sqrt(rows.length) : 0; });
      return { one, rows, mean, half };
    });
    const most = Math.max(1e-12, ...all.flatMap(({ mean, half }) => order.map((j, n) => (mean[j] ?? 0) + (half[n] ?? 0))));
    const few = effects.answer.rows.count < effects.answer.rows.of;
    return html`<ul class="set-bars set-bars-many" aria-label="Mean effect by cohort">${order.map((j, n) => html`<li><span class="ellipsis">${effects.answer.feature_names[j]}</span><span class="set-lanes">${all.map(({ mean, half, one }, k) => html`<span class="set-lane" data-slot=${k % 12} ${vars({ "--mean": `${((mean[j] ?? 0) / most) * 100}%`, "--low": `${(((mean[j] ?? 0) - (half[n] ?? 0)) / most) * 100}%`, "--wide": `${((2 * (half[n] ?? 0)) / most) * 100}%` })}><i></i><u></u><span class="sr-only">${one.query}: ${value(mean[j], 3)}</span></span>`)}</span>
      <span class="num small">${all.map(({ mean }) => value(mean[j], 2)).join(" · ")}</span></li>`)}</ul>
      <p class="muted small">${list.map((one, k) => html`<span class="with-swatch"><span class="run-swatch" data-slot=${k % 12}></span><span class="mono">${one.query}</span></span> `)}Intervals: 95 % of the mean.${few ? ` Of the first ${integer(Math.max(FEW, effects.rows))} rows, as this method asks the model many times a row.` : nothing}</p>`;
  }
}
define("gb-set-cohorts", GbSetCohorts);
