import { html, nothing, render, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { timeAxis } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { chartOf, fetchLines, fetchMargins, marginsAddress, onLayout, runsOf, tagsOf, type Chart, type Margin } from "../lib/custom.ts";
import { define } from "../lib/element.ts";
import { clockTime, duration, integer, value } from "../lib/format.ts";
import { DASHES, paint } from "../lib/palette.ts";
import { openPopover } from "../lib/popover.ts";
import { nearest, type Series } from "../lib/scalars.ts";
import { hideTip, showTip } from "../lib/tooltip.ts";
import { XyCard } from "../lib/xy-card.ts";
import { extent, type Dot, type XyHooks, type XyLine, type XyScene } from "../lib/xy-plot.ts";

/** Tags of one chart; an expression that matches more is too wide for one picture. */
const MOST_TAGS = 24;
/** Lines up to which each has a dot under the cursor. */
const FEW = 36;

/** What is drawn of a run and a tag. */
interface Drawn {
  readonly run: string;
  readonly tag: string;
  readonly place: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly raw: Float64Array;
  readonly step: Float64Array;
  readonly margin: Margin | undefined;
}

/** One chart of a layout: lines of the tags its expressions match, or values inside bands. */
class GbCustomChart extends XyCard {
  private readonly id_ = this.dataset["tag"] ?? "";
  private lines: readonly Series[] = [];
  private margins: readonly Margin[] = [];
  private ending: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.ending = onLayout(() => this.changed(true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.ending?.();
  }

  private get chart(): Chart | undefined {
    return chartOf(this.id_);
  }

  private get shownTags(): readonly string[] {
    return (this.chart?.tags ?? []).slice(0, MOST_TAGS);
  }

  protected override get label(): string {
    return this.chart?.title || "untitled chart";
  }

  protected override get place(): string {
    return this.id_;
  }

  protected override get tags(): readonly string[] {
    return tagsOf(this.chart);
  }

  private get logarithmic(): boolean {
    return board.state.values.log.includes(this.id_);
  }

  protected override question(): string {
    const { z, s, seg } = board.state.values;
    const columns = this.plot?.columns ?? Math.max(100, this.clientWidth - 70);
    return JSON.stringify([this.tags.map((tag) => [tag, runsOf(tag)]), timeAxis(), z, this.chart?.kind === "lines" ? s : 0, seg, columns]);
  }

  protected override async load(signal: AbortSignal): Promise<void> {
    const columns = this.plot?.columns ?? Math.max(100, this.clientWidth - 70);
    const { chart } = this;
    if (chart?.kind === "margins") this.margins = (await Promise.all((chart.series ?? []).map((three) => fetchMargins(three, columns, signal)))).flat();
    else this.lines = await fetchLines(this.shownTags, columns, signal);
  }

  private get marks(): Drawn[] {
    const shown = new Set(board.shown.map((run) => run.id));
    if (this.chart?.kind === "margins") {
      const values = [...new Set((this.chart.series ?? []).map((three) => three.value))];
      return this.margins.filter((one) => shown.has(one.run)).map((margin) => ({ run: margin.run, tag: margin.value, place: values.indexOf(margin.value), x: margin.x, y: margin.y, raw: margin.y, step: margin.step, margin }));
    }
    const smoothed = board.state.values.s > 0;
    const tags = this.shownTags;
    return this.lines.filter((one) => shown.has(one.run)).map((one) => ({ run: one.run, tag: one.tag, place: Math.max(0, tags.indexOf(one.tag)), x: one.x, y: smoothed ? one.smooth : one.y, raw: one.y, step: one.step, margin: undefined }));
  }

  protected override scene(): XyScene | undefined {
    const all = this.marks;
    if (all.length === 0) return undefined;
    const { z, s, out } = board.state.values;
    const log = this.logarithmic;
    const colour = (one: Drawn): string => paint(board.slot(one.run));
    const dash = (one: Drawn): readonly number[] => DASHES[((board.slot(one.run)?.dash ?? 0) + one.place) % DASHES.length] ?? [];
    const line = (one: Drawn): XyLine => ({ name: one.run, x: one.x, y: one.y, colour: colour(one), width: one.margin ? 1.75 : 1.5, dash: dash(one) });
    const faint = s > 0 && all.length <= 60 ? all.filter((one) => !one.margin).map((one): XyLine => ({ name: one.run, x: one.x, y: one.raw, colour: colour(one), width: 1, alpha: 0.16, lights: false, dash: dash(one) })) : [];
    const columns = all.flatMap((one) => [one.y, ...(faint.length > 0 ? [one.raw] : []), ...(one.margin ? [one.margin.low, one.margin.high] : [])]);
    return {
      axis: timeAxis(),
      log,
      x: z ?? extent(all.map((one) => one.x), false, 0),
      y: extent(out ? columns.map(inner) : columns, log, 0.06),
      bands: all.flatMap((one) => (one.margin ? [{ x: one.x, low: one.margin.low, high: one.margin.high, colour: colour(one), alpha: 0.2 }] : [])),
      lines: [...faint, ...all.map(line)],
      faults: this.lines.flatMap((one) => one.nonfinite.map(({ x }) => ({ x, colour: paint(board.slot(one.run)) }))),
    };
  }

  protected override hooks(): XyHooks {
    return {
      cursor: (at) => {
        if (at) this.point(at.x, at.top);
        else if (this.key === null) { board.hover(null); this.rest(); }
      },
      zoom: (from, to) => board.state.set({ z: [from, to] }, true),
      reset: () => board.state.set({ z: null }, true),
    };
  }

  protected override places(): ArrayLike<number> {
    return this.marks.reduce<ArrayLike<number>>((best, one) => (one.x.length > best.length ? one.x : best), []);
  }

  private name(one: Drawn, several: boolean): string {
    const run = board.runs.find((run) => run.id === one.run)?.name ?? one.run;
    return several ? `${run} · ${one.tag}` : run;
  }

  protected override point(x: number, top?: number): string {
    const { plot } = this;
    const drawn = this.marks;
    const several = new Set(drawn.map((one) => one.tag)).size > 1;
    const found = drawn.map((one) => ({ one, at: nearest(one.x, x, true) })).filter(({ at }) => at >= 0)
      .sort((a, b) => (b.one.y[b.at] ?? -Infinity) - (a.one.y[a.at] ?? -Infinity));
    if (!plot || found.length === 0) { hideTip(); return ""; }
    const place = top ?? plot.top(found[0]?.one.y[found[0].at] ?? 0);
    const far = ({ one, at }: { one: Drawn; at: number }): number => Math.abs(plot.top(one.y[at] ?? Number.NaN) - place);
    const near = found.reduce((best, one) => (far(one) < far(best) ? one : best));
    const { s } = board.state.values;
    const rows = found.map(({ one, at }) => {
      const now = value(one.y[at]);
      const more = one.margin ? `  ${value(one.margin.low[at])} to ${value(one.margin.high[at])}` : s > 0 ? `  (${value(one.raw[at])})` : "";
      return { name: this.name(one, several), value: now + more, slot: board.slot(one.run), near: one === near.one };
    });
    const here = near.one.x[near.at] ?? 0;
    const step = `step ${integer(near.one.step[near.at] ?? 0)}`;
    const axis = timeAxis();
    const head = axis === "step" ? step : `${axis === "wall" ? clockTime(here) : duration(here)}, ${step}`;
    const client = plot.client(plot.left(here), place);
    showTip(head, rows, client.x, client.y, board.state.values.tn);
    const dots = found.length > FEW ? [] : found.map(({ one, at }): Dot => ({ x: one.x[at] ?? 0, y: one.y[at] ?? Number.NaN, colour: paint(board.slot(one.run)) }));
    plot.cursor(here, dots);
    board.hovered = near.one.run;
    plot.highlight(near.one.run);
    return `${head}: ${rows.slice(0, 5).map((row) => `${row.name} ${row.value}`).join(", ")}`;
  }

  /** Files of every point: one a tag, or one a band. */
  private files(event: Event): void {
    const { chart } = this;
    if (!chart) return;
    const place = `/experiments/${encodeURIComponent(board.experiment)}`;
    const all = chart.kind === "margins"
      ? (chart.series ?? []).map((three) => ({ name: three.value, href: marginsAddress(three, runsOf(three.value), { format: "csv" }) }))
      : this.shownTags.map((tag) => ({ name: tag, href: api(`${place}/export`, { tag, runs: runsOf(tag).join(","), format: "csv" }) }));
    openPopover(event.currentTarget as HTMLElement, `CSV of ${this.label}`, "menu", (panel, close) => {
      render(html`<h3>Every point as CSV</h3>${all.map(({ name, href }) => html`<a href=${href} download @click=${() => setTimeout(close)}><span class="mono ellipsis">${name}</span><span class="muted">shown runs</span></a>`)}`, panel);
    });
  }

  private legend(): TemplateResult | typeof nothing {
    const { chart } = this;
    const tags = chart?.kind === "margins" ? [...new Set((chart.series ?? []).map((three) => three.value))] : this.shownTags;
    if (!chart || tags.length === 0) return nothing;
    const mark = (i: number): TemplateResult => html`<svg class="dash" viewBox="0 0 18 4" aria-hidden="true"><path class="dash-${i % 6}" d="M0 2h18"></path></svg>`;
    const borders = (tag: string): string => {
      const three = chart.series?.find((one) => one.value === tag);
      return three ? `within ${three.lower} and ${three.upper}` : "";
    };
    const more = (chart.tags?.length ?? 0) - tags.length;
    return html`<div class="chart-legend">${tags.map((tag, i) => html`<span>${mark(i)}<span class="mono">${tag}</span>${borders(tag) ? html`<span class="muted">${borders(tag)}</span>` : nothing}</span>`)}${more > 0 ? html`<span class="muted">and ${more} more tags</span>` : nothing}</div>`;
  }

  private problems(): readonly string[] {
    const bare = this.margins.filter((one) => one.bare > 0 && board.shown.some((run) => run.id === one.run));
    return [...(this.chart?.problems ?? []), ...bare.map((one) => {
      const run = board.runs.find((run) => run.id === one.run)?.name ?? one.run;
      return `${run}: ${integer(one.bare)} ${one.bare === 1 ? "step" : "steps"} of ${one.value} without both borders of its band.`;
    })];
  }

  protected override render(): TemplateResult {
    const problems = this.problems();
    const log = this.logarithmic;
    return html`<figure tabindex="0" aria-label=${`${this.label}: ${this.tags.join(", ")}`} @keydown=${(e: KeyboardEvent) => { if (e.key === "l" && e.target === e.currentTarget) board.flip("log", this.id_); else this.press(e); }} @blur=${() => this.rest()}>
      <div class="card-head"><span class="card-title ellipsis" title=${this.label}>${this.label}</span><span class="grow"></span>
        <div class="chart-tools">${this.tool("log", "Logarithmic y", null, () => board.flip("log", this.id_), log)}${this.tags.length > 0 ? this.tool("download", "CSV", null, (e) => this.files(e)) : nothing}${this.expand()}</div></div>
      ${this.legend()}
      ${problems.slice(0, 3).map((problem) => html`<p class="chart-problem"><svg class="icon icon-s" aria-hidden="true"><use href="#i-warn"></use></svg><span>${problem}</span></p>`)}${problems.length > 3 ? html`<p class="chart-problem" title=${problems.slice(3, 30).join("\n")}>and ${problems.length - 3} more</p>` : nothing}
      ${this.tags.length === 0 ? nothing : this.body("No shown run has these tags.")}
    </figure>`;
  }
}

/** Without the outer twentieth at either end, as Scalars leaves out. */
function inner(column: Float64Array): Float64Array {
  const sorted = column.filter(Number.isFinite).sort();
  return sorted.length > 20 ? sorted.slice(Math.floor(sorted.length * 0.05), Math.ceil(sorted.length * 0.95)) : sorted;
}

define("gb-custom-chart", GbCustomChart);
