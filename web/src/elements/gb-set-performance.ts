import { html, nothing, svg, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { calibration, callsAt, curves, probabilities, rate, type Bin, type Calls, type Curve, type Rated } from "../lib/performance.ts";
import { extentOf, linear, padded, tickText } from "../lib/set-plot.ts";
import { rowAddress, setState, SetQuery, viewAddress, type SetData } from "../lib/table-set.ts";
import { vars } from "../lib/vars.ts";
import { Width } from "../lib/width.ts";
import "./gb-dots.ts";
import type { Dots } from "./gb-dots.ts";
import { SetView, takePicture } from "./set-view.ts";

const PAD = { left: 46, right: 12, top: 8, bottom: 38 };
const HIGH = 270;
/** What the figures mean, in plain words. */
const MEANING: Readonly<Record<string, readonly [string, string]>> = {
  accuracy: ["Accuracy", "share of rows that are told right"], balanced_accuracy: ["Balanced accuracy", "the same, every class counting alike"], auc: ["ROC AUC", "how often a row of the class gets the higher probability of two; 0.5 is chance"],
  auc_weighted: ["ROC AUC, weighted", "the same, classes counting by their rows"],
  average_precision: ["Average precision", "area under precision over recall"], log_loss: ["Log loss", "lower is better; sure and wrong costs most"], brier: ["Brier score", "mean squared distance of the probability from the truth"],
  f1: ["F1", "precision and recall in one number"], matthews: ["Matthews", "correlation of told and true class, −1 to 1"], expected_calibration_error: ["Calibration error", "how far probabilities are from how often they come true"],
  r2: ["R²", "share of the variance that is explained"], rmse: ["RMSE", "typical error, large ones count more"], mse: ["MSE", "mean squared error"], mae: ["MAE", "mean size of the error"], largest_error: ["Largest error", "of any row"], median_absolute_error: ["Median error", "half of the rows are nearer"], mean_residual: ["Mean residual", "above 0: predictions are too low"],
};
interface Rates { readonly rated: Rated; readonly roc: Curve; readonly pr: Curve; readonly auc: number; readonly ap: number; readonly bins: readonly Bin[] }

/** How good the model is on rows whose answer is known; everything follows one threshold. */
class GbSetPerformance extends SetView {
  private readonly query = new SetQuery(this);
  private readonly width = new Width(this, 1000);
  private made: { key: string; rates: Rates } | undefined;

  protected override render(): TemplateResult {
    if (this.known) this.query.ask(this.question("performance"));
    const { data } = this.query;
    const input = html`<a href=${viewAddress(this.subject, "errors")}>rows it is most wrong about</a>`;
    const body = !data ? html`<section class="card card-body set-stage">${this.standing(this.query, "Performance")}<div class="set-blank" aria-hidden="true"></div></section>`
      : data.answer.found["task"] === "classification" ? this.classes(data) : this.values(data);
    return html`<div class="page-body set-body"><p class="set-says">${data ? html`Measured on ${integer(Number(data.answer.found["rows_used"]))} rows whose answer is known${Number(data.answer.found["rows_without_truth"]) ? `; ${integer(Number(data.answer.found["rows_without_truth"]))} have none` : ""}. If the model was trained on these rows, every figure is too good. Next: the ${input}.` : html`<span class="muted">How often the model is right, and what another threshold would change.</span>`}</p>
      ${data ? this.wrongTarget(data.answer) : nothing}${body}${this.provenance(data?.answer)}</div>`;
  }

  private get plot(): number {
    const all = this.width.value;
    return Math.max(250, Math.floor(all > 1180 ? (all - 24 - 40) / 3 : all > 760 ? (all - 12 - 40) / 2 : all - 24) - 26);
  }

  private classes(data: SetData): TemplateResult {
    const names = this.names(data);
    const chosen = Math.min(setState.values.cls ?? Number(data.answer.found["positive"] ?? 1), names.length - 1);
    const rates = this.rates(data, chosen);
    const { thr } = setState.values;
    const calls = callsAt(rates.rated, thr);
    const near = (curve: Curve): number => { let k = 0; while (k + 1 < curve.threshold.length && (curve.threshold[k + 1] ?? 0) > thr) k += 1; return k; };
    const [r, p] = [near(rates.roc), near(rates.pr)];
    const none = calls.tp + calls.fp === 0;
    return html`<form class="card card-body set-thr" @submit=${(e: Event) => e.preventDefault()}>
        <label class="set-field">Class<select class="select" @change=${(e: Event) => setState.set({ cls: Number((e.target as HTMLSelectElement).value) }, true)}>${names.map((name, k) => html`<option value=${k} ?selected=${k === chosen}>${name}</option>`)}</select></label>
        <label class="set-slide"><span>Threshold: “${names[chosen]}” above</span><output>${value(thr, 2)}</output><input type="range" min="0" max="1" step="0.01" .value=${String(thr)} ${vars({ "--fill": `${thr * 100}%` })} @input=${(e: Event) => setState.set({ thr: Number((e.target as HTMLInputElement).value) })}></label>
        <p class="set-read" role="status"><b>${integer(calls.tp + calls.fp)}</b> rows are called ${names[chosen]}, <b>${integer(calls.tp)}</b> rightly (precision ${none ? "–" : value(calls.tp / (calls.tp + calls.fp), 3)}); <b>${integer(calls.fn)}</b> of ${integer(calls.tp + calls.fn)} are missed (recall ${value(calls.tp / (calls.tp + calls.fn || 1), 3)}).</p></form>
      <div class="set-trio">
        ${this.line("ROC", `area ${value(rates.auc, 4)}`, rates.roc, ["False positive rate", "True positive rate"], [calls.fp / (calls.fp + calls.tn || 1), calls.tp / (calls.tp + calls.fn || 1)], true, r)}
        ${this.line("Precision over recall", `average precision ${value(rates.ap, 4)}`, rates.pr, ["Recall", "Precision"], none ? undefined : [calls.tp / (calls.tp + calls.fn || 1), calls.tp / (calls.tp + calls.fp)], false, p)}
        ${this.calibrated(rates.bins, thr)}
        ${this.confusion(calls, names[chosen] ?? "", names.length === 2 ? (names[1 - chosen] ?? "other") : "other")}${this.figures(data)}${names.length > 2 ? this.matrix(data, names) : nothing}</div>`;
  }

  private names(data: SetData): readonly string[] {
    const { labels, classes } = data.answer;
    const width = Math.max(2, data.arrays.get("prediction")?.shape[1] ?? 1);
    const own = classes.length >= width ? classes : labels.length >= width ? labels : undefined;
    return own ?? (labels.length === 1 && width === 2 ? [`not ${labels[0]}`, labels[0] ?? "1"] : Array.from({ length: width }, (_, k) => `class ${k}`));
  }

  private rates(data: SetData, chosen: number): Rates {
    const key = `${data.answer.id} ${chosen}`;
    if (this.made?.key === key) return this.made.rates;
    const out = data.arrays.get("prediction");
    const truth = data.arrays.get("truth")?.values as Float64Array;
    const { of, classes } = probabilities(out?.values as Float64Array, data.rows, out?.shape[1] ?? 1, data.answer.found["probabilities"] !== "made from the outputs");
    const rated = rate(of, classes, truth, chosen);
    this.made = { key, rates: { rated, ...curves(rated), bins: calibration(rated) } };
    return this.made.rates;
  }

  private axes(names: readonly [string, string], wide: number): { x: (v: number) => number; y: (v: number) => number; drawn: TemplateResult } {
    const x = linear(0, 1, PAD.left, wide - PAD.right);
    const y = linear(0, 1, HIGH - PAD.bottom, PAD.top);
    return { x, y, drawn: svg`${[0, 0.25, 0.5, 0.75, 1].map((t) => svg`<line class="gb-grid" x1=${PAD.left} x2=${wide - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="set-tick" x=${PAD.left - 6} y=${y(t)} dy="0.34em" text-anchor="end">${t}</text><text class="set-tick" x=${x(t)} y=${HIGH - PAD.bottom + 15} text-anchor="middle">${t}</text>`)}
      <text class="set-tick" x=${(PAD.left + wide) / 2} y=${HIGH - 5} text-anchor="middle">${names[0]}; up: ${names[1].toLowerCase()}</text>` as TemplateResult };
  }

  private line(title: string, sub: string, curve: Curve, names: readonly [string, string], dot: readonly [number, number] | undefined, chance: boolean, at: number): TemplateResult {
    const wide = this.plot;
    const { x, y, drawn } = this.axes(names, wide);
    // What is nearer than a third of a pixel to what is drawn adds nothing.
    let [lx, ly, d] = [-9, -9, ""];
    for (let k = 0; k < curve.x.length; k += 1) {
      const [px, py] = [x(curve.x[k] ?? 0), y(curve.y[k] ?? 0)];
      if (k > 0 && k + 1 < curve.x.length && Math.abs(px - lx) + Math.abs(py - ly) < 0.34) continue;
      d += `${d ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`;
      [lx, ly] = [px, py];
    }
    const every = Math.max(1, Math.ceil(curve.x.length / 100));
    return html`<section class="card" aria-label=${title}><div class="card-head"><h2 class="card-title">${title} <span class="muted set-sub">${sub}</span></h2>${takePicture()}</div><div class="card-body">
      <div class="set-plot"><svg viewBox="0 0 ${wide} ${HIGH}" width=${wide} height=${HIGH} role="img" aria-label=${`${title}: ${sub}`}>${drawn}${chance ? svg`<line class="set-chance" x1=${x(0)} y1=${y(0)} x2=${x(1)} y2=${y(1)}></line>` : nothing}<path class="set-curve" d=${d}></path>
        ${dot ? svg`<circle class="set-now" cx=${x(dot[0])} cy=${y(dot[1])} r="6"></circle>` : nothing}</svg></div>
      <details class="small"><summary>Data</summary><div class="table-wrap set-scroll" tabindex="0" role="region" aria-label=${`${title}, data`}><table class="table"><thead><tr><th scope="col" class="num">Threshold</th><th scope="col" class="num">${names[0]}</th><th scope="col" class="num">${names[1]}</th></tr></thead><tbody>${curve.x.map((_, k) => (k % every === 0 || k === at ? html`<tr><td class="num">${value(curve.threshold[k], 3)}</td><td class="num">${value(curve.x[k], 3)}</td><td class="num">${value(curve.y[k], 3)}</td></tr>` : nothing))}</tbody></table></div></details></div></section>`;
  }

  private calibrated(bins: readonly Bin[], thr: number): TemplateResult {
    const wide = this.plot;
    const { x, y, drawn } = this.axes(["Predicted probability", "Observed share"], wide);
    const off = bins.filter((bin) => bin.predicted < bin.low || bin.predicted > bin.high).length;
    return html`<section class="card" aria-label="Calibration"><div class="card-head"><h2 class="card-title">Calibration <span class="muted set-sub">does 70 % come true in 70 % of cases</span></h2>${takePicture()}</div><div class="card-body">
      <div class="set-plot"><svg viewBox="0 0 ${wide} ${HIGH}" width=${wide} height=${HIGH} role="img" aria-label=${`Calibration: ${bins.length} bins, ${off} farther from the diagonal than chance`}>${drawn}<line class="set-chance" x1=${x(0)} y1=${y(0)} x2=${x(1)} y2=${y(1)}></line><line class="set-zero" x1=${x(thr)} x2=${x(thr)} y1=${PAD.top} y2=${HIGH - PAD.bottom}></line>
        <path class="set-curve" d=${bins.map((bin, k) => `${k ? "L" : "M"}${x(bin.predicted).toFixed(1)} ${y(bin.observed).toFixed(1)}`).join("")}></path>
        ${bins.map((bin) => svg`<line class="set-error" x1=${x(bin.predicted)} x2=${x(bin.predicted)} y1=${y(bin.low)} y2=${y(bin.high)}></line><circle class="set-point" cx=${x(bin.predicted)} cy=${y(bin.observed)} r="4"><title>${integer(bin.rows)} rows</title></circle>`)}</svg></div>
      <p class="muted small">${off === 0 ? "Every bin's 95 % interval holds its predicted probability." : `${off} of ${bins.length} bins are farther off than chance (95 %).`}</p>
      <details class="small"><summary>Data</summary><div class="table-wrap" tabindex="0" role="region" aria-label="Calibration, data"><table class="table"><thead><tr><th scope="col">Bin</th><th scope="col" class="num">Rows</th><th scope="col" class="num">Predicted</th><th scope="col" class="num">Observed</th></tr></thead><tbody>${bins.map((bin) => html`<tr><th scope="row">${value(bin.from, 2)} to ${value(bin.to, 2)}</th><td class="num">${integer(bin.rows)}</td><td class="num">${value(bin.predicted, 3)}</td><td class="num">${value(bin.observed, 3)} (${value(bin.low, 2)} to ${value(bin.high, 2)})</td></tr>`)}</tbody></table></div></details></div></section>`;
  }

  private confusion(calls: Calls, name: string, other: string): TemplateResult {
    const all = calls.tp + calls.fp + calls.fn + calls.tn;
    const cell = (n: number, right: boolean, words: string): TemplateResult => html`<td class="num" data-right=${right ? "" : nothing} ${vars({ "--size": `${Math.round(Math.sqrt(n / (all || 1)) * 60)}%` })}><b>${integer(n)}</b><span class="small">${words}</span></td>`;
    return html`<section class="card" aria-label="Confusion"><div class="card-head"><h2 class="card-title">Confusion <span class="muted set-sub">at the threshold</span></h2></div><div class="card-body">
      <table class="table set-confusion"><caption class="sr-only">True class by called class</caption><thead><tr><td></td><th scope="col">called ${name}</th><th scope="col">called ${other}</th></tr></thead>
      <tbody><tr><th scope="row">is ${name}</th>${cell(calls.tp, true, "found")}${cell(calls.fn, false, "missed")}</tr><tr><th scope="row">is ${other}</th>${cell(calls.fp, false, "false alarm")}${cell(calls.tn, true, "left alone")}</tr></tbody></table>
      <dl class="facts set-rates"><div><dt>Accuracy</dt><dd>${value((calls.tp + calls.tn) / (all || 1), 3)}</dd></div><div><dt>Precision</dt><dd>${value(calls.tp / (calls.tp + calls.fp), 3)}</dd></div><div><dt>Recall</dt><dd>${value(calls.tp / (calls.tp + calls.fn), 3)}</dd></div><div><dt>Specificity</dt><dd>${value(calls.tn / (calls.tn + calls.fp), 3)}</dd></div><div><dt>F1</dt><dd>${value((2 * calls.tp) / (2 * calls.tp + calls.fp + calls.fn), 3)}</dd></div></dl></div></section>`;
  }

  private matrix(data: SetData, names: readonly string[]): TemplateResult {
    const table = data.arrays.get("confusion");
    if (!table) return html``;
    const width = table.shape[1] ?? 0;
    return html`<section class="card" aria-label="All classes"><div class="card-head"><h2 class="card-title">All classes <span class="muted set-sub">true by most probable</span></h2></div><div class="card-body"><div class="table-wrap" tabindex="0" role="region" aria-label="Confusion of all classes"><table class="table"><thead><tr><td></td>${names.map((n) => html`<th scope="col" class="num">${n}</th>`)}</tr></thead>
      <tbody>${names.map((n, i) => html`<tr><th scope="row">is ${n}</th>${names.map((_, k) => html`<td class=${i === k ? "num best" : "num"}>${integer(Number(table.values[i * width + k] ?? 0))}</td>`)}</tr>`)}</tbody></table></div></div></section>`;
  }

  private values(data: SetData): TemplateResult {
    const wide = Math.max(260, Math.floor(this.width.value > 900 ? (this.width.value - 12 - 40) / 2 : this.width.value - 24) - 26);
    const out = data.arrays.get("prediction");
    const truth = data.arrays.get("truth")?.values as Float64Array;
    const width = out?.shape[1] ?? 1;
    const predicted = Float64Array.from({ length: data.rows }, (_, i) => Number(out?.values[i * width + data.answer.target]));
    const residual = predicted.map((v, i) => (truth[i] ?? Number.NaN) - v);
    return html`<div class="set-duo" @gb-row=${(e: CustomEvent<number>) => location.assign(rowAddress(this.subject, e.detail + data.answer.rows.from))}>
      ${this.dots(data, "Predicted and true", "on the line: right", predicted, truth, ["Predicted", "True"], wide, true)}${this.dots(data, "Residuals", "true minus predicted; a shape says what is missing", predicted, residual, ["Predicted", "Residual"], wide, false)}</div>${this.figures(data)}`;
  }

  private dots(data: SetData, title: string, sub: string, across: Float64Array, up: Float64Array, names: readonly [string, string], wide: number, diagonal: boolean): TemplateResult {
    const both = padded(extentOf(across, diagonal ? up : []));
    const x = linear(...(diagonal ? both : padded(extentOf(across))), PAD.left + 12, wide - PAD.right, Math.floor(wide / 90));
    const y = linear(...(diagonal ? both : padded(extentOf(up, [0]))), HIGH - PAD.bottom, PAD.top);
    const dots: Dots = { x: Float32Array.from(across, x), y: Float32Array.from(up, (v) => (Number.isFinite(v) ? y(v) : -99)), shade: new Uint8Array(data.rows).fill(6), rows: data.rows, radius: data.rows > 3000 ? 1.5 : 2.5, ring: setState.values.row - data.answer.rows.from };
    return html`<section class="card" aria-label=${title}><div class="card-head"><h2 class="card-title">${title} <span class="muted set-sub">${sub}</span></h2>${takePicture()}</div><div class="card-body"><div class="set-plot"><svg viewBox="0 0 ${wide} ${HIGH}" width=${wide} height=${HIGH} aria-hidden="true">
      ${y.ticks.map((t) => svg`<line class="gb-grid" x1=${PAD.left + 12} x2=${wide - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="set-tick" x=${PAD.left + 5} y=${y(t)} dy="0.34em" text-anchor="end">${tickText(t)}</text>`)}${x.ticks.map((t) => svg`<text class="set-tick" x=${x(t)} y=${HIGH - PAD.bottom + 15} text-anchor="middle">${tickText(t)}</text>`)}
      <line class="set-zero" x1=${x(x.low)} y1=${diagonal ? y(x.low) : y(0)} x2=${x(x.high)} y2=${diagonal ? y(x.high) : y(0)}></line><text class="set-tick" x=${(PAD.left + wide) / 2} y=${HIGH - 5} text-anchor="middle">${names[0]}; up: ${names[1].toLowerCase()}</text></svg>
      <gb-dots .wide=${wide} .high=${HIGH} .dots=${dots} label=${`${title}, ${integer(data.rows)} rows`} .words=${(i: number) => ({ head: `row ${integer(i + data.answer.rows.from)}`, rows: [{ name: names[0], value: value(across[i]), slot: undefined, near: false }, { name: names[1], value: value(up[i]), slot: undefined, near: true }] })}></gb-dots></div></div></section>`;
  }

  private figures(data: SetData): TemplateResult {
    const all = Object.entries((data.answer.found["figures"] ?? {}) as Record<string, number | null>);
    const found = Object.fromEntries(all);
    return html`<section class="card set-two" aria-label="Figures"><div class="card-head"><h2 class="card-title">Figures <span class="muted set-sub">and what they mean</span></h2></div><div class="table-wrap" tabindex="0" role="region" aria-label="Figures of performance"><table class="table"><thead><tr><th scope="col">Figure</th><th scope="col" class="num">Value</th><th scope="col">Meaning</th></tr></thead>
      <tbody>${all.filter(([name]) => !/_(low|high)$/.test(name)).map(([name, v]) => { const [title, words] = MEANING[name] ?? [name.replaceAll("_", " "), ""]; const [low, high] = [found[`${name}_low`], found[`${name}_high`]];
        return html`<tr><th scope="row">${title}</th><td class="num">${value(v)}${low !== undefined ? html` <span class="muted">(${value(low, 3)} to ${value(high, 3)})</span>` : nothing}</td><td class="muted">${words}</td></tr>`; })}</tbody></table></div></section>`;
  }
}
define("gb-set-performance", GbSetPerformance);
