import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { board } from "../lib/board.ts";
import { MOST_TAGS, asksOf, axis, grouped, nameOf, runName, tagsOf, type Card } from "../lib/card.ts";
import { GbElement, define } from "../lib/element.ts";
import { aborted, sentence } from "../lib/http.ts";
import { headAt, lineName, valuesAt, written, type Found } from "../lib/chart-values.ts";
import { LinePlot, kindOf } from "../lib/line-plot.ts";
import { onLive } from "../lib/live.ts";
import { onTheme } from "../lib/palette.ts";
import type { Scene } from "../lib/plot-scale.ts";
import { say } from "../lib/say.ts";
import { SETTLE, scrolling } from "../lib/scrolling.ts";
import { fetchScalars, nearest, type Ask, type Series } from "../lib/scalars.ts";
import { faultWords, faultsOf, fetchStats, type Stats } from "../lib/stats.ts";
import { hideTip, showTip } from "../lib/tooltip.ts";

/** Lines up to which each has a dot under the cursor, and its data stays when it is out of sight. */
const FEW = 36;

const charts = new Set<GbLine>();
const sights = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (target instanceof GbLine) target.sight(isIntersecting);
}, { rootMargin: "160px" });
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target instanceof GbLine) target.resized();
});

type Tables = typeof import("./chart-tables.ts");

/** One chart: a tag, or the tags an expression matches, of the shown runs or their groups. */
class GbLine extends GbElement {
  private series: readonly Series[] = [];
  private faults: readonly Stats[] = [];
  private stats: readonly Stats[] | undefined;
  private plot: LinePlot | undefined;
  private made = "";
  private asked = "";
  private statsAsked = "";
  private drawnAt = -1;
  private fresh = 0;
  private visible = false;
  private seen = false;
  private busy = false;
  private error: string | undefined;
  private table = false;
  private tables: Tables | undefined;
  private flight: AbortController | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;
  private wait: ReturnType<typeof setTimeout> | undefined;
  /** Where the keyboard's cursor is. */
  private key: number | null = null;
  private pointer: number | null = null;
  private leave: (() => void)[] = [];

  override connectedCallback(): void {
    this.card = { tag: this.dataset["tag"] ?? "", match: this.dataset["match"] ?? "" };
    super.connectedCallback();
    charts.add(this);
    sights.observe(this);
    if (this.seen) this.listen();
  }

  private listen(): void {
    sizes.observe(this);
    this.leave = [
      board.watch(() => this.changed()),
      onTheme(() => this.plot?.redraw()),
      onLive("points", (event) => {
        if (event.experiment !== board.experiment) return;
        const mine = tagsOf(this.card);
        if (event.tags.length === 0 || event.tags.some((tag) => mine.includes(tag))) this.live();
      }),
      onLive("resync", () => this.live()),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    charts.delete(this);
    sights.unobserve(this);
    sizes.unobserve(this);
    for (const end of this.leave) end();
    this.leave = [];
    this.drop();
  }

  private card: Card = { tag: "", match: "" };

  private get title_(): string {
    return this.card.match || this.card.tag;
  }

  private get several(): boolean {
    return this.card.match !== "";
  }

  /** The title, told apart from that of the same card at its own place. */
  private get label(): string {
    return this.dataset["place"] === "pin" ? `${this.title_}, pinned` : this.title_;
  }

  private get log(): boolean {
    return board.state.values.log.includes(nameOf(this.card));
  }

  private get full(): boolean {
    return board.state.values.full === nameOf(this.card);
  }

  private get asks(): Ask[] {
    return asksOf(this.card, this.plot?.columns ?? Math.max(100, this.clientWidth - 70));
  }

  /** Until it is seen, a card is what the server wrote: of thousands, most never are. */
  protected override shouldUpdate(): boolean {
    return this.seen;
  }

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.replaceChildren();
  }

  resized(): void {
    this.plot?.resize();
  }

  sight(visible: boolean): void {
    this.visible = visible;
    if (visible && !this.seen) {
      this.seen = true;
      this.dataset["seen"] = "";
      this.listen();
      this.requestUpdate();
    }
    clearTimeout(this.wait);
    if (visible) {
      // A card that only comes by asks for nothing.
      if (!scrolling() || this.series.length > 0) this.changed();
      else this.settle();
    } else if (this.series.length > FEW) {
      // A thousand curves out of sight are forgotten; the place they have on the page stays.
      this.drop();
      this.series = [];
      this.asked = "";
    }
  }

  /** Few curves come soon; a thousand wait until the page is still. */
  private settle(): void {
    this.wait = setTimeout(() => {
      if (scrolling() && board.shown.length > FEW) this.settle();
      else this.changed();
    }, SETTLE);
  }

  private drop(): void {
    this.flight?.abort();
    this.plot?.destroy();
    this.plot = undefined;
    this.made = "";
  }

  private changed(): void {
    if (!this.visible || this.hidden || !this.isConnected) return;
    if (this.drawnAt !== board.version) {
      this.drawnAt = board.version;
      this.requestUpdate();
      this.refresh();
      this.draw();
      void this.refreshStats();
      this.rest();
    }
    this.plot?.highlight(board.hovered);
  }

  /** New points extend the view only when its right edge is the newest point. */
  private live(): void {
    const { z } = board.state.values;
    const newest = Math.max(...this.series.map((one) => one.x[one.x.length - 1] ?? -Infinity));
    if (z && z[1] < newest) return;
    this.due ??= setTimeout(() => {
      this.due = undefined;
      this.fresh += 1;
      this.asked = this.statsAsked = "";
      this.drawnAt = -1;
      this.changed();
    }, 200);
  }

  private refresh(): void {
    const asks = this.asks;
    const key = JSON.stringify(asks);
    if (key === this.asked) return;
    this.asked = key;
    void this.load(asks);
  }

  private async load(asks: readonly Ask[]): Promise<void> {
    this.flight?.abort();
    const flight = new AbortController();
    this.flight = flight;
    const slow = setTimeout(() => { this.busy = true; this.requestUpdate(); }, 150);
    try {
      this.series = (await Promise.all(asks.map((ask) => fetchScalars(ask, flight.signal)))).flat();
      this.error = undefined;
      this.draw();
      this.rest();
      void this.findFaults(asks);
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

  /** Where runs went wrong is asked for after the picture is there. */
  private async findFaults(asks: readonly Ask[]): Promise<void> {
    if (grouped()) { this.faults = []; return; }
    const wanted = this.asked;
    await new Promise((calm) => setTimeout(calm, 400));
    if (!this.visible || wanted !== this.asked) return;
    const found = (await Promise.all(asks.map((ask) => faultsOf(ask, this.fresh)))).flat();
    if (wanted !== this.asked || (found.length === 0 && this.faults.length === 0)) return;
    this.faults = found;
    this.draw();
    this.requestUpdate();
  }

  private async refreshStats(): Promise<void> {
    const { sel } = board.state.values;
    const key = sel && sel[0] < sel[1] ? JSON.stringify([sel, this.asks.map((ask) => [ask.tag, ask.runs, ask.axis, ask.metric, ask.superseded])]) : "";
    if (sel) this.tables ??= await import("./chart-tables.ts");
    if (key === this.statsAsked) { this.requestUpdate(); return; }
    this.statsAsked = key;
    if (!sel || key === "") this.stats = undefined;
    else {
      const found = await Promise.all(this.asks.map((ask) => fetchStats(ask, sel))).catch(() => []);
      if (key === this.statsAsked) this.stats = found.flat();
    }
    this.requestUpdate();
  }

  private get scene(): Scene {
    const { z, s, out, xl, mk, sel, band } = board.state.values;
    const names = new Set(board.shown.map((run) => run.id));
    const tags = tagsOf(this.card);
    const lines = this.series
      .filter((series) => series.band !== undefined || names.has(series.run))
      .map((series) => ({ series, slot: board.slot(series.run), dash: this.card.match ? Math.max(0, tags.indexOf(series.tag)) : 0 }));
    const faults = this.faults.flatMap(({ run, fault }) => (fault && names.has(run) && fault.x !== null ? [{ x: fault.x, slot: board.slot(run) }] : []));
    return { lines, smoothed: s > 0, log: this.log, logX: xl, axis: axis(), window: z, selected: sel, ignoreOutliers: out, ends: mk, band, faults: grouped() ? [] : faults };
  }

  private draw(): void {
    // An element of its own: lit clears what follows its last part, and would take the canvas with it.
    const host = this.querySelector<HTMLElement>(".plot-host");
    if (!host || this.table) return;
    if (this.series.length === 0) {
      this.plot?.destroy();
      this.plot = undefined;
      this.made = "";
      return;
    }
    const scene = this.scene;
    if (this.plot && this.made === kindOf(scene)) {
      this.plot.show(scene);
      return;
    }
    this.plot?.destroy();
    this.made = kindOf(scene);
    this.plot = new LinePlot(host, scene, {
      cursor: (x, top) => this.pointed(x, top),
      zoom: (from, to, done) => { if (from < to) board.state.set({ z: [from, to] }, done); },
      select: (from, to, done) => board.state.set({ sel: [from, to] }, done),
      click: (x) => this.pinCursor(x),
      reset: () => board.state.set({ z: null }, true),
    });
  }

  private valuesAt(x: number, top?: number): Found[] {
    return valuesAt(this.scene.lines, x, (value) => (top === undefined ? 0 : Math.abs((this.plot?.top(value) ?? 0) - top)));
  }

  /** Where the cursor rests when nothing points: the pinned place, or nowhere. */
  private rest(): void {
    if (this.key === null) this.placeCursor(this.pointer ?? board.state.values.cur);
  }

  private pinCursor(x: number): void {
    const { cur } = board.state.values;
    const same = cur !== null && this.plot && Math.abs(this.plot.left(cur) - this.plot.left(x)) < 8;
    board.state.set({ cur: same ? null : x }, true);
  }

  private pointed(x: number | null, top: number): void {
    const { cur, sync, tn } = board.state.values;
    this.pointer = x;
    this.placeCursor(x ?? cur);
    if (sync) for (const chart of charts) if (chart !== this && chart.visible) chart.placeCursor(x ?? cur);
    const plot = this.plot;
    const found = x === null ? [] : this.valuesAt(x, top);
    if (x === null || !plot || found.length === 0) {
      hideTip();
      plot?.highlight(null);
      board.hover(null);
      return;
    }
    const near = found.reduce((best, one) => (Math.abs(plot.top(one.shown) - top) < Math.abs(plot.top(best.shown) - top) ? one : best));
    const place = plot.client(x, top);
    showTip(
      headAt(near),
      found.slice(0, tn).map((one) => ({ name: lineName(one.line, this.several), value: written(one), slot: one.line.slot, near: one === near })).concat(found.slice(tn).map(() => ({ name: "", value: "", slot: undefined, near: false }))),
      place.x,
      place.y,
      tn,
    );
    board.hovered = near.line.series.run;
    plot.highlight(board.hovered);
  }

  placeCursor(x: number | null): void {
    if (!this.plot) return;
    const few = this.scene.lines.length <= FEW;
    const dots = x === null || !few ? [] : this.valuesAt(x).filter((one) => Number.isFinite(one.shown));
    this.plot.cursor(x, dots.map(({ line, at, shown }) => ({ x: line.series.x[at] ?? 0, value: shown, slot: line.slot })));
  }

  private press(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const plot = this.plot;
    const { cur, sel } = board.state.values;
    const zoom = (by: number): void => plot?.scale(by, this.key === null ? plot.columns / 2 : plot.left(this.key), true);
    const here = this.key ?? cur;
    switch (event.key) {
      case "ArrowLeft": this.walk(event.shiftKey ? -10 : -1); break;
      case "ArrowRight": this.walk(event.shiftKey ? 10 : 1); break;
      case "+": case "=": zoom(0.5); break;
      case "-": zoom(2); break;
      case "0": board.state.set({ z: null }, true); break;
      case "Escape": board.state.set({ z: null, cur: null, sel: null }, true); this.key = null; hideTip(); break;
      case "Enter": if (here !== null) board.state.set({ cur: cur === here ? null : here }, true); break;
      case "[": if (here !== null) board.state.set({ sel: [here, Math.max(here, sel?.[1] ?? here)] }, true); break;
      case "]": if (here !== null) board.state.set({ sel: [Math.min(here, sel?.[0] ?? here), here] }, true); break;
      case "l": board.flip("log", nameOf(this.card)); break;
      case "f": this.toggleFull(); break;
      case "d": void this.toggleTable(); break;
      case "p": if (!this.card.match) board.flip("pin", this.card.tag); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Moves the keyboard's cursor along the longest line, and says what is there. */
  private walk(by: number): void {
    const longest = this.scene.lines.reduce<Series | undefined>((best, { series }) => (series.x.length > (best?.x.length ?? 0) ? series : best), undefined);
    if (!longest) return;
    const from = this.key ?? board.state.values.cur;
    const at = from === null ? 0 : Math.max(0, Math.min(longest.x.length - 1, nearest(longest.x, from, longest.ordered) + by));
    this.key = longest.x[at] ?? 0;
    const found = this.valuesAt(this.key);
    const first = found[0];
    this.pointed(this.key, first && this.plot ? this.plot.top(first.shown) : 0);
    if (first) say(`${headAt(first)}: ${found.slice(0, 5).map((one) => `${lineName(one.line, this.several)} ${written(one)}`).join(", ")}`);
  }

  private toggleFull(): void {
    board.state.set({ full: this.full ? "" : nameOf(this.card) }, true);
  }

  private async toggleTable(): Promise<void> {
    this.tables ??= await import("./chart-tables.ts");
    this.table = !this.table;
    this.plot?.destroy();
    this.plot = undefined;
    this.made = "";
    this.requestUpdate();
    await this.updateComplete;
    this.draw();
    this.rest();
  }

  private async menu(event: Event): Promise<void> {
    const button = event.currentTarget as HTMLElement;
    const { openChartMenu } = await import("./chart-menu.ts");
    openChartMenu(button, this.card, this.asks, { log: this.log });
  }

  protected override updated(_changed: PropertyValues): void {
    this.toggleAttribute("data-full", this.full);
    if (!this.plot && this.series.length > 0 && this.visible) this.draw();
    this.plot?.resize();
  }

  private tool(icon: string, name: string, on: boolean | null, action: (event: Event) => void, more = ""): TemplateResult {
    return html`<button class="icon-btn chart-tool ${more}" type="button" title=${name} aria-label=${`${name}, ${this.label}`} aria-pressed=${on ?? nothing} aria-haspopup=${on === null && icon === "more" ? "dialog" : nothing} @click=${action}><svg class="icon icon-s" aria-hidden="true"><use href="#i-${icon}"></use></svg></button>`;
  }

  private note(): TemplateResult | typeof nothing {
    if (this.error) return html`<p class="chart-note bad">${this.error}</p>`;
    if (this.series.length > 0 || this.busy || !this.asked) return nothing;
    if (this.card.match && tagsOf(this.card).length === 0) return html`<p class="chart-note muted">No tag matches.</p>`;
    return html`<p class="chart-note muted">${axis() === "metric" ? `No shown run has this tag and ${board.state.values.x.slice(2)} at the same step.` : "No shown run has this tag."}</p>`;
  }

  /** Runs that went wrong, in words. */
  private warning(): TemplateResult | typeof nothing {
    const shown = new Set(board.shown.map((run) => run.id));
    const wrong = grouped() ? [] : this.faults.filter((one) => shown.has(one.run));
    const [first] = wrong;
    if (!first) return nothing;
    const all = wrong.map((one) => `${runName(one.run)}: ${faultWords(one)}`);
    return html`<p class="chart-fault" title=${all.slice(0, 20).join("\n")}><svg class="icon icon-s" aria-hidden="true"><use href="#i-warn"></use></svg><span class="ellipsis">${all[0]}${wrong.length > 1 ? `, and ${wrong.length - 1} more` : ""}</span></p>`;
  }

  private legend(): TemplateResult | typeof nothing {
    const { match } = this.card;
    if (!match) return nothing;
    const tags = tagsOf(this.card);
    return html`<div class="chart-legend">${tags.map((tag, i) => html`<span><svg class="dash" viewBox="0 0 18 4" aria-hidden="true"><path class="dash-${i % 6}" d="M0 2h18"></path></svg><span class="mono">${tag}</span></span>`)}${tags.length === MOST_TAGS ? html`<span class="muted">the first ${MOST_TAGS}</span>` : nothing}</div>`;
  }

  private bottom(): TemplateResult | typeof nothing {
    const { sel, s } = board.state.values;
    if (!sel || !this.tables || this.series.length === 0) return nothing;
    if (sel[0] < sel[1]) return this.stats ? this.tables.statsTable(this, this.stats.filter((one) => board.shown.some((run) => run.id === one.run)), this.label, this.card.match !== "") : nothing;
    const rows = this.valuesAt(sel[0]).map((one) => ({ name: lineName(one.line, this.several), slot: one.line.slot, step: one.line.series.step[one.at] ?? 0, raw: one.raw, shown: one.shown }));
    return this.tables.stepTable(rows, s > 0, this.label);
  }

  protected override render(): TemplateResult {
    const { tag, match } = this.card;
    const caption = this.dataset["caption"] ?? `${match}: ${tagsOf(this.card).join(", ")}`;
    const faults = this.faults.slice(0, 5).map((one) => `; ${runName(one.run)}: ${faultWords(one)}`).join("");
    const pinned = board.state.values.pin.includes(tag);
    return html`<figure tabindex="0" aria-label=${caption + faults} @keydown=${(e: KeyboardEvent) => this.press(e)} @blur=${() => { this.key = null; hideTip(); this.rest(); }}>
      <div class="card-head"><span class="card-title mono ellipsis" title=${this.title_}>${this.title_}</span>
        <div class="chart-tools">
          ${this.tool("log", "Logarithmic y", this.log, () => board.flip("log", nameOf(this.card)))}
          ${this.tool("table", "Data table", this.table, () => void this.toggleTable())}
          ${this.tool("more", "Export and more", null, (e) => void this.menu(e))}
          ${match ? this.tool("x", "Remove chart", null, () => board.flip("own", match)) : this.tool("star", "Pin to the top", pinned, () => board.flip("pin", tag))}
          ${this.tool("expand", "Full width", this.full, () => this.toggleFull())}
        </div></div>
      ${this.legend()}
      ${this.table && this.tables ? this.tables.pointsTable(this.scene.lines.map((line) => ({ name: lineName(line, this.several), series: line.series })), board.state.values.s > 0, this.label) : html`<div class="plot"><div class="plot-host"></div>${this.busy ? html`<div class="busy"></div>` : nothing}${this.note()}${this.warning()}</div>`}
      ${this.bottom()}
      <figcaption class="sr-only">${caption}${faults}</figcaption>
    </figure>`;
  }
}
define("gb-line", GbLine);
