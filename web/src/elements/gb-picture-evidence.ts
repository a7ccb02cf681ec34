import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { beside, headSentences, linesOf, localisationLines, overall, pictureOf, setSizes, standsOut, strips, verdict, type Line, type Localised, type PictureEvidence, type Scored, type Strip, type Under } from "../lib/picture-evidence.ts";
import type { ObjectMask } from "../lib/object-mask.ts";
import type { Run } from "../lib/session.ts";
import { vars } from "../lib/vars.ts";
import "./gb-flip-plot.ts";
import "./gb-object-mask.ts";
import "./gb-randomised.ts";

/** What is said of the map shown, under a chip that says whether the measurements agree. */
export class GbPictureVerdict extends GbElement {
  static override properties = { run: { attribute: false }, version: { attribute: false } };
  declare run: Run | undefined;
  declare version: number;

  protected override render(): TemplateResult {
    const { run } = this;
    const evidence = pictureOf(run?.result);
    const head = overall(evidence?.claims ?? []);
    const moved = evidence?.under[0]?.pixel_flipping.gap.random.length;
    const [open, folded] = headSentences(run?.result?.sentences ?? []);
    return html`<p class="row wrap">${head ? html`<span class="chip ${head[1]}">${head[0]}</span>` : nothing}<b>${run?.method.title ?? "Evidence"}</b>${moved ? html`<span class="muted small">one picture, ${evidence?.under.length} baselines, ${moved} moved maps</span>` : nothing}</p>
      ${open.length ? open.map((s) => html`<p>${s}</p>`) : html`<p class="muted">${run?.error ?? "Evidence appears as the methods finish."}</p>`}
      ${folded.length ? html`<details><summary>${folded.length} more sentences</summary>${folded.map((s) => html`<p>${s}</p>`)}</details>` : nothing}`;
  }
}
define("gb-picture-verdict", GbPictureVerdict);

/** Areas between two curves: key, title, what is taken away, how it is ranked. */
const FLIPPED: readonly { readonly key: "pixel_flipping" | "region_perturbation" | "irof"; readonly title: string; readonly parts: string }[] = [
  { key: "pixel_flipping", title: "Pixel flipping", parts: "pixels" },
  { key: "region_perturbation", title: "Region perturbation", parts: "squares" },
  { key: "irof", title: "Segments (IROF)", parts: "segments" },
];

/** Every measurement of a picture's map under every baseline, beside moved maps. */
export class GbPictureEvidence extends GbElement {
  static override properties = { run: { attribute: false }, version: { attribute: false }, label: {}, input: {}, row: { attribute: false }, mask: { attribute: false } };
  declare run: Run | undefined;
  declare version: number;
  declare label: string;
  declare input: string;
  declare row: number;
  /** Where somebody says the object is. */
  declare mask: ObjectMask | undefined;

  protected override render(): TemplateResult {
    const evidence = pictureOf(this.run?.result);
    return html`${this.object(evidence?.localisation)}${this.measured(evidence)}`;
  }

  private measured(evidence: PictureEvidence | undefined): TemplateResult {
    if (!evidence) return html`<div class="card card-body gb-measure gb-measure-wait"><p class="muted">${this.run?.error ?? (this.run?.result ? "Nothing was measured under several baselines for this map." : "What was measured under each baseline appears with the map.")}</p></div>`;
    const { under } = evidence;
    return html`${FLIPPED.map((one) => this.flipped(evidence, one.key, one.title, one.parts))}
      <div class="gb-measures">
        ${setSizes(under).map((size) => this.lines(evidence, "sensitivity_n", `Sensitivity-n, ${integer(size)} pixels`, "Random sets: does the sum of their attribution go with what taking them away does? Near 1 is better.", linesOf(under, (u) => u.sensitivity_n.find((at) => at.size === size)?.correlation), size !== setSizes(under)[Math.floor(setSizes(under).length / 2)]))}
        ${this.lines(evidence, "faithfulness_correlation", "Faithfulness correlation", "The same over sets of a third of the pixels. Near 1 is better.", linesOf(under, (u) => u.faithfulness_correlation))}
        ${this.estimate(under)}
        ${this.lines(evidence, "road", "ROAD", "The least relevant pixels removed, against the most relevant, each filled in from around so that the hole tells nothing. Larger is better.", evidence.road.map((at) => ({ name: `${Math.round(at.fraction * 100)} % removed`, score: at.gap })))}
        ${this.alone(evidence)}
      </div>
      <p class="muted small gb-among-key"><i class="gb-among" aria-hidden="true"><i class="gb-among-band" ${vars({ "--from": "20%", "--to": "65%" })}></i><i class="gb-among-middle" ${vars({ "--at": "45%" })}></i><i class="gb-among-dot" ${vars({ "--at": "88%" })}></i></i>Bar: from the lowest to the highest of the moved maps (the same map rolled and mirrored), with their median. Dot: this map; open unless it beats nine in ten of them.</p>`;
  }

  private chip(evidence: PictureEvidence, measurement: string): TemplateResult | typeof nothing {
    const said = verdict(evidence.claims, measurement);
    return said ? html`<span class="chip ${said[1]}">${said[0]}</span>` : nothing;
  }

  private flipped(evidence: PictureEvidence, key: (typeof FLIPPED)[number]["key"], title: string, parts: string): TemplateResult | typeof nothing {
    const measured = evidence.under.flatMap((u) => { const found = u[key]; return found ? [[u.baseline, found] as const] : []; });
    if (measured.length === 0) return nothing;
    const places = strips(measured.map(([, found]) => found.gap));
    const all = measured.flatMap(([, found]) => [...found.morf, ...found.lerf]);
    const span: readonly [number, number] = [Math.min(0, ...all), Math.max(0, ...all)];
    return html`<section class="card card-body gb-measure" data-measure=${key}><h2>${title} <span aria-label="a larger area is better">↑</span> ${this.chip(evidence, key)}</h2>
      <p class="small muted">${this.label} as ${parts} are exchanged: highest attribution first (solid) should fall sooner than lowest first (dashed). The figure is the area between; larger is better.</p>
      <div class="gb-flips">${measured.map(([name, found], i) => html`<div class="gb-flip-one"><h3>${name}</h3><p class="gb-flip-figure">${this.figure(found.gap)}</p>
        <gb-flip-plot label=${`${title}, ${name}`} .flipped=${found} .span=${span}></gb-flip-plot>${this.strip(found.gap, places[i])}<p class="muted xs">${beside(found.gap)}</p></div>`)}</div></section>`;
  }

  private figure(score: Scored): TemplateResult {
    return html`<b class="num ${standsOut(score) || score.random.length === 0 ? "" : "gb-among-others"}">${value(score.value, 3)}</b> <span class="muted xs">${score.value === null ? "nothing varies" : score.random.length ? `beats ${score.beaten} of ${score.random.length}` : ""}</span>`;
  }

  private strip(score: Scored, place: Strip | undefined): TemplateResult | typeof nothing {
    if (!place) return nothing;
    const share = (v: number): string => `${(v * 100).toFixed(1)}%`;
    return html`<i class="gb-among" aria-hidden="true"><i class="gb-among-band" ${vars({ "--from": share(place.low), "--to": share(place.high) })}></i><i class="gb-among-middle" ${vars({ "--at": share(place.median) })}></i><i class="gb-among-dot" ?data-open=${!standsOut(score)} ${vars({ "--at": share(place.at) })}></i></i>`;
  }

  private lines(evidence: PictureEvidence, measurement: string, title: string, means: string, lines: readonly Line[], silent = false): TemplateResult | typeof nothing {
    if (lines.length === 0) return nothing;
    return html`<section class="card card-body gb-measure" data-measure=${measurement}><h2>${title} <span aria-label="higher is better">↑</span> ${silent ? nothing : this.chip(evidence, measurement)}</h2><p class="small muted">${means}</p>${this.table(title, lines)}</section>`;
  }

  private table(title: string, lines: readonly Line[], means?: readonly string[]): TemplateResult {
    const places = means ? lines.map((line) => strips([line.score])[0]) : strips(lines.map((line) => line.score));
    return html`<table class="gb-lines"><caption class="sr-only">${title}: value, and the moved maps beside it</caption><tbody>${lines.map(({ name, score }, i) => html`<tr>
      <th scope="row">${name}${means?.[i] ? html`<br><span class="muted xs">${means[i]}</span>` : nothing}</th><td class="gb-among-cell" title=${beside(score)}>${this.strip(score, places[i])}<span class="sr-only">${beside(score)}</span></td>
      <td class="gb-line-figure">${this.figure(score)}</td></tr>`)}</tbody></table>`;
  }

  private estimate(under: readonly Under[]): TemplateResult | typeof nothing {
    const measured = under.filter((u) => typeof u.faithfulness_estimate === "number");
    if (measured.length === 0) return nothing;
    return html`<section class="card card-body gb-measure" data-measure="faithfulness_estimate"><h2>Faithfulness estimate <span aria-label="higher is better">↑</span></h2><p class="small muted">Groups of pixels by falling attribution, each taken away alone. Near 1 is better; moved maps were not tried.</p>
      ${this.table("Faithfulness estimate", measured.map((u) => ({ name: u.baseline, score: { value: u.faithfulness_estimate ?? null, inverted: null, random: [], beaten: 0 } })))}</section>`;
  }

  private object(found: Localised | null | undefined): TemplateResult {
    const lines = found ? localisationLines(found) : [];
    return html`<section class="card card-body gb-measure" data-measure="localisation"><h2>Inside the object${found ? html` <span aria-label="higher is better">↑</span>` : nothing}</h2>
      <gb-object-mask input=${this.input} .row=${this.row} .mask=${this.mask}></gb-object-mask>
      ${found ? html`<p class="small muted">At the model's size the mask has ${integer(found.inside)} pixels. Higher is better, but a map beside the object can be right about the model.</p>${this.table("Inside the object", lines.map(([name, score]) => ({ name, score })), lines.map(([, , means]) => means))}` : nothing}</section>`;
  }

  private alone(evidence: PictureEvidence): TemplateResult {
    return html`<section class="card card-body gb-measure" data-measure="alone"><h2>Of the map alone</h2><p class="small muted">These describe; they do not judge.</p><table class="gb-lines"><caption class="sr-only">Figures of the map alone</caption><tbody>
      <tr><th scope="row">Sparseness<br><span class="muted xs">Gini index of the sizes: near 1 where few pixels have all</span></th><td class="num"><b>${value(evidence.sparseness, 2)}</b></td></tr>
      <tr><th scope="row">Complexity<br><span class="muted xs">entropy of the sizes, at most ${value(Math.log(evidence.parts), 2)}</span></th><td class="num"><b>${value(evidence.complexity, 3)}</b></td></tr>
      <tr><th scope="row">Effective complexity<br><span class="muted xs">pixels that take part, of ${integer(evidence.parts)}</span></th><td class="num"><b>${integer(evidence.effective_complexity)}</b></td></tr></tbody></table></section>`;
  }
}
define("gb-picture-evidence", GbPictureEvidence);
