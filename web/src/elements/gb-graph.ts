import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { lanePath } from "../lib/histogram.ts";
import { getJson, sentence } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { bind } from "../lib/keys.ts";
import { opColour } from "../lib/ops.ts";
import { layOut, ROW, skipPath, type Layout, type Placed } from "../lib/outline.ts";
import { outlineKey, toggled } from "../lib/outline-keys.ts";
import { say } from "../lib/say.ts";
import type { Explanation, Graph, GraphRow, Tensor } from "../lib/types.ts";
import { choice, list, number, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import "./gb-inspector.ts";
import { relevanceLane, sharesOf, type Shares } from "./graph-relevance.ts";

/** Rows this far outside the window are drawn too. */
const MARGIN = 600;
const ALL = 99;
const DEPTHS = [[1, "Depth 1"], [2, "2"], [3, "3"], [ALL, "All"]] as const;

/** The layer graph as an outline: groups open in place, lanes beside each row, an inspector at the right. */
export class GbGraph extends GbElement {
  static override properties = { model: {}, checkpoint: {}, graph: { state: true }, tensors: { state: true }, problem: { state: true }, top: { state: true }, found: { state: true }, shares: { state: true }, current: { state: true }, tick: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare graph: Graph | undefined;
  declare tensors: ReadonlyMap<string, Tensor>;
  declare problem: string | undefined;
  declare top: number;
  declare found: string;
  /** What the values of the graph account for in the explanation `x`; undefined where none is named. */
  declare shares: Shares | undefined;
  /** The row that has, or had last, the keyboard. */
  declare current: string;
  declare tick: number;
  /** `d` 0: as deep as fits. */
  private readonly state = new UrlState({ open: list(), d: number(0, 0, ALL), sel: text(), lane: choice("weights", "params", "relevance"), x: text() });
  private layout: Layout | undefined;
  private offs: (() => void)[] = [];
  private asked = 0;
  private focusNext = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.tensors = new Map();
    this.top = 0;
    this.found = "";
    this.current = this.state.values.sel;
    this.tick = 0;
    this.offs = [
      this.state.watch((_, changed) => { this.tick += 1; if (changed.has("open") || changed.has("d")) void this.load(); }),
      bind("Escape", () => this.state.set({ sel: "" }, true)),
    ];
    void this.load();
    void this.loadTensors();
    void this.loadShares();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  private async load(): Promise<void> {
    const mine = (this.asked += 1);
    const { open, d } = this.state.values;
    const path = `/models/${encodeURIComponent(this.model)}/graph`;
    try {
      const graph = await getJson<Graph>(api(path, { checkpoint: this.checkpoint || undefined, open: list().format(open), depth: d || undefined }));
      if (mine !== this.asked) return;
      // What the server drew stays until there is something to put in its place.
      this.querySelector("[data-server]")?.remove();
      this.graph = graph;
      this.layout = layOut(graph);
      this.problem = undefined;
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

  private async loadShares(): Promise<void> {
    const { x } = this.state.values;
    if (!x) return;
    try {
      this.shares = sharesOf(await getJson<Explanation>(api(`/explanations/${encodeURIComponent(x)}`)));
      if (!this.shares) this.problem = "This explanation says nothing of the values inside the graph; those of LRP, DeepLIFT and guided backpropagation do.";
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private toggle(row: GraphRow): void {
    if (!this.graph) return;
    // Where the depth was chosen for what fits, opening a group must not change the choice.
    this.state.set({ open: toggled(this.graph, row, this.state.values.open), d: this.graph.depth }, true);
    say(`${row.label} ${row.open ? "closed" : "open"}`);
  }

  private select(row: GraphRow): void {
    this.current = row.id;
    this.state.set({ sel: row.id }, true);
  }

  private focusRow(row: GraphRow): void {
    this.current = row.id;
    this.focusNext = true;
  }

  protected override render(): TemplateResult {
    if (this.problem) return html`<div class="page-body"><p class="notice notice-bad" role="alert"><b>The graph could not be read.</b> ${this.problem}</p></div>`;
    const { graph, layout } = this;
    if (!graph && this.querySelector("[data-server]")) return html``;
    const { sel } = this.state.values;
    const chosen = graph?.rows.find((row) => row.id === sel);
    return html`<div class="gb-model">
      <div class="gb-graph-col">
        ${this.tools(graph)}
        <div class="gb-graph-scroll" @scroll=${(e: Event) => { this.top = (e.currentTarget as HTMLElement).scrollTop; }}>
          ${graph && layout ? this.outline(graph, layout) : nothing}
        </div>
      </div>
      <gb-inspector .model=${this.model} .checkpoint=${this.checkpoint} .row=${chosen} .tensors=${this.tensors} ?data-on=${chosen !== undefined} @gb-close=${() => this.state.set({ sel: "" }, true)}></gb-inspector>
    </div>`;
  }

  private tools(graph: Graph | undefined): TemplateResult {
    const { d, lane } = this.state.values;
    const depth = d || graph?.depth || 0;
    const deepest = graph?.levels ?? ALL;
    const on = (at: number): boolean => (depth >= deepest ? at === (deepest <= 3 && d !== ALL ? deepest : ALL) : at === depth);
    return html`<div class="gb-graph-tools row wrap">
      <label class="field gb-find">${icon("search")}<input data-filter type="search" placeholder="Find op or tensor" aria-label="Find op or tensor" .value=${this.found}
        @input=${(e: Event) => { this.found = (e.target as HTMLInputElement).value; }} @keydown=${(e: KeyboardEvent) => this.findKeys(e)}><kbd>/</kbd></label>
      <fieldset class="seg"><legend class="sr-only">Depth</legend>${DEPTHS.map(([at, name]) => html`<label><input type="radio" name="depth" .checked=${on(at)} ?disabled=${at !== ALL && at > deepest} @change=${() => this.state.set({ d: at, open: [] }, true)}>${name}</label>`)}</fieldset>
      <span class="grow"></span>
      <span class="muted gb-lanes-word" aria-hidden="true">Lanes</span>
      <fieldset class="seg"><legend class="sr-only">Lanes</legend>${([["params", "Params"], ["weights", "Weights"], ...(this.shares ? [["relevance", "Relevance"] as const] : [])] as const).map(([at, name]) => html`<label><input type="radio" name="lane" .checked=${lane === at} @change=${() => this.state.set({ lane: at }, true)}>${name}</label>`)}</fieldset>
    </div>`;
  }

  private outline(graph: Graph, layout: Layout): TemplateResult {
    const { lane } = this.state.values;
    const from = this.top - MARGIN;
    const until = this.top + (this.querySelector(".gb-graph-scroll")?.clientHeight || 1200) + MARGIN;
    const seen = layout.placed.filter((p) => p.y < until && p.end > from);
    const most = Math.max(1, ...graph.rows.filter((row) => !row.open).map((row) => row.parameters));
    const focusable = layout.byId.has(this.current) ? this.current : graph.rows[0]?.id;
    const boxes = vars({ "--deep": `${layout.depth * 12}px` });
    return html`<div class="gb-graph-heads xs muted" data-lane=${lane} ${boxes} aria-hidden="true"><span></span><span>${lane === "relevance" ? "magnitude" : "parameters"}</span><span title=${lane === "weights" ? "density of the weights; σ is their root mean square" : nothing}>${lane === "relevance" ? `${this.shares?.title ?? "relevance"}: against and for ${this.shares?.target ?? "the target"}` : lane === "weights" ? "weights, −4σ to +4σ" : "share of the largest row"}</span><span class="num">${lane === "relevance" ? "sum" : lane === "weights" ? "std" : "count"}</span></div>
      <div class="gb-graph-space" data-lane=${lane} ${vars({ height: `${layout.height}px`, "--deep": `${layout.depth * 12}px` })}>
        ${seen.filter((p) => p.row.open).map((p) => html`<div class="gb-box" ${vars({ top: `${p.y + 2}px`, height: `${p.end - p.y - 4}px`, "--left": `${p.left}px`, "--right": `${p.right}px` })}></div>`)}
        <div role="tree" aria-label="Layers" @keydown=${(e: KeyboardEvent) => this.keys(e, graph)}>${seen.map((p) => this.line(p, most, p.row.id === focusable))}</div>
        <svg class="gb-arrows" aria-hidden="true" width="1" height=${layout.height}>${layout.arrows.filter((a) => a.y < until && a.y > from).map((a) => svg`<path d=${`M0 ${a.y - 4.5}V${a.y + 1.5}m-2.6 -2.8l2.6 2.8l2.6 -2.8`}></path>`)}</svg>
        <svg class="gb-skips" aria-hidden="true" width="1" height=${layout.height}>${layout.skips.filter((s) => s.top < until && s.bottom > from).map((s) => svg`<path d=${skipPath(s)}></path>`)}</svg>
      </div>`;
  }

  private line(p: Placed, most: number, focusable: boolean): TemplateResult {
    const { row } = p;
    const { sel, lane } = this.state.values;
    const group = row.kind === "group";
    const matched = this.found !== "" && this.hit(row);
    // The row's own words are its name; what is drawn only follows them.
    const drawn = [row.op && !row.label.toLowerCase().startsWith(row.op.toLowerCase()) ? row.op : "", row.parameters ? `${integer(row.parameters)} parameters` : ""].filter(Boolean).join(", ");
    return html`<div class="gb-row" role="treeitem" data-id=${row.id} aria-level=${row.depth + 1} aria-posinset=${p.position} aria-setsize=${p.siblings}
        aria-expanded=${group ? String(row.open) : nothing} aria-selected=${row.id === sel ? "true" : "false"} tabindex=${focusable ? "0" : "-1"}
        data-found=${matched ? "" : nothing} data-open=${row.open ? "" : nothing}
        ${vars({ top: `${p.y}px`, "--left": `${p.left}px`, "--right": `${p.right}px`, "--swatch": opColour(row) })} @click=${(e: MouseEvent) => this.pick(e, row)} @focus=${() => { this.current = row.id; }}>
      <div class="gb-node">
        ${group ? html`<span class="gb-twist">${icon(row.open ? "down" : "right")}</span>` : html`<span class="swatch"></span>`}
        <b class="ellipsis" title=${row.label}>${row.label}</b> <span class="muted small ellipsis gb-detail">${row.detail}</span>
      </div>
      ${row.open ? nothing : this.lanes(row, most, lane)}${drawn ? html`<span class="sr-only">, ${drawn}</span>` : nothing}
    </div>`;
  }

  private lanes(row: GraphRow, most: number, lane: string): TemplateResult | typeof nothing {
    if (lane === "relevance") return this.shares ? relevanceLane(row, this.shares) : nothing;
    if (row.parameters === 0) return nothing;
    const share = Math.max(0.06, Math.log1p(row.parameters) / Math.log1p(most));
    const bar = (part: number): TemplateResult => html`<i ${vars({ "--fill": `${(part * 100).toFixed(1)}%` })}></i>`;
    if (lane === "params") {
      return html`<span class="gb-lane-params" title="on a logarithmic scale">${bar(share)}</span>
        <span class="gb-lane-share" title=${`${((row.parameters / most) * 100).toFixed(1)} % of the largest row shown`}>${bar(row.parameters / most)}</span>
        <span class="gb-lane-std num small">${integer(row.parameters)}</span>`;
    }
    const path = row.histogram ? lanePath(row.histogram, 274, 25) : undefined;
    return html`<span class="gb-lane-params" title=${`${integer(row.parameters)} parameters`}>${bar(share)}</span>
      <span class="gb-lane-hist">${path ? html`<svg viewBox="0 0 274 26" preserveAspectRatio="none" aria-hidden="true">${svg`<path class="gb-hist-area" d=${path.area}></path><path class="gb-hist-line" d=${path.line}></path>`}</svg>` : nothing}</span>
      <span class="gb-lane-std num small">${typeof row.std === "number" ? value(row.std, 3) : ""}</span>`;
  }

  private pick(event: MouseEvent, row: GraphRow): void {
    const node = event.target instanceof Element && event.target.closest(".gb-node");
    const group = row.kind === "group" && node;
    if (group) this.toggle(row);
    // On a narrow page the inspector covers the rows: opening a group must not bring it up.
    if (!group || !matchMedia("(width < 1180px)").matches) this.select(row);
    this.reveal(row.id);
  }

  private hit(row: GraphRow): boolean {
    const words = this.found.toLowerCase().split(/\s+/).filter(Boolean);
    // What an open group holds has rows of its own.
    const all = row.open ? `${row.label} ${row.id}`.toLowerCase() : `${row.label} ${row.op ?? ""} ${row.id} ${row.tensors.join(" ")} ${row.values.join(" ")}`.toLowerCase();
    return words.length > 0 && words.every((word) => all.includes(word));
  }

  private findKeys(event: KeyboardEvent): void {
    if (event.key === "Escape") { this.found = ""; (event.target as HTMLElement).blur(); return; }
    if (event.key !== "Enter") return;
    const rows = this.graph?.rows ?? [];
    const at = rows.findIndex((row) => row.id === this.state.values.sel);
    const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
    const next = (event.shiftKey ? order.reverse() : order).find((row) => this.hit(row) && row.id !== this.state.values.sel);
    if (!next) { say("Nothing more is called that"); return; }
    this.select(next);
    this.reveal(next.id);
    say(`${next.label} ${next.detail}`);
  }

  /** Scrolls a row into the window, drawn or not. */
  private reveal(id: string): void {
    const at = this.layout?.byId.get(id);
    const box = this.querySelector<HTMLElement>(".gb-graph-scroll");
    if (!at || !box) return;
    const covered = matchMedia("(width < 760px)").matches && this.state.values.sel ? innerHeight * 0.46 : 0;
    if (at.y < box.scrollTop || at.y + 2 * ROW > box.scrollTop + box.clientHeight - covered) box.scrollTop = at.y - (box.clientHeight - covered) / 2;
  }

  private keys(event: KeyboardEvent, graph: Graph): void {
    const done = outlineKey(event, graph.rows, { toggle: (row) => this.toggle(row), select: (row) => this.select(row) });
    if (!done) return;
    this.focusRow(done.row);
    if (done.moved) this.reveal(done.row.id);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (changed.has("graph") && this.graph && changed.get("graph") === undefined && this.current) this.reveal(this.current);
    if (!this.focusNext) return;
    const row = [...this.querySelectorAll<HTMLElement>(".gb-row")].find((r) => r.dataset["id"] === this.current);
    if (!row) return;
    this.focusNext = false;
    row.focus({ preventScroll: true });
  }
}
define("gb-graph", GbGraph);
