import { html, nothing, svg, type TemplateResult } from "lit";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { extentOf, interacting, isDark, labelShade, linear, padded, sequential, shadeOf, tickText, type Scale } from "../lib/set-plot.ts";
import { columnOf, labelsOf, orderOf, rowAddress, setState, SetQuery, written, type Kind, type SetData } from "../lib/table-set.ts";
import { Width } from "../lib/width.ts";
import "./gb-canvas.ts";
import "./gb-dots.ts";
import type { Dots } from "./gb-dots.ts";
import { colourKey, SetView, takePicture } from "./set-view.ts";

const PAD = { left: 52, right: 14, top: 10, bottom: 40 };
/** A name in the catalogue's lists of columns. */
const quoted = (name: string): string => (/[,;"]/.test(name) ? `"${name.replaceAll('"', '\\"')}"` : name);

/** One feature: its effect over its values, and what the output does when it alone is changed. */
class GbSetDependence extends SetView {
  private readonly effects = new SetQuery(this);
  private readonly pdp = new SetQuery(this);
  private readonly ale = new SetQuery(this);
  private readonly surface = new SetQuery(this);
  private readonly width = new Width(this, 900);
  private found: { key: string; by: number } | undefined;

  protected override render(): TemplateResult {
    const v = setState.values;
    const question = this.attributions();
    if (question) this.effects.ask(question);
    const { data } = this.effects;
    const order = data ? orderOf(data, "mean") : [];
    const named = data?.answer.feature_names.indexOf(v.feat) ?? -1;
    const feature = named >= 0 ? named : (order[0] ?? 0);
    const name = data?.answer.feature_names[feature];
    if (name !== undefined && this.effects.state === "done") {
      this.pdp.ask(this.question("partial_dependence", { columns: quoted(name), points: 40, curves: 60 }));
      this.ale.ask(this.question("accumulated_local_effects", { columns: quoted(name) }));
    }
    const [a, b] = v.pair;
    this.surface.ask(a && b && this.known ? this.question("partial_dependence_2d", { pairs: `${quoted(a)}, ${quoted(b)}`, points: 14, rows: 200 }) : undefined);
    const by = data ? this.colourBy(data, feature) : -1;
    const two = this.width.value > 860;
    const half = Math.floor(two ? (this.width.value - 12) / 2 : this.width.value) - 40;
    const wide = Math.max(260, half);
    return html`<div class="page-body set-body" @gb-row=${(e: CustomEvent<number>) => { if (data) location.assign(rowAddress(this.subject, e.detail + data.answer.rows.from)); }}>
      ${this.controls(data?.answer, html`<label class="set-field">Feature<select class="select set-pick" @change=${(e: Event) => setState.set({ feat: (e.target as HTMLSelectElement).value, by: "" }, true)}>${order.map((j) => html`<option value=${data?.answer.feature_names[j] ?? ""} ?selected=${j === feature}>${data?.answer.feature_names[j]}</option>`)}</select></label>
        <label class="set-field">Colour<select class="select set-pick" @change=${(e: Event) => setState.set({ by: (e.target as HTMLSelectElement).value }, true)}><option value="">by interaction</option>${order.filter((j) => j !== feature).map((j) => html`<option value=${data?.answer.feature_names[j] ?? ""} ?selected=${data?.answer.feature_names[j] === v.by}>${data?.answer.feature_names[j]}</option>`)}</select></label>`)}
      <p class="set-says">${data && name !== undefined ? this.sentence(data, feature, by) : html`<span class="muted">The effect of one feature over its values, row by row.</span>`}</p>
      <section class="card set-half" aria-label="Dependence"><div class="card-head"><h2 class="card-title">Dependence <span class="muted set-sub">effect over value, one dot: one row</span></h2>${takePicture()}</div>
        <div class="card-body set-stage set-stage-m">${this.standing(this.effects, "Effects of all rows")}${data ? this.scatter(data, feature, by, wide) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      <section class="card set-half" aria-label="Partial dependence and ICE"><div class="card-head"><h2 class="card-title">Partial dependence <span class="muted set-sub">mean, and single rows (ICE)</span></h2>${takePicture()}</div>
        <div class="card-body set-stage set-stage-m">${this.standing(this.pdp, "Partial dependence")}${this.pdp.data ? this.curves(this.pdp.data, wide) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      <section class="card set-half" aria-label="Accumulated local effects"><div class="card-head"><h2 class="card-title">Accumulated local effects <span class="muted set-sub">safe where features go together</span></h2>${takePicture()}</div>
        <div class="card-body set-stage set-stage-m">${this.standing(this.ale, "Accumulated local effects")}${this.ale.data ? this.local(this.ale.data, wide) : html`<div class="set-blank" aria-hidden="true"></div>`}</div></section>
      <section class="card set-half" aria-label="Two features"><div class="card-head"><h2 class="card-title">Two features <span class="muted set-sub">mean output over both</span></h2>${takePicture()}</div>
        <div class="card-body set-stage set-stage-m">${this.pairs(data, feature, by, order, wide)}</div></section>
      ${this.provenance(data?.answer)}</div>`;
  }

  private colourBy(data: SetData, feature: number): number {
    const chosen = data.answer.feature_names.indexOf(setState.values.by);
    if (chosen >= 0 && chosen !== feature) return chosen;
    const key = `${data.answer.id} ${data.rows} ${feature}`;
    if (this.found?.key !== key) {
      const others = Array.from({ length: data.features }, (_, j) => columnOf(data, "input", j));
      this.found = { key, by: interacting(columnOf(data, "attribution", feature), others[feature] ?? [], others, feature) };
    }
    return this.found.by;
  }

  private sentence(data: SetData, feature: number, by: number): TemplateResult {
    const effect = columnOf(data, "attribution", feature);
    const [low, high] = extentOf(effect);
    return html`The effect of <b>${data.answer.feature_names[feature]}</b> goes from ${value(low, 3)} to ${value(high, 3)}.${by >= 0 ? html` Where dots of one place have different effects, <b>${data.answer.feature_names[by]}</b> (the colour) may be why.` : ""} An effect is what the model does, not what would happen in the world.`;
  }

  private axisOf(data: SetData, feature: number, values: ArrayLike<number>, wide: number): Scale {
    const labels = labelsOf(data.answer.columns.kinds[feature]);
    return labels ? linear(-0.6, labels.length - 0.4, PAD.left, wide - PAD.right) : linear(...padded(extentOf(values)), PAD.left, wide - PAD.right, Math.max(3, Math.floor(wide / 90)));
  }

  /** Axes with names; labels as places of their own. */
  private frame(kind: Kind | undefined, x: Scale, y: Scale, wide: number, high: number, across: string): TemplateResult {
    const labels = labelsOf(kind);
    const every = labels ? Math.ceil((labels.length * 64) / wide) : 1;
    return svg`${y.ticks.map((t) => svg`<line class="gb-grid" x1=${PAD.left} x2=${wide - PAD.right} y1=${y(t)} y2=${y(t)}></line><text class="set-tick" x=${PAD.left - 7} y=${y(t)} dy="0.34em" text-anchor="end">${tickText(t)}</text>`)}
      ${labels ? labels.map((label, i) => (i % every === 0 ? svg`<text class="set-tick" x=${x(i)} y=${high - PAD.bottom + 16} text-anchor="middle">${label.length > 12 ? `${label.slice(0, 11)}…` : label}</text>` : nothing))
        : x.ticks.map((t) => svg`<text class="set-tick" x=${x(t)} y=${high - PAD.bottom + 16} text-anchor="middle">${tickText(t)}</text>`)}
      <text class="set-tick" x=${(PAD.left + wide - PAD.right) / 2} y=${high - 5} text-anchor="middle">${across}</text>` as TemplateResult;
  }

  private scatter(data: SetData, feature: number, by: number, wide: number): TemplateResult {
    const high = 300;
    const values = columnOf(data, "input", feature);
    const effect = columnOf(data, "attribution", feature);
    const kind = data.answer.columns.kinds[feature];
    const labels = labelsOf(kind);
    const x = this.axisOf(data, feature, values, wide);
    const y = linear(...padded(extentOf(effect)), high - PAD.bottom, PAD.top);
    const other = by >= 0 ? columnOf(data, "input", by) : new Float64Array(data.rows).fill(Number.NaN);
    const colours = by >= 0 ? labelsOf(data.answer.columns.kinds[by]) : undefined;
    const dots: Dots = { x: new Float32Array(data.rows), y: new Float32Array(data.rows), shade: colours ? labelShade(other) : shadeOf(other, undefined), labelled: colours !== undefined, rows: data.rows, radius: data.rows > 4000 ? 1.8 : 2.8, ring: setState.values.row - data.answer.rows.from };
    let missing = 0;
    for (let i = 0; i < data.rows; i += 1) {
      const own = values[i] ?? Number.NaN;
      if (Number.isNaN(own)) missing += 1;
      // Labels are strips: a row's place in its strip is by its number. What is missing stands at the left edge.
      dots.x[i] = Number.isNaN(own) ? PAD.left + 3 : x(own) + (labels ? (((i * 0.618034) % 1) - 0.5) * Math.min(46, (x(1) - x(0)) * 0.7) : 0);
      dots.y[i] = y(effect[i] ?? 0);
    }
    const name = data.answer.feature_names[feature] ?? "";
    const otherName = data.answer.feature_names[by] ?? "";
    return html`<div class="set-plot"><svg viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} aria-hidden="true">${this.frame(kind, x, y, wide, high, name)}<line class="set-zero" x1=${PAD.left} x2=${wide - PAD.right} y1=${y(0)} y2=${y(0)}></line></svg>
      <gb-dots .wide=${wide} .high=${high} .dots=${dots} label=${`Effect of ${name} over its values, ${integer(data.rows)} rows`} .words=${(i: number) => ({ head: `row ${integer(i + data.answer.rows.from)}`, rows: [
        { name, value: written(kind, values[i] ?? Number.NaN, (n) => value(n)), slot: undefined, near: true }, { name: "effect", value: value(effect[i]), slot: undefined, near: false },
        ...(by >= 0 ? [{ name: otherName, value: written(data.answer.columns.kinds[by], other[i] ?? Number.NaN, (n) => value(n)), slot: undefined, near: false }] : [])] })}></gb-dots></div>
      <p class="muted small set-key">${by >= 0 ? colourKey(otherName, colours) : "No colour: one feature."}${missing ? html` ${integer(missing)} rows without a value stand at the left edge.` : nothing} Ring: row ${integer(setState.values.row)}.</p>`;
  }

  private column(data: SetData): { name: string; points: number; labels: readonly string[] | null } {
    const [first] = (data.answer.found["columns"] ?? []) as { name: string; column: number; points: number; labels: string[] | null }[];
    return { name: first?.name ?? "", points: first?.points ?? 0, labels: first?.labels ?? null };
  }

  private curves(data: SetData, wide: number): TemplateResult {
    const high = 300;
    const { name, points, labels } = this.column(data);
    const at = (array: string): Float64Array => (data.arrays.get(array)?.values ?? new Float64Array()) as Float64Array;
    const [grid, mean, spread, single] = [at("grid").subarray(0, points), at("mean").subarray(0, points), at("spread"), at("curves")];
    const [, many = 0, length = 0] = data.arrays.get("curves")?.shape ?? [];
    const own = Array.from({ length: many }, (_, i) => single.subarray(i * length, i * length + points));
    const places = labels ? Float64Array.from(labels.keys()) : grid;
    const x = labels ? linear(-0.6, labels.length - 0.4, PAD.left, wide - PAD.right) : linear(...extentOf(grid), PAD.left, wide - PAD.right, Math.max(3, Math.floor(wide / 90)));
    const y = linear(...padded(extentOf(mean, ...own)), high - PAD.bottom, PAD.top);
    const path = (values: ArrayLike<number>): string => Array.from(places, (p, i) => `${i ? "L" : "M"}${x(p).toFixed(1)} ${y(values[i] ?? 0).toFixed(1)}`).join("");
    const kind: Kind = labels ? { category: labels } : "number";
    return html`<div class="set-plot"><svg viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} role="img" aria-label=${`Partial dependence of ${name}: mean output from ${value(mean[0], 3)} to ${value(mean[points - 1], 3)}`}>${this.frame(kind, x, y, wide, high, name)}
      ${own.map((curve) => svg`<path class="set-ice" d=${path(curve)}></path>`)}<path class="set-curve" d=${path(mean)}></path>${labels ? Array.from(places, (p, i) => svg`<circle class="set-point" cx=${x(p)} cy=${y(mean[i] ?? 0)} r="4"></circle>`) : nothing}</svg></div>
      <p class="muted small">Thick: the mean over ${integer(Number(data.answer.found["rows_used"] ?? data.rows))} rows with ${name} set to each value; thin: ${integer(many)} single rows. Lines that are not parallel: other features change the effect.</p>
      ${this.numbers(`Partial dependence of ${name}`, ["Mean", "Spread"], places, labels, [mean, spread])}`;
  }

  private local(data: SetData, wide: number): TemplateResult {
    const high = 300;
    const { name, points, labels } = this.column(data);
    const at = (array: string): Float64Array => ((data.arrays.get(array)?.values ?? new Float64Array()) as Float64Array).subarray(0, points);
    const [grid, effect, error] = [at("grid"), at("effect"), at("error")];
    const places = labels ? Float64Array.from(labels.keys()) : grid;
    const [low, up] = [effect.map((v, i) => v - 1.96 * (error[i] || 0)), effect.map((v, i) => v + 1.96 * (error[i] || 0))];
    const x = labels ? linear(-0.6, labels.length - 0.4, PAD.left, wide - PAD.right) : linear(...extentOf(grid), PAD.left, wide - PAD.right, Math.max(3, Math.floor(wide / 90)));
    const y = linear(...padded(extentOf(low, up, [0])), high - PAD.bottom, PAD.top);
    const line = (values: Float64Array): string[] => Array.from(places, (p, i) => `${x(p).toFixed(1)} ${y(values[i] ?? 0).toFixed(1)}`);
    return html`<div class="set-plot"><svg viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} role="img" aria-label=${`Accumulated local effects of ${name}, from ${value(effect[0], 3)} to ${value(effect[points - 1], 3)}`}>${this.frame(labels ? { category: labels } : "number", x, y, wide, high, name)}
      <line class="set-zero" x1=${PAD.left} x2=${wide - PAD.right} y1=${y(0)} y2=${y(0)}></line><path class="set-band" d=${`M${[...line(up), ...line(low).reverse()].join("L")}Z`}></path><path class="set-curve" d=${`M${line(effect).join("L")}`}></path>
      ${labels ? Array.from(places, (p, i) => svg`<circle class="set-point" cx=${x(p)} cy=${y(effect[i] ?? 0)} r="4"></circle>`) : nothing}</svg></div>
      <p class="muted small">How far the output is above its mean because of ${name}; only small steps from rows that exist are asked. Band: 95 % interval of the way from the first point. Where this differs from the mean on the left, features go together.</p>
      ${this.numbers(`Accumulated local effects of ${name}`, ["Effect", "Error"], places, labels, [effect, error])}`;
  }

  private numbers(caption: string, heads: readonly string[], places: Float64Array, labels: readonly string[] | null, columns: readonly Float64Array[]): TemplateResult {
    return html`<details class="small"><summary>Data</summary><div class="table-wrap set-scroll" tabindex="0" role="region" aria-label=${caption}><table class="table"><thead><tr><th scope="col">Value</th>${heads.map((h) => html`<th scope="col" class="num">${h}</th>`)}</tr></thead>
      <tbody>${Array.from(places, (p, i) => html`<tr><th scope="row">${labels ? labels[i] : value(p)}</th>${columns.map((c) => html`<td class="num">${value(c[i])}</td>`)}</tr>`)}</tbody></table></div></details>`;
  }

  private pairs(data: SetData | undefined, feature: number, by: number, order: readonly number[], wide: number): TemplateResult {
    const names = data?.answer.feature_names ?? [];
    const [a, b] = setState.values.pair;
    const first = a ?? names[feature];
    const second = b ?? names[by >= 0 ? by : (order.find((j) => j !== feature) ?? 0)];
    const pick = (label: string, now: string | undefined, to: (name: string) => string[]): TemplateResult => html`<label class="set-field">${label}<select class="select" @change=${(e: Event) => setState.set({ pair: to((e.target as HTMLSelectElement).value) }, true)}>${order.map((j) => html`<option value=${names[j] ?? ""} ?selected=${names[j] === now}>${names[j]}</option>`)}</select></label>`;
    return html`<div class="row wrap">${pick("Across", second, (name) => [first ?? "", name])}${pick("Up", first, (name) => [name, second ?? ""])}
      ${a ? nothing : html`<button class="btn" type="button" ?disabled=${!data || first === second} @click=${() => setState.set({ pair: [first ?? "", second ?? ""] }, true)}>Draw both</button>`}</div>
      ${this.standing(this.surface, "Two features")}${this.surface.data ? this.heat(this.surface.data, wide) : html`<p class="muted">The mean output over 200 rows with both set to each pair of 14 × 14 values: 39,200 passes, so it waits for you.</p>`}`;
  }

  private heat(data: SetData, wide: number): TemplateResult {
    const [pair] = (data.answer.found["pairs"] ?? []) as { first: { name: string; points: number; labels: string[] | null }; second: { name: string; points: number; labels: string[] | null }; interaction: number | null }[];
    const mean = data.arrays.get("mean");
    if (!pair || !mean) return html``;
    const high = 300;
    const [, , across = 0] = mean.shape;
    const { first, second } = pair;
    const all: number[] = [];
    for (let i = 0; i < first.points; i += 1) for (let j = 0; j < second.points; j += 1) all.push(Number(mean.values[i * across + j]));
    const [low, up] = extentOf(all);
    const [w, h] = [(wide - PAD.left - PAD.right) / second.points, (high - PAD.top - PAD.bottom) / first.points];
    const at = (of: string, i: number, labels: string[] | null): string => labels?.[i] ?? tickText(Number(Number(data.arrays.get(of)?.values[i]).toPrecision(3)));
    const some = (n: number, most: number): number[] => Array.from({ length: n }, (_, i) => i).filter((i) => i % Math.ceil(n / most) === 0);
    return html`<div class="set-plot"><gb-canvas .wide=${wide} .high=${high} .draw=${(c: CanvasRenderingContext2D) => {
      const dark = isDark();
      for (let i = 0; i < first.points; i += 1) for (let j = 0; j < second.points; j += 1) {
        c.fillStyle = sequential(((all[i * second.points + j] ?? 0) - low) / (up - low || 1), dark);
        c.fillRect(PAD.left + j * w, high - PAD.bottom - (i + 1) * h, w + 0.5, h + 0.5);
      }
    }}></gb-canvas><svg class="set-over" viewBox="0 0 ${wide} ${high}" width=${wide} height=${high} role="img" aria-label=${`Mean output over ${first.name} and ${second.name}: ${value(low, 3)} to ${value(up, 3)}`}>
      ${some(first.points, 6).map((i) => svg`<text class="set-tick" x=${PAD.left - 7} y=${high - PAD.bottom - (i + 0.5) * h} dy="0.34em" text-anchor="end">${at("grid_first", i, first.labels).slice(0, 9)}</text>`)}
      ${some(second.points, Math.floor(wide / 70)).map((j) => svg`<text class="set-tick" x=${PAD.left + (j + 0.5) * w} y=${high - PAD.bottom + 16} text-anchor="middle">${at("grid_second", j, second.labels).slice(0, 9)}</text>`)}
      <text class="set-tick" x=${(PAD.left + wide) / 2} y=${high - 5} text-anchor="middle">${second.name}; up: ${first.name}</text></svg></div>
      <p class="muted small set-key">Mean output <span>${value(low, 3)}</span><i class="set-ramp-flat set-ramp-seq" aria-hidden="true"></i><span>${value(up, 3)}</span> ${pair.interaction === null ? nothing : html`${value(pair.interaction * 100, 2)} % of what moves here is interaction: more than the two features' own curves added up.`}</p>`;
  }
}
define("gb-set-dependence", GbSetDependence);
