import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { clockTime, duration, integer, value } from "../lib/format.ts";
import { type Column, type Session, show, valueOf } from "../lib/hparams.ts";
import { getJson } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";

interface Line { readonly run: string; readonly x: readonly number[]; readonly y: readonly (number | null)[] }

/** A session and those of its group: hyperparameters, times, a chart a metric. Fires `gb-close`. */
class GbSession extends GbElement {
  static override properties = { experiment: {}, session: { attribute: false }, group: { attribute: false }, columns: { attribute: false }, shown: { attribute: false }, lines: { state: true } };
  declare experiment: string;
  declare session: Session;
  /** Sessions of one setting, this one among them. */
  declare group: readonly Session[];
  declare columns: readonly Column[];
  /** Metrics with a chart. */
  declare shown: readonly Column[];
  declare lines: ReadonlyMap<string, readonly Line[]>;
  private asked = "";

  constructor() {
    super();
    this.lines = new Map();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const runs = this.group.slice(0, 12).map((s) => s.run).join(",");
    const key = `${runs} ${this.shown.map((c) => c.name).join()}`;
    if (key === this.asked) return;
    this.asked = key;
    void this.load(runs, key);
  }

  private async load(runs: string, key: string): Promise<void> {
    const lines = new Map<string, readonly Line[]>();
    for (const column of this.shown.slice(0, 12)) {
      try {
        const { series } = await getJson<{ series: Line[] }>(api(`/experiments/${encodeURIComponent(this.experiment)}/scalars`, { tag: column.name, runs, columns: 200, smoothing: 0 }));
        lines.set(column.name, series);
      } catch {
        // A metric of a folder below has no chart of its own here.
      }
      if (key !== this.asked) return;
      this.lines = new Map(lines);
    }
  }

  protected override render(): TemplateResult {
    const s = this.session;
    const facts: [string, string][] = [["Status", s.status]];
    if (s.started !== null) facts.push(["Started", clockTime(s.started)]);
    if (s.started !== null && s.ended !== null && s.ended > s.started) facts.push(["Took", duration(s.ended - s.started)]);
    if (s.group) facts.push(["Group", s.group]);
    if (s.model) facts.push(["Model", s.model]);
    if (s.monitor) facts.push(["Monitor", s.monitor]);
    const given = this.columns.filter((c) => !c.metric && valueOf(s, c, "last") !== undefined);
    return html`<section class="card hp-session" aria-label=${`Session ${s.name}`}>
      <div class="card-head"><h2 class="card-title mono ellipsis">${s.name}</h2><a class="btn" href=${url(`/runs/${encodeURIComponent(this.experiment)}/r/${encodeURIComponent(s.run)}`)}>Open the run</a>
        <a class="btn" href=${url(`/runs/${encodeURIComponent(this.experiment)}/scalars?runs=${this.group.map((one) => one.run).join(",")}`)}>Charts</a>
        <button type="button" class="icon-btn" aria-label="Close the details" @click=${() => this.dispatchEvent(new CustomEvent("gb-close", { bubbles: true }))}>${icon("close")}</button></div>
      <dl class="facts card-body">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}${given.map((c) => html`<div><dt class="mono">${c.title}</dt><dd>${show(valueOf(s, c, "last"), false)}</dd></div>`)}</dl>
      ${this.group.length > 1 ? html`<p class="card-body muted small">${this.group.length} sessions of one setting: ${this.group.map((one) => one.name).join(", ")}.</p>` : nothing}
      <div class="hp-charts">${this.shown.map((c) => this.chart(c))}</div>
    </section>`;
  }

  private chart(column: Column): TemplateResult | typeof nothing {
    const lines = this.lines.get(column.name);
    const at = this.session.metrics[column.name];
    if (!at) return nothing;
    const points = (lines ?? []).flatMap((line) => line.x.map((x, i) => [x, line.y[i]] as const)).filter((p): p is readonly [number, number] => typeof p[1] === "number");
    const [x0, x1] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
    const [y0, y1] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
    const [wide, high] = [220, 64];
    const px = (x: number): number => (x1 > x0 ? ((x - x0) / (x1 - x0)) * (wide - 8) + 4 : wide / 2);
    const py = (y: number): number => (y1 > y0 ? high - 4 - ((y - y0) / (y1 - y0)) * (high - 8) : high / 2);
    return html`<figure class="hp-chart"><figcaption class="row small"><span class="mono ellipsis grow">${column.title}</span><b>${value(at.last)}</b></figcaption>
      ${points.length > 1 && x1 > x0 ? html`<svg viewBox=${`0 0 ${wide} ${high}`} preserveAspectRatio="none" role="img" aria-label=${`${column.title}: ${value(y0)} to ${value(y1)} over ${integer(x1 - x0)} steps`}>${(lines ?? []).map((line) => svg`<path class="hp-curve" data-own=${line.run === this.session.run ? "" : nothing} d=${line.x.map((x, i) => (typeof line.y[i] === "number" ? `${px(x).toFixed(1)},${py(line.y[i]).toFixed(1)}` : "")).filter(Boolean).map((p, i) => `${i ? "L" : "M"}${p}`).join("")}></path>`)}</svg>
        <p class="xs muted">step ${integer(x0)} to ${integer(x1)} · ${value(y0)} to ${value(y1)}</p>`
      : html`<p class="xs muted hp-one">one value, at step ${integer(at.step)}</p>`}</figure>`;
  }
}

define("gb-session", GbSession);
