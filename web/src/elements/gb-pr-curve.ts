import { html, nothing, type TemplateResult } from "lit";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { DASHES, paint, token } from "../lib/palette.ts";
import { chosenStep, curvesAddress, fetchCurves, prState, stepWords, type PrCurve } from "../lib/pr-curves.ts";
import { hideTip, showTipTable } from "../lib/tooltip.ts";
import { XyCard } from "../lib/xy-card.ts";
import { type XyHooks, type XyLine, type XyScene } from "../lib/xy-plot.ts";

/** Curves of one picture. */
const MOST = 100;
const HEADS = ["Threshold", "Precision", "Recall", "TP", "FP", "TN", "FN"];

/** Precision over recall of one tag: a curve a shown run, each at its step. */
class GbPrCurve extends XyCard {
  private readonly tag = this.dataset["tag"] ?? "";
  private curves: readonly PrCurve[] = [];
  private ending: (() => void) | undefined;
  /** Shown runs that are too many for the picture. */
  private left = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.ending = prState.watch(() => this.changed(true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.ending?.();
  }

  protected override get label(): string {
    return this.tag;
  }

  protected override get place(): string {
    return `pr:${this.tag}`;
  }

  protected override get tags(): readonly string[] {
    return [this.tag];
  }

  private get runs(): readonly string[] {
    const having = new Set(board.tags.find((tag) => tag.tag === this.tag && tag.kind === "pr_curve")?.runs);
    const all = board.shown.filter((run) => having.has(run.id)).map((run) => run.id);
    this.left = Math.max(0, all.length - MOST);
    return all.slice(0, MOST);
  }

  protected override question(): string {
    return this.runs.map((run) => `${run}@${chosenStep(run) ?? ""}`).join();
  }

  protected override async load(signal: AbortSignal): Promise<void> {
    const { runs } = this;
    this.curves = runs.length === 0 ? [] : await fetchCurves(this.tag, runs, runs.map(chosenStep), signal);
  }

  protected override scene(): XyScene | undefined {
    const shown = new Set(this.runs);
    const curves = this.curves.filter((one) => shown.has(one.run));
    if (curves.length === 0) return undefined;
    const lines = curves.map((one): XyLine => {
      const slot = board.slot(one.run);
      return { name: one.run, x: one.recall, y: one.precision, colour: paint(slot), width: 1.75, dash: DASHES[slot?.dash ?? 0] ?? [] };
    });
    return { axis: "plain", log: false, x: [0, 1.005], y: [0, 1.02], bands: [], lines, names: ["Recall", "Precision"] };
  }

  protected override hooks(): XyHooks {
    return {
      cursor: (at) => {
        if (at) this.near(at.left, at.top);
        else if (this.key === null) { board.hover(null); this.rest(); }
      },
    };
  }

  /** Places of the keyboard are thresholds: the index of each. */
  protected override places(): ArrayLike<number> {
    return Array.from({ length: Math.max(0, ...this.curves.map((one) => one.thresholds.length)) }, (_, i) => i);
  }

  protected override point(index: number): string {
    const { plot } = this;
    const found = this.curves.filter((one) => index < one.thresholds.length).map((curve) => ({ curve, i: index }));
    const first = found[0];
    if (!plot || !first) return "";
    return this.tell(found, first, plot.top(first.curve.precision[index] ?? 0));
  }

  /** The point of each curve that is nearest to the pointer. */
  private near(left: number, top: number): void {
    const { plot } = this;
    if (!plot || this.curves.length === 0) return hideTip();
    const shown = new Set(this.runs);
    const found = this.curves.filter((one) => shown.has(one.run) && one.thresholds.length > 0).map((curve) => {
      let [i, far] = [0, Infinity];
      for (let k = 0; k < curve.thresholds.length; k += 1) {
        const away = Math.hypot(plot.left(curve.recall[k] ?? 0) - left, plot.top(curve.precision[k] ?? 0) - top);
        if (away < far) [i, far] = [k, away];
      }
      return { curve, i, far };
    });
    const best = found.reduce<(typeof found)[number] | undefined>((a, b) => (a && a.far <= b.far ? a : b), undefined);
    if (!best) return hideTip();
    this.tell(found, best, top);
    board.hovered = best.curve.run;
    plot.highlight(best.curve.run);
  }

  private tell(found: readonly { curve: PrCurve; i: number }[], best: { curve: PrCurve; i: number }, top: number): string {
    const { plot } = this;
    if (!plot) return "";
    const rows = found.map(({ curve, i }) => ({
      name: this.name(curve.run),
      slot: board.slot(curve.run),
      near: curve === best.curve,
      cells: [value(curve.thresholds[i], 3), value(curve.precision[i]), value(curve.recall[i]), ...curve.counts.map((column) => integer(column[i] ?? 0))],
    }));
    const x = best.curve.recall[best.i] ?? 0;
    const place = plot.client(plot.left(x), top);
    showTipTable(this.tag, HEADS, rows, place.x, place.y);
    plot.cursor(x, found.map(({ curve, i }) => ({ x: curve.recall[i] ?? 0, y: curve.precision[i] ?? Number.NaN, colour: board.slot(curve.run) ? paint(board.slot(curve.run)) : token("--axis") })));
    return rows.slice(0, 5).map((row) => `${row.name}: ${row.cells.map((cell, k) => `${HEADS[k] ?? ""} ${cell}`).join(", ")}`).join("; ");
  }

  private name(run: string): string {
    return board.runs.find((one) => one.id === run)?.name ?? run;
  }

  protected override render(): TemplateResult {
    const { runs } = this;
    const curves = runs.flatMap((run) => this.curves.filter((one) => one.run === run));
    const csv = (all: boolean): string => curvesAddress(this.tag, runs, all ? null : curves.map((one) => one.step), "csv");
    const words = curves.map((one) => `${this.name(one.run)} ${value(one.area)}`).join(", ");
    return html`<figure tabindex="0" aria-label=${`Precision over recall, ${this.tag}; average precision ${words}`} @keydown=${(e: KeyboardEvent) => this.press(e)} @blur=${() => this.rest()}>
      <div class="card-head"><span class="card-title mono ellipsis" title=${this.tag}>${this.tag}</span><span class="grow"></span>
        <div class="chart-tools">${runs.length > 0 ? this.tool("download", "CSV of every step", csv(true)) : nothing}${this.expand()}</div></div>
      ${this.body("No shown run has this tag.")}
      ${runs.length > 0 ? html`<div class="table-wrap pr-legend" tabindex="0" role="region" aria-label=${`Legend of ${this.tag}`}><table class="table table-s"><caption class="sr-only">Runs of ${this.tag}</caption>
        <thead><tr><th scope="col">Run</th><th scope="col">Shown</th><th scope="col" class="num" title="Average precision: the area under the curve, computed from the logged thresholds">AP</th></tr></thead>
        <tbody>${runs.map((run) => {
          const one = curves.find((curve) => curve.run === run);
          return html`<tr @pointerenter=${() => board.hover(run)} @pointerleave=${() => board.hover(null)}>
            <td><span class="with-swatch"><span class="run-swatch" data-slot=${board.slot(run)?.colour ?? nothing} data-dash=${board.slot(run)?.dash ?? nothing}></span><span class="mono" title=${this.name(run)}>${this.name(run)}</span></span></td>
            <td class="nowrap">${one ? stepWords(one.step, one.wall, one.walls[0] ?? one.wall) : "…"}</td><td class="num">${one ? value(one.area) : "…"}</td></tr>`;
        })}</tbody></table></div>
        <figcaption class="chart-caption">AP: average precision, from the logged thresholds${this.left > 0 ? `; and ${this.left} more runs: narrow the list of runs to see them` : ""}</figcaption>` : nothing}
    </figure>`;
  }
}
define("gb-pr-curve", GbPrCurve);
