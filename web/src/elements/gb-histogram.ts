import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { timeAxis } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { along } from "../lib/distributions.ts";
import { define } from "../lib/element.ts";
import { clockTime, duration, integer, tick, value } from "../lib/format.ts";
import { ticksOf } from "../lib/histogram.ts";
import { emphasised, histogramState, onEmphasis, pin, point } from "../lib/histogram-keys.ts";
import { getJson } from "../lib/http.ts";
import { paint, token } from "../lib/palette.ts";
import { COLUMNS, binAt, nearestStep, ridgeUnder, ridges, type At, type Box, type Ridge, type Ridges } from "../lib/ridges.ts";
import { say } from "../lib/say.ts";
import { SeenCard } from "../lib/seen-card.ts";
import { hideTip, showTip } from "../lib/tooltip.ts";

/** Histograms of one card. */
const MOST = 51;
/** Room of a label of the axis of steps. */
const LABEL = 13;

/** Histograms of one tag of one run over steps: one behind the other with the newest in front, or all over each other. */
class GbHistogram extends SeenCard {
  static override properties = { tag: {}, run: {} };
  declare tag: string;
  declare run: string;
  private all: readonly At[] = [];
  private total = 0;
  private laid: Ridges | undefined;
  private frame = 0;
  /** Where the keyboard's cursor is. */
  private key: { i: number; bin: number } | undefined;

  protected override get tags(): readonly string[] {
    return [this.tag];
  }

  protected override question(): string {
    return `${this.run}\n${this.tag}`;
  }

  protected override listen(): readonly (() => void)[] {
    return [onEmphasis(() => this.repaint())];
  }

  private address(more: Record<string, string | number>): string {
    return api(`/experiments/${encodeURIComponent(board.experiment)}/histograms`, { tag: this.tag, run: this.run, ...more });
  }

  protected override async load(signal: AbortSignal): Promise<void> {
    const answer = await getJson<{ histograms: At[]; total: number }>(this.address({ max: MOST, empty: 0 }), signal);
    this.all = answer.histograms;
    this.total = answer.total;
  }

  private get places(): Float64Array {
    return along(timeAxis(), this.all.map((at) => at.step), this.all.map((at) => at.wall));
  }

  /** What a histogram is called on the axis there is. */
  private words(i: number, short = false): string {
    const at = this.all[i];
    const axis = timeAxis();
    if (!at) return "";
    const first = this.all[0]?.wall ?? at.wall;
    if (axis === "step") return short ? tick(at.step) : `step ${integer(at.step)}`;
    const time = axis === "relative" ? duration(at.wall - first) : short ? new Date(at.wall * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }) : clockTime(at.wall);
    return short ? time : `${time}, step ${integer(at.step)}`;
  }

  protected override repaint(): void {
    if (this.visible) this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  private draw(): void {
    const canvas = this.querySelector("canvas");
    const ctx = canvas?.getContext("2d");
    if (!canvas || !ctx || this.all.length === 0) return;
    const px = Math.min(2, devicePixelRatio);
    const [wide, tall] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = wide * px;
    canvas.height = tall * px;
    ctx.scale(px, px);
    const overlay = board.state.values.view === "overlay";
    ctx.font = `11px "Inter Variable", system-ui, sans-serif`;
    const label = overlay ? 0 : Math.max(...[0, this.all.length >> 1, this.all.length - 1].map((i) => ctx.measureText(this.words(i, true)).width));
    const box = { left: 10, right: wide - Math.min(70, label + (overlay ? 12 : 20)), top: 12, bottom: tall - 24 };
    const laid = ridges(this.all, this.places, box, overlay);
    this.laid = laid;
    if (!laid) return;
    ctx.fillStyle = token("--axis");
    ctx.textAlign = "center";
    for (const at of ticksOf(laid.low, laid.high, 4)) {
      // A label near an edge keeps inside the card, with its sign.
      ctx.fillText(tick(at), Math.max(box.left + 8, Math.min(box.right - 8, laid.x(at))), tall - 8);
    }
    const colour = paint(board.slot(this.run));
    const surface = token("--surface");
    const wanted = emphasised();
    const strong = wanted === null ? -1 : nearestStep(this.all, wanted);
    // Between many outlines there is no room for a gap: a line of their own colour tells them apart.
    const crowded = ((laid.all.at(-1)?.foot ?? 0) - (laid.all[0]?.foot ?? 0)) / laid.all.length < 5;
    for (const [i, ridge] of laid.all.entries()) {
      const { age } = ridge;
      const line = outline(ridge, box);
      const dim = strong >= 0 && strong !== i;
      if (!overlay) {
        ctx.globalAlpha = 1;
        ctx.fillStyle = surface;
        ctx.fill(line);
        ctx.globalAlpha = (0.16 + 0.5 * age) * (dim ? 0.55 : 1);
        ctx.fillStyle = colour;
        ctx.fill(line);
      }
      ctx.globalAlpha = overlay ? (0.2 + 0.8 * age) * (dim ? 0.4 : 1) : crowded ? 0.55 * (dim ? 0.6 : 1) : 1;
      ctx.strokeStyle = overlay || crowded ? colour : surface;
      ctx.lineWidth = overlay ? 1.2 : crowded ? 0.7 : 1;
      ctx.stroke(line);
      ctx.globalAlpha = 1;
    }
    this.emphasise(ctx, laid, strong, colour);
    if (!overlay) this.axis(ctx, laid, strong);
  }

  /** The chosen step once more, over all the others. */
  private emphasise(ctx: CanvasRenderingContext2D, { all, box }: Ridges, strong: number, colour: string): void {
    const ridge = all[strong];
    if (!ridge) return;
    const line = outline(ridge, box);
    ctx.fillStyle = colour;
    ctx.globalAlpha = 0.3;
    ctx.fill(line);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = token("--text");
    ctx.lineWidth = 1.75;
    ctx.stroke(line);
  }

  /** Labels at the feet: the first, the last, and those between that have room; the chosen one before all. */
  private axis(ctx: CanvasRenderingContext2D, { all, box }: Ridges, strong: number): void {
    ctx.textAlign = "left";
    const taken: number[] = [];
    const order = [...(strong >= 0 ? [strong] : []), all.length - 1, 0, ...all.keys()];
    const every = Math.max(1, Math.round(all.length / 6));
    for (const [k, i] of order.entries()) {
      const foot = all[i]?.foot;
      const between = k >= order.length - all.length;
      if (foot === undefined || (between && i % every !== 0) || taken.some((one) => Math.abs(one - foot) < (between ? 2 * LABEL : LABEL))) continue;
      taken.push(foot);
      ctx.fillStyle = i === strong ? token("--text") : token("--axis");
      ctx.fillText(this.words(i, true), box.right + 8, foot + 3, 60);
    }
  }

  /** Shows a bin of a histogram: its edges and what it holds. */
  private show(i: number, at: number, x: number, y: number): string {
    const histogram = this.all[i];
    if (!histogram) return "";
    const bin = binAt(histogram.bins, at);
    const slot = board.slot(this.run);
    const head = this.words(i);
    const rows = bin ? [["left", value(bin[0])], ["right", value(bin[1])], ["count", count(bin[2])]] as const : [["value", value(at)], ["count", "0"]] as const;
    showTip(head, rows.map(([name, words]) => ({ name, value: words, slot, near: name === "count" })), x, y);
    point(histogram.step);
    return `${head}: ${rows.map(([name, words]) => `${name} ${words}`).join(", ")}`;
  }

  private moved(event: PointerEvent): void {
    const { laid } = this;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (!laid || x < laid.box.left || x > laid.box.right) return this.left();
    const at = laid.low + ((x - laid.box.left) / (laid.box.right - laid.box.left)) * (laid.high - laid.low);
    this.show(ridgeUnder(laid, x, y), at, event.clientX, event.clientY);
  }

  private left(): void {
    this.key = undefined;
    hideTip();
    point(null);
  }

  private clicked(event: MouseEvent): void {
    const { laid } = this;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = laid && this.all[ridgeUnder(laid, event.clientX - box.left, event.clientY - box.top)];
    if (at) pin(at.step);
  }

  /** Up and down walk along the steps, left and right along the bins. */
  private press(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || this.all.length === 0) return;
    const { laid } = this;
    const far = event.shiftKey ? 10 : 1;
    const now = this.key ?? { i: this.all.length - 1, bin: Math.floor((this.all.at(-1)?.bins.length ?? 0) / 2) };
    const go = (steps: number, bins: number): void => {
      const i = Math.max(0, Math.min(this.all.length - 1, now.i + steps));
      const bin = Math.max(0, Math.min((this.all[i]?.bins.length ?? 1) - 1, now.bin + bins));
      const [left = 0, right = 0] = this.all[i]?.bins[bin] ?? [];
      const at = (left + right) / 2;
      const box = this.querySelector("canvas")?.getBoundingClientRect();
      const foot = laid?.all[i]?.foot ?? 0;
      const said = this.show(i, at, (box?.left ?? 0) + (laid?.x(at) ?? 0), (box?.top ?? 0) + foot);
      this.key = { i, bin };
      say(said);
    };
    switch (event.key) {
      case "ArrowUp": go(-far, 0); break;
      case "ArrowDown": go(far, 0); break;
      case "ArrowLeft": go(0, -far); break;
      case "ArrowRight": go(0, far); break;
      case "f": this.toggleFull(); break;
      case "Enter": { const at = this.all[now.i]; if (at) pin(at.step); break; }
      case "Escape": histogramState.set({ hs: null }, true); this.left(); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  protected override updated(): void {
    this.draw();
  }

  private get full(): boolean {
    return board.state.values.full === `h:${this.run}:${this.tag}`;
  }

  private toggleFull(): void {
    board.state.set({ full: this.full ? "" : `h:${this.run}:${this.tag}` }, true);
  }

  private tool(icon: string, name: string, label: string, href: string | undefined, action: () => void, on?: boolean): TemplateResult {
    const symbol = html`<svg class="icon icon-s" aria-hidden="true"><use href="#i-${icon}"></use></svg>`;
    return href ? html`<a class="icon-btn chart-tool" href=${href} download title=${name} aria-label=${`${name}, ${label}`}>${symbol}</a>` : html`<button class="icon-btn chart-tool" type="button" title=${name} aria-label=${`${name}, ${label}`} aria-pressed=${on ?? nothing} @click=${action}>${symbol}</button>`;
  }

  protected override render(): TemplateResult {
    const name = board.runs.find((one) => one.id === this.run)?.name ?? this.run;
    const slot = board.slot(this.run);
    const on = this.full;
    this.toggleAttribute("data-full", on);
    const last = this.all.at(-1);
    const label = `${this.tag} of ${name}`;
    const caption = last ? `${this.total > this.all.length ? `${this.all.length} of ${integer(this.total)}` : integer(this.total)} ${this.total === 1 ? "histogram" : "histograms"}, newest at step ${integer(last.step)}` : "\u00a0";
    return html`<figure tabindex="0" aria-label=${`${label}: ${caption}`} @keydown=${(e: KeyboardEvent) => this.press(e)} @blur=${() => this.left()}><div class="card-head"><span class="card-title mono ellipsis" title=${this.tag}>${this.tag}</span>
      <span class="card-run"><span class="run-swatch" data-slot=${slot?.colour ?? nothing} data-dash=${slot?.dash ?? nothing}></span><span class="mono muted ellipsis" title=${name}>${name}</span></span>
      <div class="chart-tools">${this.tool("download", "CSV", label, this.address({ max: 1000, format: "csv" }), () => undefined)}${this.tool("expand", "Full width", label, undefined, () => this.toggleFull(), on)}</div></div>
      <div class="plot">${this.error ? html`<p class="chart-note bad">${this.error}</p>` : last ? html`<canvas role="img" aria-label=${`${label}: ${caption}`} @pointermove=${(e: PointerEvent) => this.moved(e)} @pointerleave=${() => this.left()} @click=${(e: MouseEvent) => this.clicked(e)}></canvas>` : this.ready ? html`<p class="chart-note muted">No histogram was logged.</p>` : nothing}</div>
      <figcaption class="chart-caption" title=${caption}>${caption}</figcaption></figure>`;
  }
}

/** From where a histogram begins to hold something to where it ends. */
function outline({ from, to, tops, foot }: Ridge, box: Box): Path2D {
  const line = new Path2D();
  if (from < 0) return line;
  const x = (column: number): number => box.left + (column / COLUMNS) * (box.right - box.left);
  line.moveTo(x(from), foot);
  for (let k = from; k <= to; k += 1) line.lineTo(x(k + 0.5), tops[k] ?? foot);
  line.lineTo(x(to + 1), foot);
  return line;
}

/** Counts are whole for people, but a writer may weigh them. */
const count = (n: number): string => (Number.isInteger(n) ? integer(n) : value(n));

define("gb-histogram", GbHistogram);
