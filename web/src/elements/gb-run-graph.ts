import { html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { bytes, integer } from "../lib/format.ts";
import { runInspector } from "../lib/run-inspector.ts";
import { coloured, legend, lookAt, microseconds, type Found, type Lane, type Logged, type Match, type Source } from "../lib/run-graph.ts";
import { getJson, sentence } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { bind } from "../lib/keys.ts";
import { opColour } from "../lib/ops.ts";
import { layOut, ROW, skipPath, type Layout, type Placed } from "../lib/outline.ts";
import { outlineKey, toggled } from "../lib/outline-keys.ts";
import { say, toast } from "../lib/say.ts";
import { drawing } from "../lib/graph-svg.ts";
import type { GraphRow } from "../lib/types.ts";
import { choice, flag, list, number, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";

const MARGIN = 600;
const ALL = 99;
const DEPTHS = [[1, "Depth 1"], [2, "2"], [3, "3"], [ALL, "All"]] as const;

/** A graph that a run logged: the outline of models, with devices, costs and a search by regular expression. */
class GbRunGraph extends GbElement {
  static override properties = { experiment: {}, run: {}, tag: {}, sources: { type: Array }, graph: { state: true }, problem: { state: true }, top: { state: true }, current: { state: true }, found: { state: true }, tick: { state: true }, file: { state: true } };
  declare experiment: string;
  declare run: string;
  declare tag: string;
  declare sources: readonly Source[];
  declare graph: Logged | undefined;
  declare problem: string | undefined;
  declare top: number;
  declare current: string;
  declare found: Found | undefined;
  declare tick: number;
  /** A graph from this machine, looked at instead of what was logged. */
  declare file: File | undefined;
  private readonly state = new UrlState({ run: text(), tag: text(), open: list(), d: number(0, 0, ALL), sel: text(), q: text(), profile: text(), lane: choice<Lane>("none", "structure", "device", "time", "memory"), stacks: flag(true), aside: list(), trace: flag(false) });
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
        if (["run", "tag", "open", "d", "profile", "lane", "stacks", "aside", "trace"].some((key) => changed.has(key as "run")) || (this.state.values.trace && changed.has("sel"))) void this.load();
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
    if (this.file) return "";
    return profile || (lane === "none" ? "" : (this.source?.profiles[0] ?? ""));
  }

  private async load(): Promise<void> {
    const mine = (this.asked += 1);
    const { open, d, stacks, aside, trace, sel } = this.state.values;
    const { source, file } = this;
    if (!source && !file) return;
    const look = { open: list().format(open), depth: d || undefined, stacks: stacks ? undefined : "0", aside: list().format(aside), trace: trace ? sel : undefined };
    try {
      const graph = file ? (await lookAt(file, look)).graph : await getJson<Logged>(api(`/experiments/${encodeURIComponent(this.experiment)}/graph`, { run: source?.run, tag: source?.tag, profile: this.profile || undefined, ...look }));
      if (mine !== this.asked) return;
      this.querySelector("[data-server]")?.remove();
      this.layout = layOut(graph);
      this.graph = graph;
      this.problem = undefined;
    } catch (error) {
      if (mine !== this.asked) return;
      this.querySelector("[data-server]")?.remove();
      [this.graph, this.layout] = [undefined, undefined];
      this.problem = sentence(error);
    }
  }

  private async search(): Promise<void> {
    const mine = (this.searched += 1);
    const { q } = this.state.values;
    if (!q || (!this.source && !this.file)) { this.found = undefined; return; }
    await new Promise((wake) => setTimeout(wake, 150));
    if (mine !== this.searched) return;
    try {
      const found = await this.find(q);
      if (mine === this.searched) this.found = found;
    } catch {
      // A pattern that is being typed is often none yet.
      if (mine === this.searched) this.found = { total: 0, matches: [] };
    }
  }

  private async find(q: string): Promise<Found> {
    const { source, file } = this;
    if (file) return (await lookAt(file, { q, depth: 1 })).found ?? { total: 0, matches: [] };
    return getJson<Found>(api(`/experiments/${encodeURIComponent(this.experiment)}/graph/find`, { run: source?.run, tag: source?.tag, q }));
  }

  /** Shows a file of this machine, or with none what was logged. */
  private show(file: File | undefined): void {
    this.file = file;
    [this.graph, this.layout, this.found, this.problem, this.top] = [undefined, undefined, undefined, undefined, 0];
    this.state.set({ open: [], aside: [], d: 0, sel: "", q: "", trace: false, lane: "none", profile: "" }, true);
    void this.load();
    say(file ? `${file.name} is shown; it is not stored` : "The logged graph is shown");
  }

  private opener(): TemplateResult {
    const pick = (e: Event): void => {
      const input = e.target as HTMLInputElement;
      if (input.files?.[0]) this.show(input.files[0]);
      input.value = "";
    };
    return html`<input class="gb-graph-file" type="file" hidden accept=".pb,.pbtxt,.txt,.json" aria-label="File of a graph" @change=${pick}><button type="button" class="btn" title="A GraphDef (.pb, .pbtxt) or a Keras model's JSON, looked at without storing it" @click=${() => this.querySelector<HTMLInputElement>(".gb-graph-file")?.click()}>Open a file</button>`;
  }

  private toggle(row: GraphRow): void {
    if (!this.graph) return;
    this.state.set({ open: toggled(this.graph, row, this.state.values.open), d: this.graph.depth }, true);
    say(`${row.label} ${row.open ? "closed" : "open"}`);
  }

  private choose(sel: string): void {
    this.state.set({ sel }, true);
  }

  /** Takes a row out of the outline, or puts it back. */
  private move(row: GraphRow, out: boolean): void {
    const { aside } = this.state.values;
    this.state.set({ aside: out ? [...aside.filter((id) => id !== row.id), row.id] : aside.filter((id) => id !== row.id), d: this.graph?.depth ?? 0 }, true);
    say(`${row.label} ${out ? "set aside" : "back in the graph"}`);
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
    const node = name.replace(/^\^/, "").split(":")[0] ?? name;
    const here = this.all.find((row) => row.id === node);
    if (here) { this.choose(here.id); this.reveal(here.id); return; }
    const q = `^${node.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
    const found = await this.find(q).catch(() => ({ total: 0, matches: [] as readonly Match[] }));
    if (found.matches[0]) await this.go(found.matches[0]);
    else toast(`${node} is not in this graph`);
  }

  protected override render(): TemplateResult {
    const { graph, layout } = this;
    const source = this.source;
    if (!graph && !this.problem) return this.sources.length === 0 && !this.file ? html`<div class="gb-graph-none">${this.opener()}</div>` : html``;
    const { sel, lane } = this.state.values;
    const chosen = this.all.find((row) => row.id === sel);
    return html`<div class="gb-model">
      <div class="gb-graph-col">
        ${this.tools(graph, source)}
        ${this.matchList()}${this.asideList(graph)}${graph ? legend(graph, lane) : nothing}
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
    const plain = [["none", "Plain"], ["structure", "Structure"], ["device", "Device"]] as const;
    const lanes = !this.file && source?.profiles.length ? ([...plain, ["time", "Time"], ["memory", "Memory"]] as const) : plain;
    return html`<div class="gb-graph-tools row wrap">
      <label class="field gb-find">${icon("search")}<input data-filter type="search" placeholder="Find, regex" aria-label="Find operations, regex on name and operator" .value=${q}
        @input=${(e: Event) => this.state.set({ q: (e.target as HTMLInputElement).value })} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") this.nextMatch(e.shiftKey ? -1 : 1); if (e.key === "Escape") this.state.set({ q: "" }); }}><kbd>/</kbd></label>
      ${this.file ? html`<span class="mono ellipsis gb-graph-name" title="Looked at, not stored">${this.file.name}</span>${this.sources.length ? html`<button type="button" class="icon-btn" aria-label="Close the file" @click=${() => this.show(undefined)}>${icon("close")}</button>` : nothing}` : this.sources.length > 1 ? html`<select class="select mono" aria-label="Run and graph" @change=${(e: Event) => { const at = this.sources[Number((e.target as HTMLSelectElement).value)]; if (at) this.state.set({ run: at.run, tag: at.tag, open: [], aside: [], d: 0, sel: "", profile: "" }, true); }}>${this.sources.map((s, i) => html`<option value=${i} ?selected=${s === source}>${s.name} · ${s.title}</option>`)}</select>` : html`<span class="mono ellipsis">${source?.name} · ${source?.title}</span>`}
      <fieldset class="seg"><legend class="sr-only">Depth</legend>${DEPTHS.map(([at, name]) => html`<label><input type="radio" name="depth" .checked=${on(at)} ?disabled=${at !== ALL && at > deepest} @change=${() => this.state.set({ d: at, open: [] }, true)}>${name}</label>`)}</fieldset>
      <label class="switch" title="Neighbours of one structure, named x, x_1, x_2, as one row"><input type="checkbox" role="switch" .checked=${this.state.values.stacks} @change=${(e: Event) => this.state.set({ stacks: (e.target as HTMLInputElement).checked }, true)}>Stacks</label>
      <span class="grow"></span>
      ${!this.file && source && source.profiles.length > 1 ? html`<select class="select" aria-label="Profile" @change=${(e: Event) => this.state.set({ profile: (e.target as HTMLSelectElement).value }, true)}>${source.profiles.map((p) => html`<option value=${p} ?selected=${p === this.profile}>${p}</option>`)}</select>` : nothing}
      <fieldset class="seg"><legend class="sr-only">Colour and lanes</legend>${lanes.map(([at, name]) => html`<label><input type="radio" name="lane" .checked=${lane === at} @change=${() => this.state.set({ lane: at }, true)}>${name}</label>`)}</fieldset>
      ${this.opener()}<button type="button" class="btn" @click=${() => this.save("svg")}>SVG</button><button type="button" class="btn" @click=${() => this.save("png")}>PNG</button>
    </div>`;
  }

  private matchList(): TemplateResult | typeof nothing {
    const { found } = this;
    if (!found || !this.state.values.q) return nothing;
    return html`<div class="gb-matches" role="region" aria-label="Found operations"><span class="muted small" aria-live="polite">${integer(found.total)} found</span>${found.matches.slice(0, 40).map((m) => html`<button type="button" class="chip gb-match" title=${m.id} aria-pressed=${m.id === this.state.values.sel} @click=${() => void this.go(m)}>${m.label}${m.op && m.op !== m.label ? html` <span class="muted">${m.op}</span>` : nothing}</button>`)}${found.total > 40 ? html`<span class="muted small">and ${integer(found.total - 40)} more</span>` : nothing}</div>`;
  }

  private asideList(graph: Logged | undefined): TemplateResult | typeof nothing {
    const aside = graph?.aside ?? [];
    if (aside.length === 0) return nothing;
    const { sel } = this.state.values;
    return html`<div class="gb-matches gb-aside" role="region" aria-label="Set aside"><span class="muted small">Set aside</span>${aside.map((row) => html`<span class="row gb-aside-one"><button type="button" class="chip gb-match" title=${row.id} aria-pressed=${row.id === sel} @click=${() => this.choose(row.id)}>${row.label} <span class="muted">${row.detail}</span></button><button type="button" class="icon-btn" aria-label=${`Put ${row.label} back`} @click=${() => this.move(row, false)}>${icon("close")}</button></span>`)}${aside.length > 1 ? html`<button type="button" class="btn btn-ghost" @click=${() => this.state.set({ aside: [] }, true)}>Put all back</button>` : nothing}</div>`;
  }

  private nextMatch(by: number): void {
    const matches = this.found?.matches ?? [];
    const at = matches.findIndex((m) => m.id === this.state.values.sel);
    const next = matches[(at + by + matches.length) % Math.max(1, matches.length)];
    if (next) void this.go(next);
    else say("Nothing is called that");
  }

  /** Every row there is, drawn or set aside. */
  private get all(): readonly GraphRow[] {
    return [...(this.graph?.rows ?? []), ...(this.graph?.aside ?? [])];
  }

  private cost(row: GraphRow): number {
    const fact = this.graph?.facts[row.id];
    return (this.state.values.lane === "memory" ? fact?.bytes : fact?.micros) ?? 0;
  }

  /** What the dearest row that is drawn costs. */
  private get most(): number {
    return (this.graph?.rows ?? []).reduce((most, row) => (row.open ? most : Math.max(most, this.cost(row))), 1);
  }

  private outline(graph: Logged, layout: Layout): TemplateResult {
    const { lane } = this.state.values;
    const from = this.top - MARGIN;
    const until = this.top + (this.querySelector(".gb-graph-scroll")?.clientHeight || 1200) + MARGIN;
    const seen = layout.placed.filter((p) => p.y < until && p.end > from);
    const most = this.most;
    const focusable = layout.byId.has(this.current) ? this.current : graph.rows[0]?.id;
    const costs = lane === "time" || lane === "memory";
    return html`${costs ? html`<div class="gb-graph-heads xs muted" data-lane="params" ${vars({ "--deep": `${layout.depth * 12}px` })} aria-hidden="true"><span></span><span></span><span>${lane === "time" ? "computing" : "allocated"}, share of the largest row</span><span class="num">${lane === "time" ? "time" : "bytes"}</span></div>` : nothing}
      <div class="gb-graph-space" data-lane="params" ?data-wide=${!costs} ?data-hue=${lane !== "none"} ?data-tracing=${graph.traced !== undefined} ${vars({ height: `${layout.height}px`, "--deep": `${layout.depth * 12}px` })}>
        ${seen.filter((p) => p.row.open).map((p) => html`<div class="gb-box" ${vars({ top: `${p.y + 2}px`, height: `${p.end - p.y - 4}px`, "--left": `${p.left}px`, "--right": `${p.right}px` })}></div>`)}
        <div role="tree" aria-label="Operations" @keydown=${(e: KeyboardEvent) => this.keys(e, graph)}>${seen.map((p) => this.line(p, most, p.row.id === focusable))}</div>
        <svg class="gb-arrows" aria-hidden="true" width="1" height=${layout.height}>${layout.arrows.filter((a) => a.y < until && a.y > from).map((a) => svg`<path d=${`M0 ${a.y - 4.5}V${a.y + 1.5}m-2.6 -2.8l2.6 2.8l2.6 -2.8`}></path>`)}</svg>
        <svg class="gb-skips" aria-hidden="true" width="1" height=${layout.height}>${layout.skips.filter((s) => s.top < until && s.bottom > from).map((s) => svg`<path data-traced=${this.traced(s.from.row) && (this.traced(s.to.row) || s.to.row.id === this.state.values.sel) ? "" : nothing} d=${skipPath(s)}></path>`)}</svg>
      </div>`;
  }

  private traced(row: GraphRow): boolean {
    return this.graph?.facts[row.id]?.traced !== undefined;
  }

  private swatch(row: GraphRow): string {
    const { graph } = this;
    const { lane } = this.state.values;
    if (!graph || lane === "none") return opColour(row);
    return coloured(graph, row, lane, this.most);
  }

  private line(p: Placed, most: number, focusable: boolean): TemplateResult {
    const { row } = p;
    const { sel, lane } = this.state.values;
    const group = row.kind === "group";
    const matched = this.found?.matches.some((m) => m.id === row.id || (!row.open && m.open.includes(row.id)));
    const fact = this.graph?.facts[row.id];
    const cost = this.cost(row);
    const written = lane === "memory" ? bytes(cost) : microseconds(cost);
    const costs = (lane === "time" || lane === "memory") && !row.open && cost > 0;
    return html`<div class="gb-row" role="treeitem" data-id=${row.id} aria-level=${row.depth + 1} aria-posinset=${p.position} aria-setsize=${p.siblings}
        aria-expanded=${group ? String(row.open) : nothing} aria-selected=${row.id === sel ? "true" : "false"} tabindex=${focusable ? "0" : "-1"} data-found=${matched ? "" : nothing} data-open=${row.open ? "" : nothing} data-stack=${row.stack ? "" : nothing} data-traced=${fact?.traced ? "" : nothing}
        ${vars({ top: `${p.y}px`, "--left": `${p.left}px`, "--right": `${p.right}px`, "--swatch": this.swatch(row) })} @click=${(e: MouseEvent) => this.pick(e, row)} @focus=${() => { this.current = row.id; }}>
      <div class="gb-node">${group ? html`<span class="gb-twist">${icon(row.open ? "down" : "right")}</span>` : html`<span class="swatch"></span>`}<b class="ellipsis" title=${row.id}>${row.label}</b> <span class="muted small ellipsis gb-detail">${lane === "device" && fact?.device ? fact.device : fact?.traced && group ? `${integer(fact.traced)} of ${integer(row.nodes)}` : row.detail}</span></div>
      ${costs ? html`<span class="gb-lane-share" title=${`${written}, ${((cost / most) * 100).toFixed(1)} % of the largest row shown`}><i ${vars({ "--fill": `${((cost / most) * 100).toFixed(1)}%` })}></i></span><span class="gb-lane-std num small">${written}</span>` : nothing}
      ${row.op && row.op !== row.label ? html`<span class="sr-only">, ${row.op}</span>` : nothing}${fact?.traced ? html`<span class="sr-only">, needed</span>` : nothing}</div>`;
  }

  private pick(event: MouseEvent, row: GraphRow): void {
    const group = row.kind === "group" && event.target instanceof Element && event.target.closest(".gb-node");
    if (group) this.toggle(row);
    if (!group || !matchMedia("(width < 1180px)").matches) { this.current = row.id; this.choose(row.id); }
    this.reveal(row.id);
  }

  private inspector(graph: Logged | undefined, row: GraphRow | undefined): TemplateResult {
    const { trace, aside } = this.state.values;
    return runInspector(graph, row, {
      colour: (one) => this.swatch(one),
      trace, aside: row !== undefined && aside.includes(row.id),
      onTrace: (on) => this.state.set({ trace: on }, true),
      onAside: (one, out) => this.move(one, out),
      onFollow: (name) => void this.follow(name),
      onClose: () => this.choose(""),
    });
  }

  private reveal(id: string): void {
    const at = this.layout?.byId.get(id);
    const box = this.querySelector<HTMLElement>(".gb-graph-scroll");
    if (at && box && (at.y < box.scrollTop || at.y + 2 * ROW > box.scrollTop + box.clientHeight)) box.scrollTop = at.y - box.clientHeight / 2;
  }

  private keys(event: KeyboardEvent, graph: Logged): void {
    const done = outlineKey(event, graph.rows, { toggle: (row) => this.toggle(row), select: (row) => this.choose(row.id) });
    if (!done) return;
    this.current = done.row.id;
    this.focusNext = true;
    if (done.moved) this.reveal(done.row.id);
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
    void drawing(layout, (row) => this.swatch(row), kind, this.state.values.lane !== "none").then((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `graph.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, (error: unknown) => toast(sentence(error)));
  }
}

define("gb-run-graph", GbRunGraph);
