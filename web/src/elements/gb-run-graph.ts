import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { bytes, integer } from "../lib/format.ts";
import { getJson, sentence } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { bind } from "../lib/keys.ts";
import { opColour } from "../lib/ops.ts";
import { layOut, ROW, skipPath, type Layout, type Placed } from "../lib/outline.ts";
import { say, toast } from "../lib/say.ts";
import { drawing } from "../lib/graph-svg.ts";
import type { Graph, GraphRow } from "../lib/types.ts";
import { choice, list, number, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";

const MARGIN = 600;
const ALL = 99;
const DEPTHS = [[1, "Depth 1"], [2, "2"], [3, "3"], [ALL, "All"]] as const;

interface Source { readonly run: string; readonly name: string; readonly tag: string; readonly title: string; readonly what: string; readonly profiles: readonly string[] }
interface Fact { readonly device?: string; readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly after?: readonly string[]; readonly attributes?: Readonly<Record<string, unknown>>; readonly shapes?: readonly string[]; readonly micros?: number; readonly bytes?: number }
interface Logged extends Graph { readonly facts: Readonly<Record<string, Fact>>; readonly nodes: number }
interface Match { readonly id: string; readonly label: string; readonly op: string; readonly open: readonly string[] }

/** A graph that a run logged: the outline of models, with devices, costs and a search by regular expression. */
class GbRunGraph extends GbElement {
  static override properties = { experiment: {}, run: {}, tag: {}, sources: { type: Array }, graph: { state: true }, problem: { state: true }, top: { state: true }, current: { state: true }, found: { state: true }, tick: { state: true } };
  declare experiment: string;
  declare run: string;
  declare tag: string;
  declare sources: readonly Source[];
  declare graph: Logged | undefined;
  declare problem: string | undefined;
  declare top: number;
  declare current: string;
  declare found: { total: number; matches: readonly Match[] } | undefined;
  declare tick: number;
  private readonly state = new UrlState({ run: text(), tag: text(), open: list(), d: number(0, 0, ALL), sel: text(), q: text(), profile: text(), lane: choice<"none" | "time" | "memory" | "device">("none", "time", "memory", "device") });
  private layout: Layout | undefined;
  private offs: (() => void)[] = [];
  private asked = 0;
  private searched = 0;
  private focusNext = false;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { top: 0, tick: 0, current: this.state.values.sel });
    this.offs = [
      this.state.watch((_, changed) => {
        this.tick += 1;
        if (["run", "tag", "open", "d", "profile", "lane"].some((key) => changed.has(key as "run"))) void this.load();
        if (changed.has("q") || changed.has("run") || changed.has("tag")) void this.search();
      }),
      bind("Escape", () => this.state.set({ sel: "" }, true)),
    ];
    void this.load();
    if (this.state.values.q) void this.search();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  private get source(): Source | undefined {
    const { run, tag } = this.state.values;
    return this.sources.find((s) => s.run === (run || this.run) && s.tag === (tag || this.tag)) ?? this.sources.find((s) => s.run === (run || this.run)) ?? this.sources[0];
  }

  private get profile(): string {
    const { profile, lane } = this.state.values;
    return profile || (lane === "none" ? "" : (this.source?.profiles[0] ?? ""));
  }

  private async load(): Promise<void> {
    const mine = (this.asked += 1);
    const { open, d } = this.state.values;
    const source = this.source;
    if (!source) return;
    try {
      const graph = await getJson<Logged>(api(`/experiments/${encodeURIComponent(this.experiment)}/graph`, { run: source.run, tag: source.tag, open: list().format(open), depth: d || undefined, profile: this.profile || undefined }));
      if (mine !== this.asked) return;
      this.querySelector("[data-server]")?.remove();
      this.layout = layOut(graph);
      this.graph = graph;
      this.problem = undefined;
    } catch (error) {
      if (mine !== this.asked) return;
      this.querySelector("[data-server]")?.remove();
      this.problem = sentence(error);
    }
  }

  private async search(): Promise<void> {
    const mine = (this.searched += 1);
    const { q } = this.state.values;
    const source = this.source;
    if (!q || !source) { this.found = undefined; return; }
    await new Promise((wake) => setTimeout(wake, 150));
    if (mine !== this.searched) return;
    try {
      const found = await getJson<{ total: number; matches: Match[] }>(api(`/experiments/${encodeURIComponent(this.experiment)}/graph/find`, { run: source.run, tag: source.tag, q }));
      if (mine === this.searched) this.found = found;
    } catch {
      // A pattern that is being typed is often none yet.
      if (mine === this.searched) this.found = { total: 0, matches: [] };
    }
  }

  private toggle(row: GraphRow): void {
    const { open } = this.state.values;
    const rest = open.filter((id) => id !== row.id && id !== `-${row.id}`);
    const deep = (this.graph?.depth ?? 1) > row.depth + 1;
    const next = row.open ? (deep ? [...rest, `-${row.id}`] : rest) : deep ? rest : [...rest, row.id];
    this.state.set({ open: next, d: this.graph?.depth ?? 1 }, true);
    say(`${row.label} ${row.open ? "closed" : "open"}`);
  }

  /** Opens what holds an operation, chooses it and brings it into view. */
  private async go(match: Match): Promise<void> {
    const { open } = this.state.values;
    const wanted = [...open.filter((id) => !match.open.includes(id.replace(/^-/, ""))), ...match.open];
    this.current = match.id;
    this.state.set({ open: wanted, d: this.graph?.depth ?? 1, sel: match.id }, true);
    await this.load();
    await this.updateComplete;
    this.reveal(match.id);
  }

  /** The operation a value or name belongs to. */
  private async follow(name: string): Promise<void> {
    const source = this.source;
    if (!source) return;
    const node = name.replace(/^\^/, "").split(":")[0] ?? name;
    const here = this.graph?.rows.find((row) => row.id === node);
    if (here) { this.state.set({ sel: here.id }, true); this.reveal(here.id); return; }
    const q = `^${node.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
    const found = await getJson<{ matches: Match[] }>(api(`/experiments/${encodeURIComponent(this.experiment)}/graph/find`, { run: source.run, tag: source.tag, q })).catch(() => ({ matches: [] }));
    if (found.matches[0]) await this.go(found.matches[0]);
    else toast(`${node} is not in this graph`);
  }

  protected override render(): TemplateResult {
    const { graph, layout } = this;
    const source = this.source;
    if (!graph && !this.problem) return html``;
    const { sel } = this.state.values;
    const chosen = graph?.rows.find((row) => row.id === sel);
    return html`<div class="gb-model">
      <div class="gb-graph-col">
        ${this.tools(graph, source)}
        ${this.matchList()}
        ${this.problem ? html`<div class="page-body"><p class="notice notice-bad" role="alert"><b>The graph could not be read.</b> ${this.problem}</p></div>`
        : html`<div class="gb-graph-scroll" @scroll=${(e: Event) => { this.top = (e.currentTarget as HTMLElement).scrollTop; }}>${graph && layout ? this.outline(graph, layout) : nothing}</div>`}
      </div>
      <div class="gb-side" ?data-on=${chosen !== undefined}>${this.inspector(graph, chosen)}</div>
    </div>`;
  }

  private tools(graph: Logged | undefined, source: Source | undefined): TemplateResult {
    const { d, lane, q } = this.state.values;
    const depth = d || graph?.depth || 0;
    const deepest = graph?.levels ?? ALL;
    const on = (at: number): boolean => (depth >= deepest ? at === (deepest <= 3 && d !== ALL ? deepest : ALL) : at === depth);
    const lanes = source?.profiles.length ? ([["none", "Plain"], ["device", "Device"], ["time", "Time"], ["memory", "Memory"]] as const) : ([["none", "Plain"], ["device", "Device"]] as const);
    return html`<div class="gb-graph-tools row wrap">
      <label class="field gb-find">${icon("search")}<input data-filter type="search" placeholder="Find, regex" aria-label="Find operations, regex on name and operator" .value=${q}
        @input=${(e: Event) => this.state.set({ q: (e.target as HTMLInputElement).value })} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") this.nextMatch(e.shiftKey ? -1 : 1); if (e.key === "Escape") this.state.set({ q: "" }); }}><kbd>/</kbd></label>
      ${this.sources.length > 1 ? html`<select class="select mono" aria-label="Run and graph" @change=${(e: Event) => { const at = this.sources[Number((e.target as HTMLSelectElement).value)]; if (at) this.state.set({ run: at.run, tag: at.tag, open: [], d: 0, sel: "", profile: "" }, true); }}>${this.sources.map((s, i) => html`<option value=${i} ?selected=${s === source}>${s.name} · ${s.title}</option>`)}</select>` : html`<span class="mono ellipsis">${source?.name} · ${source?.title}</span>`}
      <fieldset class="seg"><legend class="sr-only">Depth</legend>${DEPTHS.map(([at, name]) => html`<label><input type="radio" name="depth" .checked=${on(at)} ?disabled=${at !== ALL && at > deepest} @change=${() => this.state.set({ d: at, open: [] }, true)}>${name}</label>`)}</fieldset>
      <span class="grow"></span>
      ${source && source.profiles.length > 1 ? html`<select class="select" aria-label="Profile" @change=${(e: Event) => this.state.set({ profile: (e.target as HTMLSelectElement).value }, true)}>${source.profiles.map((p) => html`<option value=${p} ?selected=${p === this.profile}>${p}</option>`)}</select>` : nothing}
      <fieldset class="seg"><legend class="sr-only">Colour and lanes</legend>${lanes.map(([at, name]) => html`<label><input type="radio" name="lane" .checked=${lane === at} @change=${() => this.state.set({ lane: at }, true)}>${name}</label>`)}</fieldset>
      <button type="button" class="btn" @click=${() => this.save("svg")}>SVG</button><button type="button" class="btn" @click=${() => this.save("png")}>PNG</button>
    </div>`;
  }

  private matchList(): TemplateResult | typeof nothing {
    const { found } = this;
    if (!found || !this.state.values.q) return nothing;
    return html`<div class="gb-matches" role="region" aria-label="Found operations"><span class="muted small" aria-live="polite">${integer(found.total)} found</span>${found.matches.slice(0, 40).map((m) => html`<button type="button" class="chip gb-match" title=${m.id} aria-pressed=${m.id === this.state.values.sel} @click=${() => void this.go(m)}>${m.label}${m.op && m.op !== m.label ? html` <span class="muted">${m.op}</span>` : nothing}</button>`)}${found.total > 40 ? html`<span class="muted small">and ${integer(found.total - 40)} more</span>` : nothing}</div>`;
  }

  private nextMatch(by: number): void {
    const matches = this.found?.matches ?? [];
    const at = matches.findIndex((m) => m.id === this.state.values.sel);
    const next = matches[(at + by + matches.length) % Math.max(1, matches.length)];
    if (next) void this.go(next);
    else say("Nothing is called that");
  }

  private cost(row: GraphRow): number {
    const fact = this.graph?.facts[row.id];
    return (this.state.values.lane === "memory" ? fact?.bytes : fact?.micros) ?? 0;
  }

  private outline(graph: Logged, layout: Layout): TemplateResult {
    const { lane } = this.state.values;
    const from = this.top - MARGIN;
    const until = this.top + (this.querySelector(".gb-graph-scroll")?.clientHeight || 1200) + MARGIN;
    const seen = layout.placed.filter((p) => p.y < until && p.end > from);
    const most = Math.max(1, ...graph.rows.filter((row) => !row.open).map((row) => this.cost(row)));
    const focusable = layout.byId.has(this.current) ? this.current : graph.rows[0]?.id;
    const costs = lane === "time" || lane === "memory";
    return html`${costs ? html`<div class="gb-graph-heads xs muted" data-lane="params" ${vars({ "--deep": `${layout.depth * 12}px` })} aria-hidden="true"><span></span><span></span><span>${lane === "time" ? "computing" : "allocated"}, share of the largest row</span><span class="num">${lane === "time" ? "time" : "bytes"}</span></div>` : nothing}
      <div class="gb-graph-space" data-lane="params" ?data-wide=${!costs} ${vars({ height: `${layout.height}px`, "--deep": `${layout.depth * 12}px` })}>
        ${seen.filter((p) => p.row.open).map((p) => html`<div class="gb-box" ${vars({ top: `${p.y + 2}px`, height: `${p.end - p.y - 4}px`, "--left": `${p.left}px`, "--right": `${p.right}px` })}></div>`)}
        <div role="tree" aria-label="Operations" @keydown=${(e: KeyboardEvent) => this.keys(e, graph)}>${seen.map((p) => this.line(p, most, p.row.id === focusable))}</div>
        <svg class="gb-arrows" aria-hidden="true" width="1" height=${layout.height}>${layout.arrows.filter((a) => a.y < until && a.y > from).map((a) => svg`<path d=${`M0 ${a.y - 4.5}V${a.y + 1.5}m-2.6 -2.8l2.6 2.8l2.6 -2.8`}></path>`)}</svg>
        <svg class="gb-skips" aria-hidden="true" width="1" height=${layout.height}>${layout.skips.filter((s) => s.top < until && s.bottom > from).map((s) => svg`<path d=${skipPath(s)}></path>`)}</svg>
      </div>`;
  }

  private swatch(row: GraphRow): string {
    if (this.state.values.lane !== "device") return opColour(row);
    const device = this.graph?.facts[row.id]?.device ?? "";
    if (!device) return "var(--axis)";
    let h = 0;
    for (const c of device) h = (h * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
    return `var(--run-${(h % 12) + 1})`;
  }

  private line(p: Placed, most: number, focusable: boolean): TemplateResult {
    const { row } = p;
    const { sel, lane } = this.state.values;
    const group = row.kind === "group";
    const matched = this.found?.matches.some((m) => m.id === row.id || (!row.open && m.open.includes(row.id)));
    const fact = this.graph?.facts[row.id];
    const cost = this.cost(row);
    const written = lane === "memory" ? bytes(cost) : time(cost);
    const costs = (lane === "time" || lane === "memory") && !row.open && cost > 0;
    return html`<div class="gb-row" role="treeitem" data-id=${row.id} aria-level=${row.depth + 1} aria-posinset=${p.position} aria-setsize=${p.siblings}
        aria-expanded=${group ? String(row.open) : nothing} aria-selected=${row.id === sel ? "true" : "false"} tabindex=${focusable ? "0" : "-1"} data-found=${matched ? "" : nothing} data-open=${row.open ? "" : nothing}
        ${vars({ top: `${p.y}px`, "--left": `${p.left}px`, "--right": `${p.right}px`, "--swatch": this.swatch(row) })} @click=${(e: MouseEvent) => this.pick(e, row)} @focus=${() => { this.current = row.id; }}>
      <div class="gb-node">${group ? html`<span class="gb-twist">${icon(row.open ? "down" : "right")}</span>` : html`<span class="swatch"></span>`}<b class="ellipsis" title=${row.id}>${row.label}</b> <span class="muted small ellipsis gb-detail">${lane === "device" && fact?.device ? fact.device : row.detail}</span></div>
      ${costs ? html`<span class="gb-lane-share" title=${`${written}, ${((cost / most) * 100).toFixed(1)} % of the largest row shown`}><i ${vars({ "--fill": `${((cost / most) * 100).toFixed(1)}%` })}></i></span><span class="gb-lane-std num small">${written}</span>` : nothing}
      ${row.op && row.op !== row.label ? html`<span class="sr-only">, ${row.op}</span>` : nothing}</div>`;
  }

  private pick(event: MouseEvent, row: GraphRow): void {
    const group = row.kind === "group" && event.target instanceof Element && event.target.closest(".gb-node");
    if (group) this.toggle(row);
    if (!group || !matchMedia("(width < 1180px)").matches) { this.current = row.id; this.state.set({ sel: row.id }, true); }
    this.reveal(row.id);
  }

  private inspector(graph: Logged | undefined, row: GraphRow | undefined): TemplateResult {
    if (!row || !graph) return html`<aside class="gb-inspector gb-inspector-none" aria-label="Inspector"><p class="muted small">Choose a row to see its operator, device, attributes, inputs and outputs. ${graph ? `${integer(graph.nodes)} operations.` : ""}</p><p class="muted small gb-hints"><kbd>/</kbd> find <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open or close <kbd>Space</kbd> select</p></aside>`;
    const fact = graph.facts[row.id];
    const facts: [string, string][] = [];
    if (row.op) facts.push(["Operator", row.op]);
    if (row.kind === "group") facts.push(["Operations", integer(row.nodes)]);
    if (fact?.device) facts.push(["Device", fact.device]);
    if (fact?.micros !== undefined) facts.push(["Computing", time(fact.micros)]);
    if (fact?.bytes !== undefined) facts.push(["Allocated", bytes(fact.bytes)]);
    const names = (title: string, all: readonly string[] | undefined): TemplateResult | typeof nothing => (all?.length ? html`<section class="gb-panel"><h2>${title} <span class="muted">${all.length}</span></h2><ul class="gb-tensor-list">${all.map((name) => html`<li><button type="button" class="gb-plain mono" @click=${() => void this.follow(name)}><span class="gb-break">${name}</span></button></li>`)}</ul></section>` : nothing);
    return html`<aside class="gb-inspector" aria-label="Inspector">
      <section class="gb-panel"><div class="row"><span class="swatch" ${vars({ "--swatch": this.swatch(row) })}></span><h2 class="grow ellipsis">${row.label}</h2><button type="button" class="icon-btn" aria-label="Close the inspector" @click=${() => this.state.set({ sel: "" }, true)}>${icon("close")}</button></div>
        <p class="mono gb-break gb-inspector-name">${row.id}</p><dl class="facts gb-inspector-facts gb-two-facts">${facts.map(([name, said]) => html`<div><dt>${name}</dt><dd class="gb-break">${said}</dd></div>`)}${(fact?.shapes ?? []).map((shape, i) => html`<div><dt>Output ${i}</dt><dd>${shape}</dd></div>`)}</dl></section>
      ${fact?.attributes ? html`<section class="gb-panel"><h2>Attributes</h2><dl class="gb-attributes">${Object.entries(fact.attributes).map(([name, at]) => html`<div><dt class="mono">${name}</dt><dd class="mono gb-break">${Array.isArray(at) ? `[${at.join(", ")}]` : String(at)}</dd></div>`)}</dl></section>` : nothing}
      ${names("Inputs", fact?.inputs)}${names("Outputs go to", fact?.outputs)}${names("Comes after", fact?.after)}
    </aside>`;
  }

  private reveal(id: string): void {
    const at = this.layout?.byId.get(id);
    const box = this.querySelector<HTMLElement>(".gb-graph-scroll");
    if (at && box && (at.y < box.scrollTop || at.y + 2 * ROW > box.scrollTop + box.clientHeight)) box.scrollTop = at.y - box.clientHeight / 2;
  }

  private keys(event: KeyboardEvent, graph: Logged): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = graph.rows;
    const at = rows.findIndex((row) => row.id === (event.target as HTMLElement).dataset["id"]);
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
      case "Enter": if (group) this.toggle(row); else this.state.set({ sel: row.id }, true); break;
      case " ": this.state.set({ sel: row.id }, true); break;
      default: return;
    }
    event.preventDefault();
    this.current = (next ?? row).id;
    this.focusNext = true;
    if (next) this.reveal(next.id);
    this.requestUpdate();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (changed.has("graph") && this.graph && changed.get("graph") === undefined && this.current) this.reveal(this.current);
    if (!this.focusNext) return;
    const row = [...this.querySelectorAll<HTMLElement>(".gb-row")].find((r) => r.dataset["id"] === this.current);
    if (row) { this.focusNext = false; row.focus({ preventScroll: true }); }
  }

  private save(kind: "svg" | "png"): void {
    const { graph, layout } = this;
    if (!graph || !layout) return;
    void drawing(layout, (row) => this.swatch(row), kind).then((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `graph.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, (error: unknown) => toast(sentence(error)));
  }
}

function time(micros: number): string {
  return micros < 1000 ? `${micros} µs` : micros < 1e6 ? `${Number((micros / 1000).toPrecision(3))} ms` : `${Number((micros / 1e6).toPrecision(3))} s`;
}

define("gb-run-graph", GbRunGraph);
