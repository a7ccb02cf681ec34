import { html, nothing, svg, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { extentOf, labelShade, linear, padded, shadeOf, tickText } from "../lib/set-plot.ts";
import { columnOf, labelsOf, rowAddress, setState, SetQuery, viewAddress, written, type SetData } from "../lib/table-set.ts";
import { vars } from "../lib/vars.ts";
import { Width } from "../lib/width.ts";
import "./gb-dots.ts";
import type { Dots } from "./gb-dots.ts";
import { colourKey, SetView, takePicture } from "./set-view.ts";

/** An interaction is features × features numbers a row: so many rows say enough of their mean. */
const ROWS = 1000;
const MOST = 12;
const PAD = { left: 52, right: 14, top: 10, bottom: 40 };

/** Which pairs of features act together, and how. */
class GbSetInteractions extends SetView {
  private readonly query = new SetQuery(this);
  private readonly width = new Width(this, 1000);
  private made: { of: SetData; mean: Float64Array } | undefined;

  protected override render(): TemplateResult {
    if (this.known && !this.trees) return this.refused();
    if (this.known) this.query.ask(this.question("tree_shap_interactions", {}, { from: 0, count: ROWS }));
    const { data } = this.query;
    const mean = data ? this.means(data) : undefined;
    const order = data && mean ? this.order(data, mean) : [];
    const pair = data && mean ? this.pair(data, mean, order) : undefined;
    return html`<div class="page-body set-body" @gb-row=${(e: CustomEvent<number>) => { if (data) location.assign(rowAddress(this.subject, e.detail + data.answer.rows.from)); }}>
      ${this.controls(data?.answer, nothing, false)}
      <p class="set-says">${data && pair && mean ? html`<b>${data.answer.feature_names[pair[0]]}</b> and <b>${data.answer.feature_names[pair[1]]}</b>: together they move the output by ${value(mean[pair[0] * data.features + pair[1]], 3)} on average beyond what each does alone. Choose a pair in the matrix.` : html`<span class="muted">Pairs of features that act together: more than each on its own.</span>`}</p>
      <section class="card set-half" aria-label="Matrix" aria-busy=${this.query.busy}><div class="card-head"><h2 class="card-title">Interactions <span class="muted set-sub">mean |interaction|</span></h2></div><div class="card-body set-stage">${this.standing(this.query, "Interactions")}${data && mean ? this.matrix(data, mean, order, pair) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      <section class="card set-half" aria-label="Pair"><div class="card-head"><h2 class="card-title">${data && pair ? html`${data.answer.feature_names[pair[0]]} × ${data.answer.feature_names[pair[1]]}` : "Pair"} <span class="muted set-sub">one dot: one row</span></h2>${takePicture()}</div><div class="card-body set-stage">${data && pair ? this.scatter(data, pair) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      ${this.provenance(data?.answer)}</div>`;
  }

  private refused(): TemplateResult {
    return html`<div class="page-body set-body"><section class="card empty"><h2>Interactions need a model made of trees</h2><p>They are read from the branches themselves; this model is ${this.known?.model.format ?? "another kind"}, and asking it for every pair would take features × features as many passes.</p>
      <p>Instead: the surface of two features, whose share of interaction is told with it, and the dependence of one feature coloured by the other that goes best with it.</p><a class="btn btn-primary" href=${viewAddress(this.subject, "dependence")}>Dependence and two features</a></section></div>`;
  }

  private means(data: SetData): Float64Array {
    if (this.made?.of === data) return this.made.mean;
    const phi = data.arrays.get("attribution")?.values as Float32Array;
    const f = data.features;
    const mean = new Float64Array(f * f);
    for (let i = 0; i < data.rows; i += 1) for (let k = 0; k < f * f; k += 1) mean[k] = (mean[k] ?? 0) + Math.abs(phi[i * f * f + k] ?? 0);
    // Each half of a pair holds half of its interaction; on the diagonal is what the feature does alone.
    for (let a = 0; a < f; a += 1) for (let b = 0; b < f; b += 1) mean[a * f + b] = ((mean[a * f + b] ?? 0) / (data.rows || 1)) * (a === b ? 1 : 2);
    this.made = { of: data, mean };
    return mean;
  }

  private order(data: SetData, mean: Float64Array): number[] {
    const f = data.features;
    const sum = (a: number): number => { let s = 0; for (let b = 0; b < f; b += 1) if (a !== b) s += mean[a * f + b] ?? 0; return s; };
    return Array.from({ length: f }, (_, a) => a).sort((a, b) => sum(b) - sum(a) || a - b).slice(0, MOST);
  }

  private pair(data: SetData, mean: Float64Array, order: readonly number[]): readonly [number, number] | undefined {
    const [a, b] = setState.values.pair.map((name) => data.answer.feature_names.indexOf(name));
    if (a !== undefined && b !== undefined && a >= 0 && b >= 0 && a !== b) return [a, b];
    let best: readonly [number, number] | undefined;
    for (const x of order) for (const y of order) if (x !== y && (!best || (mean[x * data.features + y] ?? 0) > (mean[best[0] * data.features + best[1]] ?? 0))) best = [x, y];
    return best;
  }

  private matrix(data: SetData, mean: Float64Array, order: readonly number[], pair: readonly [number, number] | undefined): TemplateResult {
    const names = data.answer.feature_names;
    const f = data.features;
    const most = Math.max(1e-12, ...order.flatMap((a) => order.filter((b) => a !== b).map((b) => mean[a * f + b] ?? 0)));
    const choose = (a: number, b: number): void => setState.set({ pair: [names[a] ?? "", names[b] ?? ""] }, true);
    return html`<div class="table-wrap" tabindex="0" role="region" aria-label="Matrix of interactions"><table class="set-matrix"><thead><tr><td></td>${order.map((b, k) => html`<th scope="col" title=${names[b] ?? ""}>${k + 1}<span class="sr-only">${names[b]}</span></th>`)}</tr></thead>
      <tbody>${order.map((a, row) => html`<tr><th scope="row" title=${names[a] ?? ""}><span class="muted num">${row + 1}</span> ${names[a]}</th>${order.map((b) => a === b ? html`<td class="set-own" title=${`alone: ${value(mean[a * f + b], 3)}`}>·</td>`
        : html`<td><button type="button" aria-pressed=${(pair?.[0] === a && pair[1] === b)} aria-label=${`${names[a]} and ${names[b]}: ${value(mean[a * f + b], 3)}`} title=${`${names[a]} × ${names[b]}: ${value(mean[a * f + b], 3)}`} ${vars({ "--size": `${Math.round(((mean[a * f + b] ?? 0) / most) * 100)}%` })} @click=${() => choose(a, b)}></button></td>`)}</tr>`)}</tbody></table></div>
      <p class="muted small">Darkest: ${value(most, 3)}. ${f > order.length ? `The ${order.length} of ${f} features that interact most. ` : ""}${data.answer.rows.count < data.answer.rows.of ? `The first ${integer(data.rows)} rows.` : `${integer(data.rows)} rows.`}</p>`;
  }

  private scatter(data: SetData, [a, b]: readonly [number, number]): TemplateResult {
    const all = this.width.value;
    const wide = Math.max(260, Math.floor(all > 980 ? (all - 12 - 40) / 2 : all - 24) - 26);
    const high = 320;
    const f = data.features;
    const phi = data.arrays.get("attribution")?.values as Float32Array;
    const [values, other] = [columnOf(data, "input", a), columnOf(data, "input", b)];
    const both = Float64Array.from({ length: data.rows }, (_, i) => 2 * (phi[i * f * f + a * f + b] ?? 0));
    const labels = labelsOf(data.answer.columns.kinds[a]);
    const x = labels ? linear(-0.6, labels.length - 0.4, PAD.left, wide - PAD.right) : linear(...padded(extentOf(values)), PAD.left, wide - PAD.right, Math.max(3, Math.floor(wide / 90)));
    const y = linear(...padded(extentOf(both)), high - PAD.bottom, PAD.top);
    const [name, with_] = [data.answer.feature_names[a] ?? "", data.answer.feature_names[b] ?? ""];
    const colours = labelsOf(data.answer.columns.kinds[b]);
    const dots: Dots = { x: Float32Array.from(values, (v, i) => (Number.isNaN(v) ? PAD.left + 3 : x(v) + (labels ? (((i * 0.618034) % 1) - 0.5) * 30 : 0))), y: Float32Array.from(both, y), shade: colours ? labelShade(other) : shadeOf(other, undefined), labelled: colours !== undefined, rows: data.rows, radius: 2.8, ring: setState.values.row - data.answer.rows.from };
    return html`<div class="set-plot"><svg viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} aria-hidden="true">${y.ticks.map((t) => svg`<line class="gb-grid" x1=${PAD.left} x2=${wide - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="set-tick" x=${PAD.left - 7} y=${y(t)} dy="0.34em" text-anchor="end">${tickText(t)}</text>`)}
      ${labels ? labels.map((label, i) => svg`<text class="set-tick" x=${x(i)} y=${high - PAD.bottom + 16} text-anchor="middle">${label.slice(0, 10)}</text>`) : x.ticks.map((t) => svg`<text class="set-tick" x=${x(t)} y=${high - PAD.bottom + 16} text-anchor="middle">${tickText(t)}</text>`)}
      <line class="set-zero" x1=${PAD.left} x2=${wide - PAD.right} y1=${y(0)} y2=${y(0)}></line><text class="set-tick" x=${(PAD.left + wide) / 2} y=${high - 5} text-anchor="middle">${name}; up: interaction</text></svg>
      <gb-dots .wide=${wide} .high=${high} .dots=${dots} label=${`Interaction of ${name} and ${with_} over ${name}`} .words=${(i: number) => ({ head: `row ${integer(i + data.answer.rows.from)}`, rows: [{ name, value: written(data.answer.columns.kinds[a], values[i] ?? Number.NaN, (n) => value(n)), slot: undefined, near: false }, { name: with_, value: written(data.answer.columns.kinds[b], other[i] ?? Number.NaN, (n) => value(n)), slot: undefined, near: false }, { name: "interaction", value: value(both[i]), slot: undefined, near: true }] })}></gb-dots></div>
      <p class="muted small set-key">${colourKey(with_, colours)} Where colours part, the effect of ${name} depends on ${with_}. <a href=${viewAddress(this.subject, "dependence", { feat: name, by: with_, pair: `${name.replaceAll("%", "%25").replaceAll(",", "%2C")},${with_.replaceAll("%", "%25").replaceAll(",", "%2C")}` })}>Their surface</a></p>`;
  }
}
define("gb-set-interactions", GbSetInteractions);
