import { html, nothing, type TemplateResult } from "lit";
import { timeAxis } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { along, distributionsAddress, fetchDistribution, type Distribution } from "../lib/distributions.ts";
import { define } from "../lib/element.ts";
import { clockTime, duration, integer, value } from "../lib/format.ts";
import { paint } from "../lib/palette.ts";
import { hideTip, showTip } from "../lib/tooltip.ts";
import { XyCard } from "../lib/xy-card.ts";
import { extent, nearestIn, type XyHooks, type XyScene } from "../lib/xy-plot.ts";

/** Of nine percentiles the pairs about the median, widest first, and how strong what they add is. */
const PAIRS = [[0, 8, 0.1], [1, 7, 0.14], [2, 6, 0.18], [3, 5, 0.24]] as const;
const MEDIAN = 4;

/** Percentiles of one tag of one run over its steps, as bands about the median. */
class GbDistribution extends XyCard {
  static override properties = { tag: {}, run: {} };
  declare tag: string;
  declare run: string;
  private found: Distribution | undefined;
  private x: Float64Array = new Float64Array();

  private get name(): string {
    return board.runs.find((run) => run.id === this.run)?.name ?? this.run;
  }

  protected override get label(): string {
    return `${this.tag} of ${this.name}`;
  }

  protected override get place(): string {
    return `${this.run}:${this.tag}`;
  }

  protected override get tags(): readonly string[] {
    return [this.tag];
  }

  protected override question(): string {
    return `${this.run}\n${this.tag}`;
  }

  protected override async load(signal: AbortSignal): Promise<void> {
    this.found = await fetchDistribution(board.experiment, this.tag, this.run, signal);
  }

  protected override scene(): XyScene | undefined {
    const { found } = this;
    if (!found || found.step.length === 0) return undefined;
    const axis = timeAxis();
    const { z } = board.state.values;
    this.x = along(axis, found.step, found.wall);
    const colour = paint(board.slot(this.run));
    const { x } = this;
    const column = (i: number): Float64Array => found.values[i] ?? new Float64Array();
    const edge = { x, colour, name: this.run, width: 1, alpha: 0.35, lights: false };
    return {
      axis,
      log: false,
      x: z ?? extent([x], false, 0),
      y: extent(z ? [column(0), column(8)].map((all) => all.filter((_, i) => (x[i] ?? 0) >= z[0] && (x[i] ?? 0) <= z[1])) : [column(0), column(8)], false, 0.06),
      bands: PAIRS.map(([low, high, alpha]) => ({ x, low: column(low), high: column(high), colour, alpha })),
      lines: [{ ...edge, y: column(0) }, { ...edge, y: column(8) }, { name: this.run, x, y: column(MEDIAN), colour, width: 1.75 }],
    };
  }

  protected override hooks(): XyHooks {
    return {
      cursor: (at) => {
        if (at) this.point(at.x, at.top);
        else if (this.key === null) this.rest();
      },
      zoom: (from, to) => board.state.set({ z: [from, to] }, true),
      reset: () => board.state.set({ z: null }, true),
    };
  }

  protected override places(): ArrayLike<number> {
    return this.x;
  }

  protected override point(at: number, top = 40): string {
    const { found, plot } = this;
    const i = nearestIn(this.x, at);
    if (!found || !plot || i < 0) { hideTip(); return ""; }
    const x = this.x[i] ?? 0;
    const slot = board.slot(this.run);
    const step = `step ${integer(found.step[i] ?? 0)}`;
    const axis = timeAxis();
    const head = axis === "step" ? step : `${axis === "wall" ? clockTime(x) : duration(x)}, ${step}`;
    const rows = found.percents.map((percent, k) => ({ name: percentName(percent), value: value(found.values[k]?.[i]), slot, near: k === MEDIAN })).reverse();
    const place = plot.client(plot.left(x), top);
    showTip(head, rows, place.x, place.y);
    plot.cursor(x, [{ x, y: found.values[MEDIAN]?.[i] ?? Number.NaN, colour: paint(slot) }]);
    return `${head}: ${rows.map((row) => `${row.name} ${row.value}`).join(", ")}`;
  }

  protected override render(): TemplateResult {
    const { found } = this;
    const slot = board.slot(this.run);
    const last = (found?.step.length ?? 0) - 1;
    const fewer = found && found.total > found.step.length ? `, ${integer(found.step.length)} of ${integer(found.total)} steps` : "";
    const now = found && last >= 0 ? `step ${integer(found.step[last] ?? 0)}: median ${value(found.values[MEDIAN]?.[last])}, from ${value(found.values[0]?.[last])} to ${value(found.values[8]?.[last])}${fewer}` : "";
    return html`<figure tabindex="0" aria-label=${`${this.label}, ${now}`} @keydown=${(e: KeyboardEvent) => this.press(e)} @blur=${() => this.rest()}>
      <div class="card-head"><span class="card-title mono ellipsis" title=${this.tag}>${this.tag}</span>
        <span class="card-run"><span class="run-swatch" data-slot=${slot?.colour ?? nothing} data-dash=${slot?.dash ?? nothing}></span><span class="mono muted ellipsis" title=${this.name}>${this.name}</span></span>
        <div class="chart-tools">${this.tool("download", "CSV", distributionsAddress(board.experiment, this.tag, this.run, { max: 5000, format: "csv" }))}${this.expand()}</div></div>
      ${this.body("No distribution was logged.")}
      <figcaption class="chart-caption">${now || "\u00a0"}</figcaption></figure>`;
  }
}

function percentName(percent: number): string {
  return percent === 0 ? "smallest" : percent === 50 ? "median" : percent === 100 ? "largest" : `${percent} %`;
}

define("gb-distribution", GbDistribution);
