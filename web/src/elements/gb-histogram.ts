import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { board } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer, tick } from "../lib/format.ts";
import { aborted, getJson, sentence } from "../lib/http.ts";
import { ticksOf } from "../lib/histogram.ts";
import { onLive } from "../lib/live.ts";
import { onTheme, paint, token } from "../lib/palette.ts";

interface At {
  readonly step: number;
  readonly wall: number;
  readonly bins: readonly (readonly [number, number, number])[];
}

/** Columns a histogram is drawn in: a writer's bins are exponentially narrow near zero. */
const COLUMNS = 48;

/** Counts spread over equal columns of `low` to `high`, each bin by its share of a column. */
function columnsOf(bins: At["bins"], low: number, high: number): Float64Array {
  const out = new Float64Array(COLUMNS);
  const wide = (high - low) / COLUMNS;
  for (const [left, right, n] of bins) {
    if (n <= 0 || !Number.isFinite(left) || !Number.isFinite(right)) continue;
    const first = Math.max(0, Math.min(COLUMNS - 1, Math.floor((left - low) / wide)));
    const last = Math.max(first, Math.min(COLUMNS - 1, Math.ceil((right - low) / wide) - 1));
    for (let i = first; i <= last; i += 1) {
      const share = right > left ? Math.max(0, Math.min(right, low + (i + 1) * wide) - Math.max(left, low + i * wide)) / (right - left) : 1;
      out[i] = (out[i] ?? 0) + n * share;
    }
  }
  return out;
}

/** Histograms of one tag and one run over steps: ridges with the newest in front, or overlaid. */
class GbHistogram extends GbElement {
  private readonly tag = this.dataset["tag"] ?? "";
  private histograms: readonly At[] = [];
  private total = 0;
  private asked = "";
  private visible = false;
  private error: string | undefined;
  private flight: AbortController | undefined;

  override connectedCallback(): void {
    this.replaceChildren();
    super.connectedCallback();
    board.watch(() => { this.requestUpdate(); this.refresh(); });
    onTheme(() => this.draw());
    onLive("points", (event) => {
      if (event.experiment === board.experiment && event.tags.includes(this.tag)) { this.asked = ""; this.refresh(); }
    });
    onLive("resync", () => { this.asked = ""; this.refresh(); });
    new IntersectionObserver((entries) => {
      this.visible = entries.some((entry) => entry.isIntersecting);
      if (this.visible) this.refresh();
    }, { rootMargin: "160px" }).observe(this);
    new ResizeObserver(() => this.draw()).observe(this);
  }

  private get run(): string | undefined {
    const here = board.tags.find((tag) => tag.tag === this.tag && tag.kind === "histogram")?.runs ?? [];
    return board.shown.find((run) => here.includes(run.id))?.id;
  }

  private refresh(): void {
    const run = this.run;
    const key = run ?? "none";
    if (!this.visible || key === this.asked) return;
    this.asked = key;
    void this.load(run);
  }

  private async load(run: string | undefined): Promise<void> {
    this.flight?.abort();
    this.flight = new AbortController();
    try {
      const answer = run
        ? await getJson<{ histograms: At[]; total: number }>(api(`/experiments/${encodeURIComponent(board.experiment)}/histograms`, { tag: this.tag, run, max: 40 }), this.flight.signal)
        : { histograms: [], total: 0 };
      this.histograms = answer.histograms;
      this.total = answer.total;
      this.error = undefined;
    } catch (error) {
      if (aborted(error)) return;
      this.error = sentence(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    this.draw();
  }

  private draw(): void {
    const canvas = this.querySelector("canvas");
    const ctx = canvas?.getContext("2d");
    if (!canvas || !ctx || this.histograms.length === 0) return;
    const px = Math.min(2, devicePixelRatio);
    const wide = canvas.clientWidth;
    const tall = canvas.clientHeight;
    canvas.width = wide * px;
    canvas.height = tall * px;
    ctx.scale(px, px);
    const overlay = board.state.values.view === "overlay";
    const count = this.histograms.length;
    let low = Infinity;
    let high = -Infinity;
    for (const { bins } of this.histograms) {
      for (const [left, right, n] of bins) {
        if (n <= 0 || !Number.isFinite(left) || !Number.isFinite(right)) continue;
        low = Math.min(low, left);
        high = Math.max(high, right);
      }
    }
    if (!Number.isFinite(low)) return;
    if (low === high) { low -= 1; high += 1; }
    const drawn = this.histograms.map(({ bins }) => columnsOf(bins, low, high));
    const dense = Math.max(1e-300, ...drawn.map((column) => Math.max(...column)));
    const plot = { left: 10, right: wide - 58, top: 14, bottom: tall - 24 };
    const x = (v: number): number => plot.left + ((v - low) / (high - low)) * (plot.right - plot.left);
    const spread = overlay ? 0 : (plot.bottom - plot.top) * 0.55;
    const height = overlay ? plot.bottom - plot.top : (plot.bottom - plot.top) * 0.44;
    ctx.font = `11px "Inter Variable", system-ui, sans-serif`;
    ctx.fillStyle = token("--axis");
    ctx.textAlign = "center";
    for (const at of ticksOf(low, high, 4)) {
      // A label near an edge keeps inside the card, with its sign.
      const place = Math.max(plot.left + 8, Math.min(plot.right - 8, x(at)));
      ctx.fillText(tick(at), place, tall - 8);
    }
    const run = this.run;
    const colour = paint(run ? board.slot(run) : undefined);
    const surface = token("--surface");
    const labels = Math.max(1, Math.ceil(count / 5));
    this.histograms.forEach(({ step }, i) => {
      const age = count === 1 ? 1 : i / (count - 1);
      const base = overlay ? plot.bottom : plot.bottom - spread * (1 - age);
      const line = new Path2D();
      line.moveTo(x(low), base);
      const wide = (high - low) / COLUMNS;
      for (const [at, n] of (drawn[i] ?? []).entries()) line.lineTo(x(low + (at + 0.5) * wide), base - (n / dense) * height);
      line.lineTo(x(high), base);
      if (!overlay) {
        ctx.globalAlpha = 1;
        ctx.fillStyle = surface;
        ctx.fill(line);
        ctx.globalAlpha = 0.16 + 0.5 * age;
        ctx.fillStyle = colour;
        ctx.fill(line);
      }
      ctx.globalAlpha = overlay ? 0.2 + 0.8 * age : 1;
      ctx.strokeStyle = overlay ? colour : surface;
      ctx.lineWidth = overlay ? 1.2 : 1;
      ctx.stroke(line);
      ctx.globalAlpha = 1;
      if (!overlay && (i % labels === 0 || i === count - 1)) {
        ctx.fillStyle = token("--axis");
        ctx.textAlign = "left";
        if (i === count - 1 || (count - 1 - i) * (spread / Math.max(1, count - 1)) > 12) ctx.fillText(tick(step), plot.right + 8, base + 1);
      }
    });
  }

  protected override updated(): void {
    this.draw();
  }

  protected override render(): TemplateResult {
    const run = this.run;
    const slot = run ? board.slot(run) : undefined;
    const name = board.runs.find((one) => one.id === run)?.name;
    const last = this.histograms.at(-1);
    const caption = last ? `${this.tag} of ${name ?? "no run"}: ${this.histograms.length} of ${this.total} histograms, newest at step ${integer(last.step)}; bins drawn in ${COLUMNS} equal columns` : `${this.tag}: no histogram of a shown run`;
    return html`<figure><div class="card-head"><span class="card-title mono ellipsis" title=${this.tag}>${this.tag}</span>
      ${name ? html`<span class="run-swatch" data-slot=${slot?.colour ?? nothing}></span><span class="mono muted ellipsis">${name}</span>` : nothing}</div>
      <div class="plot">${this.error ? html`<p class="chart-note bad">${this.error}</p>` : last ? html`<canvas role="img" aria-label=${caption}></canvas>` : this.asked ? html`<p class="chart-note muted">No shown run has this tag.</p>` : nothing}</div>
      <figcaption class="chart-caption">${caption}</figcaption></figure>`;
  }
}
define("gb-histogram", GbHistogram);
