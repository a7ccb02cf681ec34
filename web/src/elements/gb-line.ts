import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { board } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";
import { clockTime, duration, integer, value } from "../lib/format.ts";
import { aborted, sentence } from "../lib/http.ts";
import { LinePlot, type Scene } from "../lib/line-plot.ts";
import { onLive } from "../lib/live.ts";
import { onTheme } from "../lib/palette.ts";
import { say } from "../lib/say.ts";
import { address, fetchScalars, nearest, type Ask, type Series } from "../lib/scalars.ts";
import { hideTip, showTip } from "../lib/tooltip.ts";

const TABLE_ROWS = 300;
const charts = new Set<GbLine>();

/** One chart: one tag, the shown runs. Drawn when it comes into view, refined when zoomed. */
class GbLine extends GbElement {
  private readonly tag = this.dataset["tag"] ?? "";
  private readonly caption = this.dataset["caption"] ?? "";
  private series: readonly Series[] = [];
  private plot: LinePlot | undefined;
  private made = "";
  private asked = "";
  private visible = false;
  private busy = false;
  private error: string | undefined;
  private table = false;
  private flight: AbortController | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;
  private pinned: number | null = null;

  override connectedCallback(): void {
    this.replaceChildren();
    super.connectedCallback();
    charts.add(this);
    board.watch(() => { this.requestUpdate(); this.refresh(); this.repaint(); });
    onTheme(() => this.plot?.redraw());
    onLive("points", (event) => {
      if (event.experiment === board.experiment && (event.tags.length === 0 || event.tags.includes(this.tag))) this.live();
    });
    onLive("resync", () => this.live());
    new IntersectionObserver((entries) => {
      this.visible = entries.some((entry) => entry.isIntersecting);
      if (this.visible) this.refresh();
    }, { rootMargin: "160px" }).observe(this);
    new ResizeObserver(() => this.plot?.resize()).observe(this);
  }

  private get log(): boolean {
    return board.state.values.log.includes(this.tag);
  }

  private get full(): boolean {
    return board.state.values.full === this.tag;
  }

  private get ask(): Ask {
    const { x, z, s } = board.state.values;
    const here = new Set(board.tags.find((tag) => tag.tag === this.tag && tag.kind === "scalar")?.runs ?? []);
    const known = board.shown.filter((run) => here.has(run.id) || !board.tags.some((tag) => tag.runs.includes(run.id)));
    const width = this.plot?.columns ?? Math.max(100, this.clientWidth - 70);
    return { experiment: board.experiment, tag: this.tag, runs: known.map((run) => run.id), axis: x, window: z, columns: Math.min(4000, Math.round(width)), smoothing: s };
  }

  /** New points extend the view only when its right edge is the newest point. */
  private live(): void {
    const { z } = board.state.values;
    const newest = Math.max(...this.series.map((one) => one.x[one.x.length - 1] ?? -Infinity));
    if (z && z[1] < newest) return;
    if (this.due) return;
    this.due = setTimeout(() => { this.due = undefined; this.asked = ""; this.refresh(); }, 200);
  }

  private refresh(): void {
    if (!this.visible || this.hidden || !this.isConnected) return;
    const ask = this.ask;
    const key = JSON.stringify(ask);
    if (key === this.asked) return;
    this.asked = key;
    void this.load(ask);
  }

  private async load(ask: Ask): Promise<void> {
    this.flight?.abort();
    const flight = new AbortController();
    this.flight = flight;
    const slow = setTimeout(() => { this.busy = true; this.requestUpdate(); }, 150);
    try {
      this.series = ask.runs.length === 0 ? [] : await fetchScalars(ask, flight.signal);
      this.error = undefined;
      this.draw();
    } catch (error) {
      if (aborted(error)) return;
      this.error = sentence(error);
      this.asked = "";
    } finally {
      clearTimeout(slow);
      if (this.flight === flight) this.busy = false;
      this.requestUpdate();
    }
  }

  private get scene(): Scene {
    const { x, z, s, out } = board.state.values;
    const names = new Set(board.shown.map((run) => run.id));
    const lines = this.series
      .filter((series) => names.has(series.run))
      .map((series) => ({ series, slot: board.slot(series.run), hovered: board.hovered === series.run }));
    return { lines, smoothed: s > 0, log: this.log, axis: x, window: z, ignoreOutliers: out };
  }

  private draw(): void {
    // An element of its own: lit clears what follows its last part, and would take the canvas with it.
    const host = this.querySelector<HTMLElement>(".plot-host");
    if (!host || this.table) return;
    const scene = this.scene;
    const kind = `${scene.axis} ${scene.log}`;
    if (this.plot && this.made === kind) {
      this.plot.show(scene);
      return;
    }
    this.plot?.destroy();
    this.made = kind;
    this.plot = new LinePlot(host, scene, {
      cursor: (x, top) => this.pointed(x, top),
      zoom: (from, to, done) => board.state.set({ z: [from, to] }, done),
      reset: () => board.state.set({ z: null }, true),
    });
  }

  private repaint(): void {
    if (this.plot) this.draw();
  }

  /** The value of each line at `x`, highest first. */
  private valuesAt(x: number): { run: string; at: number; shown: number; raw: number; series: Series }[] {
    const { s } = board.state.values;
    return this.scene.lines
      .map(({ series }) => {
        const at = nearest(series.x, x);
        const raw = series.y[at] ?? Number.NaN;
        return { run: series.run, at, raw, shown: s > 0 ? (series.smooth[at] ?? raw) : raw, series };
      })
      .filter((one) => one.at >= 0)
      .sort((a, b) => b.shown - a.shown);
  }

  private pointed(x: number | null, top: number): void {
    this.placeCursor(x);
    for (const chart of charts) if (chart !== this && chart.visible && board.state.values.sync) chart.placeCursor(x);
    if (x === null) { hideTip(); board.hover(null); return; }
    const found = this.valuesAt(x);
    const plot = this.plot;
    if (!plot || found.length === 0) { hideTip(); return; }
    const near = found.reduce((best, one) => (Math.abs(plot.top(one.shown) - top) < Math.abs(plot.top(best.shown) - top) ? one : best));
    const place = plot.client(x, top);
    const { s } = board.state.values;
    showTip(
      this.headAt(near.series, near.at),
      found.map((one) => ({
        name: this.runName(one.run),
        value: s > 0 ? `${value(one.shown)}  (${value(one.raw)})` : value(one.raw),
        slot: board.slot(one.run),
        near: one === near,
      })),
      place.x,
      place.y,
    );
    board.hovered = near.run;
  }

  private runName(id: string): string {
    return board.runs.find((run) => run.id === id)?.name ?? id;
  }

  private headAt(series: Series, at: number): string {
    const step = `step ${integer(Number(series.step[at] ?? 0n))}`;
    switch (board.state.values.x) {
      case "wall": return `${clockTime(series.wall[at] ?? 0)}, ${step}`;
      case "relative": return `${duration(series.x[at] ?? 0)}, ${step}`;
      default: return step;
    }
  }

  placeCursor(x: number | null): void {
    this.plot?.cursor(x, x === null ? [] : this.valuesAt(x).filter((one) => Number.isFinite(one.shown)).slice(0, 36).map((one) => ({ value: one.shown, slot: board.slot(one.run) })));
  }

  private press(event: KeyboardEvent): void {
    const longest = this.scene.lines.reduce<Series | undefined>((best, line) => (line.series.x.length > (best?.x.length ?? 0) ? line.series : best), undefined);
    const plot = this.plot;
    const zoom = (by: number): void => {
      if (!plot) return;
      const [from, to] = plot.range;
      const middle = this.pinned ?? (from + to) / 2;
      board.state.set({ z: [middle - (middle - from) * by, middle + (to - middle) * by] }, true);
    };
    switch (event.key) {
      case "ArrowLeft":
      case "ArrowRight": {
        if (!longest) return;
        const by = (event.key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 10 : 1);
        const at = this.pinned === null ? 0 : Math.max(0, Math.min(longest.x.length - 1, nearest(longest.x, this.pinned) + by));
        this.pinned = longest.x[at] ?? 0;
        const found = this.valuesAt(this.pinned);
        const first = found[0];
        this.pointed(this.pinned, first && plot ? plot.top(first.shown) : 0);
        if (first) say(`${this.headAt(first.series, first.at)}: ${found.slice(0, 5).map((one) => `${this.runName(one.run)} ${value(one.shown)}`).join(", ")}`);
        break;
      }
      case "+": case "=": zoom(0.5); break;
      case "-": zoom(2); break;
      case "0": board.state.set({ z: null }, true); break;
      case "Escape": board.state.set({ z: null }, true); hideTip(); this.pinned = null; break;
      case "l": this.toggleLog(); break;
      case "f": this.toggleFull(); break;
      case "d": this.toggleTable(); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private toggleLog(): void {
    const { log } = board.state.values;
    board.state.set({ log: this.log ? log.filter((tag) => tag !== this.tag) : [...log, this.tag].sort() }, true);
  }

  private toggleFull(): void {
    board.state.set({ full: this.full ? "" : this.tag }, true);
  }

  private toggleTable(): void {
    this.table = !this.table;
    this.plot?.destroy();
    this.plot = undefined;
    this.made = "";
    this.requestUpdate();
    void this.updateComplete.then(() => this.draw());
  }

  protected override updated(_changed: PropertyValues): void {
    this.toggleAttribute("data-full", this.full);
    if (!this.plot && this.series.length > 0) this.draw();
  }

  private tool(icon: string, name: string, on: boolean, action: () => void): TemplateResult {
    return html`<button class="icon-btn chart-tool" type="button" title=${name} aria-label=${`${name}, ${this.tag}`} aria-pressed=${on} @click=${action}><svg class="icon icon-s" aria-hidden="true"><use href="#i-${icon}"></use></svg></button>`;
  }

  private rows(): TemplateResult {
    const { s } = board.state.values;
    const rows: TemplateResult[] = [];
    for (const { series } of this.scene.lines) {
      for (let i = 0; i < series.x.length && rows.length < TABLE_ROWS; i += 1) {
        rows.push(html`<tr><td class="mono">${this.runName(series.run)}</td><td class="num">${integer(Number(series.step[i] ?? 0n))}</td><td class="num">${value(series.y[i])}</td>${s > 0 ? html`<td class="num">${value(series.smooth[i])}</td>` : nothing}</tr>`);
      }
    }
    return html`<div class="table-wrap chart-table" tabindex="0" role="region" aria-label=${`Data of ${this.tag}`}><table class="table">
      <thead><tr><th scope="col">Run</th><th scope="col" class="num">Step</th><th scope="col" class="num">Value</th>${s > 0 ? html`<th scope="col" class="num">Smoothed</th>` : nothing}</tr></thead>
      <tbody>${rows}</tbody></table>${rows.length === TABLE_ROWS ? html`<p class="card-body muted small">The first ${TABLE_ROWS} rows; the CSV has every point.</p>` : nothing}</div>`;
  }

  protected override render(): TemplateResult {
    return html`<figure tabindex="0" aria-label=${this.caption} @keydown=${(e: KeyboardEvent) => this.press(e)} @blur=${() => { this.pinned = null; hideTip(); this.placeCursor(null); }}>
      <div class="card-head"><span class="card-title mono ellipsis" title=${this.tag}>${this.tag}</span>
        <div class="chart-tools">
          ${this.tool("log", "Logarithmic y", this.log, () => this.toggleLog())}
          ${this.tool("table", "Data table", this.table, () => this.toggleTable())}
          <a class="icon-btn chart-tool" title="CSV of every point" aria-label=${`CSV of every point, ${this.tag}`} href=${address(this.ask, "csv")} download><svg class="icon icon-s" aria-hidden="true"><use href="#i-download"></use></svg></a>
          ${this.tool("expand", "Full width", this.full, () => this.toggleFull())}
        </div></div>
      ${this.table ? this.rows() : html`<div class="plot"><div class="plot-host"></div>${this.busy ? html`<div class="busy"></div>` : nothing}${this.error ? html`<p class="chart-note bad">${this.error}</p>` : this.series.length === 0 && !this.busy && this.asked ? html`<p class="chart-note muted">No shown run has this tag.</p>` : nothing}</div>`}
      <figcaption class="sr-only">${this.caption}</figcaption>
    </figure>`;
  }
}
define("gb-line", GbLine);
