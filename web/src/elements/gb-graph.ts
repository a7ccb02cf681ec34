import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { getJson, sentence } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { bind } from "../lib/keys.ts";
import type { Graph, GraphRow, Histogram, Tensor } from "../lib/types.ts";
import { list, number, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import "./gb-ridge.ts";

const ROW = 35;
const INSET = 14;
const TOP = 8;
const MARGIN = 600;

interface Placed { readonly row: GraphRow; readonly y: number; readonly end: number }

/** Area under a histogram as an SVG path in a box of `w` by `h`. */
export function areaPath(histogram: Histogram, w: number, h: number): { line: string; area: string } {
  const { edges, counts } = histogram;
  const width = (i: number): number => (edges[i + 1] ?? 0) - (edges[i] ?? 0) || 1;
  const density = counts.map((count, i) => count / width(i));
  const top = Math.max(1e-30, ...density);
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const x = (v: number): string => (((v - low) / (high - low || 1)) * w).toFixed(1);
  const points = density.map((d, i) => `${x(((edges[i] ?? 0) + (edges[i + 1] ?? 0)) / 2)} ${(h - (d / top) * (h - 1)).toFixed(1)}`);
  const line = `M0 ${h}L${points.join("L")}L${w} ${h}`;
  return { line, area: `${line}Z` };
}

const HUES: readonly (readonly [RegExp, number])[] = [[/conv/i, 1], [/norm|bn/i, 3], [/add|sum|concat|mul/i, 8], [/pool|reduce|flatten|reshape/i, 7], [/gemm|matmul|linear|fc/i, 2], [/relu|sigmoid|tanh|gelu|softmax|clip/i, 3]];
/** The hue of an operator family; the label says the same in words. */
export function opColour(op: string): string {
  const hue = HUES.find(([pattern]) => pattern.test(op))?.[1];
  return hue ? `var(--run-${hue})` : "var(--axis)";
}

/** The layer graph as an outline: groups open in place, lanes beside each row, an inspector at the right. */
export class GbGraph extends GbElement {
  static override properties = { model: {}, checkpoint: {}, graph: { state: true }, tensors: { state: true }, problem: { state: true }, top: { state: true }, found: { state: true }, tick: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare graph: Graph | undefined;
  declare tensors: ReadonlyMap<string, Tensor>;
  declare problem: string | undefined;
  declare top: number;
  declare found: string;
  declare tick: number;
  private readonly state = new UrlState({ open: list(), d: number(1, 1, 99), sel: text() });
  private offs: (() => void)[] = [];
  private asked = 0;
  private focusNext = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.tensors = new Map();
    this.top = 0;
    this.found = "";
    this.offs = [
      this.state.watch((_, changed) => { this.tick = (this.tick ?? 0) + 1; if (changed.has("open") || changed.has("d")) void this.load(); }),
      bind("Escape", () => this.state.set({ sel: "" }, true)),
    ];
    void this.load();
    void this.loadTensors();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  private async load(): Promise<void> {
    const mine = (this.asked += 1);
    const { open, d } = this.state.values;
    try {
      const graph = await getJson<Graph>(api(`/models/${encodeURIComponent(this.model)}/graph`, { checkpoint: this.checkpoint || undefined, open: open.map(encodeURIComponent).join(","), depth: d }));
      if (mine === this.asked) { this.graph = graph; this.problem = undefined; }
    } catch (error) {
      if (mine === this.asked) this.problem = sentence(error);
    }
  }

  private async loadTensors(): Promise<void> {
    try {
      const { tensors } = await getJson<{ tensors: Tensor[] }>(api(`/models/${encodeURIComponent(this.model)}/tensors`, { checkpoint: this.checkpoint || undefined }));
      this.tensors = new Map(tensors.map((t) => [t.name, t]));
    } catch {
      // The inspector then has no statistics; the table page shows the reason.
    }
  }

  private toggle(row: GraphRow): void {
    const { open } = this.state.values;
    // `-id` closes a group that the depth would open.
    const rest = open.filter((id) => id !== row.id && id !== `-${row.id}`);
    this.state.set({ open: row.open ? (open.includes(row.id) ? rest : [...rest, `-${row.id}`]) : open.includes(`-${row.id}`) ? rest : [...rest, row.id] }, true);
  }

  /** Rows with their places; a group's box ends after its last descendant. */
  private place(graph: Graph): { placed: Placed[]; height: number } {
    const placed: { row: GraphRow; y: number; end: number }[] = [];
    const stack: { row: GraphRow; y: number; end: number }[] = [];
    let y = TOP;
    const close = (depth: number): void => {
      while (stack.length && (stack.at(-1)?.row.depth ?? -1) >= depth) {
        const group = stack.pop();
        if (group) { y += 6; group.end = y - 5; }
      }
    };
    for (const row of graph.rows) {
      close(row.depth);
      const one = { row, y, end: y + ROW };
      placed.push(one);
      if (row.kind === "group" && row.open) stack.push(one);
      y += ROW;
    }
    close(0);
    return { placed, height: y + 16 };
  }

  protected override render(): TemplateResult {
    const graph = this.graph;
    if (this.problem) return html`<div class="page-body"><p class="notice notice-bad" role="alert"><b>The graph could not be read.</b> ${this.problem}</p></div>`;
    const { d, sel } = this.state.values;
    const chosen = graph?.rows.find((row) => row.id === sel);
    return html`<div class="gb-model">
      <div class="gb-graph-col">
        <div class="gb-graph-tools row wrap">
          <label class="field gb-find">${icon("search")}<input data-filter type="search" placeholder="Find op or tensor" aria-label="Find op or tensor" .value=${this.found} @input=${(e: Event) => { this.found = (e.target as HTMLInputElement).value; }} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") this.findNext(); }}><kbd>/</kbd></label>
          <fieldset class="seg"><legend class="sr-only">Depth</legend>${([[1, "Depth 1"], [2, "2"], [3, "3"], [99, "All"]] as const).map(([depth, name]) => html`<label><input type="radio" name="depth" .checked=${d === depth} @change=${() => this.state.set({ d: depth, open: [] }, true)}>${name}</label>`)}</fieldset>
        </div>
        <div class="gb-graph-scroll" @scroll=${(e: Event) => { this.top = (e.currentTarget as HTMLElement).scrollTop; }}>
          ${graph ? this.outline(graph) : html`<p class="muted">Reading the graph…</p>`}
        </div>
      </div>
      ${chosen ? this.inspector(chosen) : html`<aside class="gb-inspector gb-inspector-none" aria-label="Inspector"><p class="muted small">Choose a row: its shape, statistics and distribution over the checkpoints appear here. <kbd>/</kbd> finds, arrows move, Enter opens a group.</p></aside>`}
    </div>`;
  }

  private outline(graph: Graph): TemplateResult {
    const { placed, height } = this.place(graph);
    const view = (this.querySelector(".gb-graph-scroll")?.clientHeight ?? 1200) + MARGIN;
    const seen = placed.filter((p) => p.y < this.top + view && p.end > this.top - MARGIN);
    const most = Math.max(1, ...graph.rows.map((row) => row.parameters));
    const rowAt = new Map(placed.map((p) => [p.row.id, p]));
    const inGroup = (p: Placed): boolean => p.row.kind === "group" && p.row.open;
    const { sel } = this.state.values;
    const current = graph.rows.some((row) => row.id === sel) ? sel : graph.rows[0]?.id;
    return html`<div class="gb-graph-heads xs muted" aria-hidden="true"><span></span><span>parameters</span><span>weights</span><span class="num">std</span></div>
      <div class="gb-graph-space" role="tree" aria-label="Layers" ${vars({ height: `${height}px` })} @keydown=${(e: KeyboardEvent) => this.keys(e, graph)}>
        ${seen.filter(inGroup).map((p) => html`<div class="gb-box" role="presentation" ${vars({ top: `${p.y}px`, height: `${p.end - p.y}px`, "--inset": `${p.row.depth * INSET}px` })}></div>`)}
        ${seen.map((p) => this.line(p, most, current ?? ""))}
        <svg class="gb-edges" aria-hidden="true" width="100%" height=${height}>${graph.edges.filter((e) => e.skip).map((e, i) => this.skip(rowAt.get(e.from), rowAt.get(e.to), i))}</svg>
      </div>`;
  }

  private skip(from: Placed | undefined, to: Placed | undefined, i: number): TemplateResult | typeof nothing {
    if (!from || !to) return nothing;
    const [a, b] = [from.y + ROW / 2, to.y + ROW / 2];
    const lane = 8 + (i % 3) * 6;
    const depth = Math.max(from.row.depth, to.row.depth) * INSET;
    return svg`<path class="gb-skip" ${vars({ transform: `translateX(calc(var(--boxes) - ${depth}px))` })} d=${`M-2 ${a}C${lane + 6} ${a} ${lane} ${a + 8} ${lane} ${a + 16}V${b - 8}Q${lane} ${b} ${lane - 8} ${b}H2m4 -3.5l-4 3.5l4 3.5`}></path>` as TemplateResult;
  }

  private line(p: Placed, most: number, current: string): TemplateResult {
    const { row } = p;
    const { sel } = this.state.values;
    const colour = opColour(row.op ?? row.label);
    const group = row.kind === "group";
    const matched = this.found !== "" && this.hit(row);
    const share = row.parameters > 0 ? Math.max(0.03, Math.log1p(row.parameters) / Math.log1p(most)) : 0;
    const path = row.histogram ? areaPath(row.histogram, 274, 24) : undefined;
    return html`<div class="gb-row" role="treeitem" id=${`row-${row.id}`} data-id=${row.id} aria-level=${row.depth + 1} aria-expanded=${group ? String(row.open) : nothing} aria-selected=${row.id === sel ? "true" : "false"}
        aria-label=${`${row.label} ${row.detail}${row.parameters ? `, ${integer(row.parameters)} parameters` : ""}`} tabindex=${row.id === current ? "0" : "-1"} data-found=${matched ? "" : nothing} data-open=${group && row.open ? "" : nothing}
        ${vars({ top: `${p.y}px`, "--inset": `${row.depth * INSET}px`, "--swatch": colour })} @click=${(e: MouseEvent) => this.pick(e, row)}>
      <div class="gb-node">
        ${group ? html`<span class="gb-twist">${icon(row.open ? "down" : "right")}</span>` : html`<span class="swatch"></span>`}
        <b class="ellipsis">${row.label}</b><span class="muted small ellipsis gb-detail">${row.detail}</span>
      </div>
      ${group && row.open ? nothing : html`<span class="gb-lane-params" title=${row.parameters ? `${integer(row.parameters)} parameters` : ""}>${share ? html`<i ${vars({ "--fill": `${(share * 100).toFixed(1)}%` })}></i>` : nothing}</span>
      <span class="gb-lane-hist">${path ? html`<svg viewBox="0 0 274 25" preserveAspectRatio="none" aria-hidden="true">${svg`<path class="gb-hist-area" d=${path.area}></path><path class="gb-hist-line" d=${path.line}></path>`}</svg>` : nothing}</span>
      <span class="gb-lane-std num small muted">${typeof row.std === "number" ? value(row.std, 3) : ""}</span>`}
    </div>`;
  }

  private pick(event: MouseEvent, row: GraphRow): void {
    const twist = event.target instanceof Element && event.target.closest(".gb-node");
    if (row.kind === "group" && twist) this.toggle(row);
    this.state.set({ sel: row.id }, true);
  }

  private hit(row: GraphRow): boolean {
    const wanted = this.found.toLowerCase();
    return `${row.label} ${row.op ?? ""} ${row.id} ${row.tensors.join(" ")}`.toLowerCase().includes(wanted);
  }

  private findNext(): void {
    const rows = this.graph?.rows ?? [];
    const from = rows.findIndex((row) => row.id === this.state.values.sel);
    const next = [...rows.slice(from + 1), ...rows.slice(0, from + 1)].find((row) => this.hit(row));
    if (next) this.select(next);
  }

  private select(row: GraphRow): void {
    this.focusNext = true;
    this.state.set({ sel: row.id }, false);
    this.requestUpdate();
  }

  private keys(event: KeyboardEvent, graph: Graph): void {
    const rows = graph.rows;
    const id = event.target instanceof HTMLElement ? event.target.dataset["id"] : undefined;
    const at = rows.findIndex((row) => row.id === id);
    const row = rows[at];
    if (!row) return;
    const group = row.kind === "group";
    let next: GraphRow | undefined;
    switch (event.key) {
      case "ArrowDown": next = rows[at + 1]; break;
      case "ArrowUp": next = rows[at - 1]; break;
      case "Home": next = rows[0]; break;
      case "End": next = rows.at(-1); break;
      case "ArrowRight": if (group && !row.open) this.toggle(row); else if (group) next = rows[at + 1]; break;
      case "ArrowLeft": if (group && row.open) this.toggle(row); else next = rows.slice(0, at).reverse().find((r) => r.depth < row.depth); break;
      case "Enter": if (group) this.toggle(row); this.select(row); break;
      case " ": this.select(row); break;
      default: return;
    }
    event.preventDefault();
    if (next) this.select(next);
    else this.focusNext = true;
  }

  private inspector(row: GraphRow): TemplateResult {
    const tensors = row.tensors.map((name) => this.tensors.get(name)).filter((t): t is Tensor => t !== undefined);
    return html`<aside class="gb-inspector" aria-label="Inspector">
      <section class="gb-panel"><div class="row"><span class="swatch" ${vars({ "--swatch": opColour(row.op ?? row.label) })}></span><h2 class="grow">${row.op ?? row.label}</h2>
        <button type="button" class="icon-btn" aria-label="Close the inspector" @click=${() => this.state.set({ sel: "" }, true)}>${icon("close")}</button></div>
        <p class="mono gb-break">${row.id}</p>
        <dl class="facts gb-inspector-facts"><div><dt>Detail</dt><dd>${row.detail || "–"}</dd></div><div><dt>Params</dt><dd>${integer(row.parameters)}</dd></div>${row.values[0] ? html`<div><dt>Value</dt><dd class="mono gb-break">${row.values[0]}</dd></div>` : nothing}</dl>
      </section>
      ${tensors.slice(0, 24).map((t) => html`<section class="gb-panel"><h2 class="mono gb-break">${t.name}</h2>
        <dl class="facts gb-inspector-facts">${([["Shape", t.shape.join("×") || "scalar"], ["Dtype", t.dtype], ["Numel", integer(t.numel)], ["Mean", value(t.mean)], ["Std", value(t.std)], ["Min", value(t.min)], ["Max", value(t.max)], ["Zeros", t.numel ? `${((t.zeros / t.numel) * 100).toFixed(1)} %` : "–"], ["NaN", integer(t.nan)]] as const).map(([k, v]) => html`<div><dt>${k}</dt><dd>${v}</dd></div>`)}</dl>
        <gb-ridge .model=${this.model} .tensor=${t.name}></gb-ridge></section>`)}
      ${tensors.length > 24 ? html`<p class="gb-panel small"><a href=${url(`/models/${encodeURIComponent(this.model)}/tensors`)}>${tensors.length - 24} more tensors in the table</a></p>` : nothing}
    </aside>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (!this.focusNext) return;
    this.focusNext = false;
    const row = [...this.querySelectorAll<HTMLElement>(".gb-row")].find((r) => r.dataset["id"] === this.state.values.sel);
    if (row) { row.focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
  }
}
define("gb-graph", GbGraph);
