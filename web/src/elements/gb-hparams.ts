import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { viridis } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration, integer, value } from "../lib/format.ts";
import { type Brush, type Column, type Group, type Of, type Session, type Sessions, columnsOf, compare, formatBrush, groupsOf, inside, parseBrush, parseFilter, scaleOf, show, valueOf } from "../lib/hparams.ts";
import { getJson, sentence } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { bind } from "../lib/keys.ts";
import { onLive } from "../lib/live.ts";
import { say } from "../lib/say.ts";
import { choice, list, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import "./gb-parallel.ts";
import "./gb-scatter.ts";
import "./gb-session.ts";

/** Rows of the table at once; more are a click away. */
const PAGE = 200;
/** Columns of the scatter matrix. */
const MATRIX = 5;
const VIEWS = [["all", "All"], ["parallel", "Parallel"], ["scatter", "Scatter"], ["table", "Table"]] as const;
const STATES = ["running", "success", "failure", "unknown"] as const;

/** What runs were given beside what they reached: parallel coordinates, scatter plots, groups and a table over one set of brushes. */
class GbHparams extends GbElement {
  static override properties = { experiment: {}, all: { state: true }, problem: { state: true }, hovered: { state: true }, rows: { state: true }, tick: { state: true } };
  declare experiment: string;
  declare all: Sessions | undefined;
  declare problem: string | undefined;
  declare hovered: string;
  declare rows: number;
  declare tick: number;
  private readonly state = new UrlState({
    v: choice<"all" | "parallel" | "scatter" | "table">("all", "parallel", "scatter", "table"), q: text(), by: text(), c: text(), col: list(), order: list(), b: list(), st: list(),
    sort: text(), sel: text(), of: choice<Of>("last", "min", "max"), x: text(), y: text(),
  });
  private columns: readonly Column[] = [];
  private offs: (() => void)[] = [];
  private due: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { hovered: "", rows: PAGE, tick: 0 });
    this.offs = [
      this.state.watch(() => { this.tick += 1; }),
      bind("Escape", () => this.state.set({ sel: "" }, true)),
      bind("0", () => this.state.set({ b: [], st: [], q: "" }, true)),
      bind("j", () => this.step(1)), bind("k", () => this.step(-1)),
      onLive("points", (event) => { if (event.experiment === this.experiment) this.due ??= setTimeout(() => { this.due = undefined; void this.load(); }, 2000); }),
    ];
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  private async load(): Promise<void> {
    try {
      const all = await getJson<Sessions>(api(`/experiments/${encodeURIComponent(this.experiment)}/hparams`));
      this.columns = columnsOf(all);
      this.querySelector("[data-server]")?.remove();
      this.all = all;
      this.problem = undefined;
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  /** Columns chosen, in their order: `-name` hides one that is shown at first, `+name` shows one that is not. */
  private get chosen(): Column[] {
    const { col, order } = this.state.values;
    const on = this.columns.filter((c) => (col.includes(`-${c.name}`) ? false : col.includes(`+${c.name}`) || c.shown));
    const place = (c: Column): number => { const at = order.indexOf(c.name); return at < 0 ? order.length + this.columns.indexOf(c) : at; };
    return on.sort((a, b) => place(a) - place(b));
  }

  private toggle(column: Column): void {
    const rest = this.state.values.col.filter((one) => one.slice(1) !== column.name);
    const on = this.chosen.includes(column);
    this.state.set({ col: on === column.shown ? [...rest, `${on ? "-" : "+"}${column.name}`] : rest }, true);
  }

  private get brushes(): Brush[] {
    return this.state.values.b.map(parseBrush).filter((b): b is Brush => b !== undefined);
  }

  private brush(name: string, brush: Brush | undefined): void {
    const rest = this.brushes.filter((b) => b.name !== name).map(formatBrush);
    this.state.set({ b: brush ? [...rest, formatBrush(brush)] : rest }, true);
    say(brush ? `${name} brushed` : `${name} is free`);
  }

  private get metric(): Column | undefined {
    const metrics = this.columns.filter((c) => c.metric);
    return metrics.find((c) => c.name === this.state.values.c) ?? metrics.find((c) => c.shown) ?? metrics[0];
  }

  /** Sessions that the filter and the choice of states let through. */
  private get listed(): Session[] {
    const { q, st, of } = this.state.values;
    const passes = parseFilter(q, this.columns, of);
    return (this.all?.sessions ?? []).filter((s) => (st.length === 0 || st.includes(s.status)) && passes(s));
  }

  private kept(listed: readonly Session[]): Set<string> {
    const { of } = this.state.values;
    const tests = this.brushes.map((b) => [b, this.columns.find((c) => c.name === b.name)] as const);
    return new Set(listed.filter((s) => tests.every(([b, c]) => !c || inside(valueOf(s, c, of), b))).map((s) => s.run));
  }

  private sorted(sessions: readonly Session[]): Session[] {
    const { sort, of } = this.state.values;
    const down = sort.startsWith("-");
    const name = sort.replace(/^-/, "");
    const column = this.columns.find((c) => c.name === name) ?? (sort === "" ? this.metric : undefined);
    if (!column && name !== "run" && name !== "status") return [...sessions];
    const fall = sort === "" ? column?.goal === "max" : down;
    const at = (s: Session) => (column ? valueOf(s, column, of) : name === "status" ? s.status : s.name);
    return [...sessions].sort((a, b) => { const [p, q] = [at(a), at(b)]; return p === undefined || q === undefined ? compare(p, q) : fall ? compare(q, p) : compare(p, q); });
  }

  private step(by: number): void {
    const listed = this.listed;
    const kept = this.kept(listed);
    const rows = this.sorted(listed.filter((s) => kept.has(s.run)));
    const at = rows.findIndex((s) => s.run === this.state.values.sel);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next) { this.state.set({ sel: next.run }); say(next.name); }
  }

  private colour(metric: Column | undefined, sessions: readonly Session[], of: Of): (s: Session) => string {
    if (!metric) return () => "var(--accent)";
    const scale = scaleOf(metric, sessions.map((s) => valueOf(s, metric, of)));
    return (s) => {
      const at = scale.at(valueOf(s, metric, of));
      if (at === undefined) return "var(--axis)";
      const good = metric.goal === "min" ? 1 - at : at;
      const i = Math.round(12 + good * 215) * 3;
      return `rgb(${viridis[i]} ${viridis[i + 1]} ${viridis[i + 2]})`;
    };
  }

  protected override render(): TemplateResult {
    if (this.problem && !this.all) return html`<div class="page-body"><p class="notice notice-bad" role="alert"><b>The sessions could not be read.</b> ${this.problem}</p></div>`;
    if (!this.all) return html``;
    const { v, of, sel } = this.state.values;
    const listed = this.listed;
    const kept = this.kept(listed);
    const columns = this.chosen;
    const metric = this.metric;
    const colour = this.colour(metric, listed, of);
    const inner = listed.filter((s) => kept.has(s.run));
    const picked = this.all.sessions.find((s) => s.run === sel);
    const wants = (...views: string[]): boolean => v === "all" || views.includes(v);
    return html`${this.side(columns, listed, kept)}
      <div class="board hp-board" @gb-hover=${(e: CustomEvent<string>) => { this.hovered = e.detail; }} @gb-pick=${(e: CustomEvent<string>) => this.state.set({ sel: e.detail }, true)}>
        ${this.bar(inner)}
        ${this.all.hparams.length === 0 ? html`<p class="notice muted">No run of this experiment logged hyperparameters: these are its runs with their metrics. Write some with add_hparams, and each run is drawn by what it was given.</p>` : nothing}
        ${picked ? this.details(picked) : nothing}
        ${wants("parallel") && columns.length > 1 ? html`<section class="card hp-card"><div class="card-head"><h2>Parallel coordinates</h2><span class="muted small hp-hint grow ellipsis">drag on an axis to brush, drag a name to reorder</span>${this.legend(metric, listed, of)}</div>
          ${listed.length && !listed.some((s) => columns.filter((c) => valueOf(s, c, of) !== undefined).length > 1) ? html`<p class="muted small hp-none">No run has two of these values, so no line can be drawn: choose other columns at the left.</p>` : nothing}<gb-parallel .columns=${columns} .sessions=${listed} .kept=${kept} .brushes=${this.brushes} .colour=${colour} .of=${of} .hovered=${this.hovered} .picked=${sel}
            @gb-brush=${(e: CustomEvent<{ name: string; brush?: Brush }>) => this.brush(e.detail.name, e.detail.brush)} @gb-order=${(e: CustomEvent<string[]>) => this.state.set({ order: e.detail }, true)}></gb-parallel></section>` : nothing}
        <div class="hp-pair">
          ${wants("scatter") ? (v === "scatter" ? this.matrix(columns, listed, kept, colour) : this.scatter(columns, listed, kept, colour)) : nothing}
          ${v === "all" && metric ? this.groups(metric, inner, colour) : nothing}
        </div>
        ${wants("table") ? this.table(columns, listed, kept) : nothing}
      </div>`;
  }

  private side(columns: readonly Column[], listed: readonly Session[], kept: ReadonlySet<string>): TemplateResult {
    const { q, st } = this.state.values;
    const all = this.all?.sessions ?? [];
    const line = (c: Column): TemplateResult => html`<li class="hp-column"><input class="check" type="checkbox" aria-label=${`Show ${c.title}`} .checked=${columns.includes(c)} @change=${() => this.toggle(c)}><details name="hp-column"><summary class="hp-line"><span class="mono ellipsis grow" title=${c.description || c.name}>${c.title}</span><span class="muted small ellipsis">${this.range(c, all)}</span></summary>${this.restrict(c, all)}</details></li>`;
    const given = this.columns.filter((c) => !c.metric);
    const metrics = this.columns.filter((c) => c.metric);
    const states = STATES.filter((s) => all.some((one) => one.status === s));
    const brushes = this.brushes;
    return html`<aside class="hp-side" aria-label="Columns and filters">
      <label class="field">${icon("search")}<input type="search" data-filter placeholder="Filter, e.g. lr < 1e-2" aria-label="Filter: conditions with commas, or a regex of the run's name" .value=${q} @input=${(e: Event) => this.state.set({ q: (e.target as HTMLInputElement).value })}><kbd>/</kbd></label>
      <div class="hp-scroll">
        ${given.length ? html`<h2>Columns</h2><ul>${given.map(line)}</ul>` : nothing}
        ${metrics.length ? html`<h2>Metrics</h2><ul>${metrics.map(line)}</ul>` : nothing}
        ${states.length > 1 ? html`<h2>Status</h2><ul>${states.map((s) => html`<li class="hp-line"><input class="check" id=${`hp-${s}`} type="checkbox" .checked=${st.length === 0 || st.includes(s)} @change=${() => this.flip(s, states)}><label class="grow" for=${`hp-${s}`}>${s}</label><span class="muted small">${all.filter((one) => one.status === s).length}</span></li>`)}</ul>` : nothing}
        ${brushes.length ? html`<h2>Brushes</h2><ul>${brushes.map((b) => html`<li class="hp-line"><span class="mono ellipsis grow">${b.name}</span><span class="muted small ellipsis">${said(b)}</span><button type="button" class="icon-btn" aria-label=${`Remove the brush of ${b.name}`} @click=${() => this.brush(b.name, undefined)}>${icon("close")}</button></li>`)}</ul>` : nothing}
      </div>
      <p class="hp-foot muted small" aria-live="polite">${brushes.length ? `${kept.size} of ${listed.length} inside ${brushes.length === 1 ? "the brush" : brushes.length === 2 ? "both brushes" : "all brushes"}` : `${listed.length} of ${all.length} runs`}${brushes.length || st.length || q ? html` · <button type="button" class="link-btn" @click=${() => this.state.set({ b: [], st: [], q: "" }, true)}>Clear</button>` : nothing}</p>
    </aside>`;
  }

  private flip(status: string, states: readonly string[]): void {
    const now = this.state.values.st.length === 0 ? [...states] : [...this.state.values.st];
    const next = now.includes(status) ? now.filter((s) => s !== status) : [...now, status];
    this.state.set({ st: next.length === states.length ? [] : next.length === 0 ? ["none"] : next }, true);
  }

  private range(c: Column, all: readonly Session[]): string {
    const values = all.map((s) => valueOf(s, c, this.state.values.of)).filter((v) => v !== undefined);
    const different = [...new Set(values)].sort(compare);
    if (different.length === 0) return "";
    if (c.metric) return c.goal ?? "";
    if (different.length <= 3 && different.every((v) => String(v).length < 7)) return different.map((v) => show(v, false)).join(", ");
    return c.numeric ? `${show(different[0], false)} to ${show(different.at(-1), false)}` : `${different.length} values`;
  }

  /** What TensorBoard has as filters: an interval, a set, or a pattern. */
  private restrict(c: Column, all: readonly Session[]): TemplateResult {
    const brush = this.brushes.find((b) => b.name === c.name);
    const different = [...new Set(all.map((s) => valueOf(s, c, this.state.values.of)).filter((v) => v !== undefined))].sort(compare);
    const edge = (key: "from" | "to", word: string): TemplateResult => html`<label class="grow"><span class="sr-only">${c.title} ${word}</span><input class="input" type="text" inputmode="decimal" placeholder=${word} .value=${brush?.[key] === undefined ? "" : String(Number(brush[key].toPrecision(6)))} @change=${(e: Event) => {
      const typed = (e.target as HTMLInputElement).value.trim();
      const n = typed === "" ? undefined : Number(typed);
      const next = { name: c.name, from: brush?.from, to: brush?.to, [key]: n !== undefined && Number.isFinite(n) ? n : undefined };
      this.brush(c.name, next.from === undefined && next.to === undefined ? undefined : { name: c.name, ...(next.from === undefined ? {} : { from: next.from }), ...(next.to === undefined ? {} : { to: next.to }) });
    }}></label>`;
    return html`<div class="hp-restrict">
      ${c.numeric ? html`<div class="row">${edge("from", "from")}${edge("to", "to")}</div>` : html`<label><span class="sr-only">${c.title} matches</span><input class="input" type="text" placeholder="regex" .value=${brush?.pattern ?? ""} @change=${(e: Event) => { const p = (e.target as HTMLInputElement).value; this.brush(c.name, p ? { name: c.name, pattern: p } : undefined); }}></label>`}
      ${!c.metric && different.length <= 12 ? html`<div class="row wrap">${different.map((v) => { const word = String(v); const on = !brush?.values || brush.values.includes(word); return html`<label class="hp-value"><input class="check" type="checkbox" .checked=${on} @change=${() => {
        const now = brush?.values ?? different.map(String);
        const next = on ? now.filter((one) => one !== word) : [...now, word];
        this.brush(c.name, next.length === different.length ? undefined : { name: c.name, values: next });
      }}> <span class="mono">${show(v, false)}</span></label>`; })}</div>` : nothing}
      ${c.description ? html`<p class="xs muted">${c.description}</p>` : nothing}
    </div>`;
  }

  private bar(inner: readonly Session[]): TemplateResult {
    const { v, by, of } = this.state.values;
    const given = this.columns.filter((c) => !c.metric && c.differs);
    const metrics = this.columns.filter((c) => c.metric);
    return html`<div class="toolbar hp-bar">
      <fieldset class="seg"><legend class="sr-only">View</legend>${VIEWS.map(([name, word]) => html`<label><input type="radio" name="hp-view" .checked=${v === name} @change=${() => this.state.set({ v: name }, true)}>${word}</label>`)}</fieldset>
      <label class="row"><span class="muted">Group by</span><select class="select" aria-label="Group by" @change=${(e: Event) => this.state.set({ by: (e.target as HTMLSelectElement).value }, true)}><option value="" ?selected=${by === ""}>Setting</option>${given.map((c) => html`<option value=${c.name} ?selected=${by === c.name}>${c.title}</option>`)}</select></label>
      ${metrics.length ? html`<label class="row"><span class="muted">Colour</span><select class="select mono" aria-label="Colour and compare by" @change=${(e: Event) => this.state.set({ c: (e.target as HTMLSelectElement).value }, true)}>${metrics.map((c) => html`<option value=${c.name} ?selected=${c === this.metric}>${c.title}</option>`)}</select></label>
      <label class="row"><select class="select" aria-label="Which value of a metric" @change=${(e: Event) => this.state.set({ of: (e.target as HTMLSelectElement).value as Of }, true)}>${([["last", "Last value"], ["min", "Smallest"], ["max", "Largest"]] as const).map(([name, word]) => html`<option value=${name} ?selected=${of === name}>${word}</option>`)}</select></label>` : nothing}
      ${this.brushes.length && inner.length && inner.length <= 100 ? html`<span class="grow"></span><a class="btn btn-primary" href=${url(`/runs/${encodeURIComponent(this.experiment)}/scalars?runs=${inner.map((s) => s.run).join(",")}`)}>Charts of the ${inner.length} brushed</a>` : nothing}
    </div>`;
  }

  /** The table as files: its columns, and the runs inside the brushes where an address can name them. */
  private files(columns: readonly Column[], rows: readonly Session[]): TemplateResult {
    const file = (format: string): string => api(`/experiments/${encodeURIComponent(this.experiment)}/hparams`, { format, of: this.state.values.of === "last" ? undefined : this.state.values.of, columns: list().format(columns.map((c) => c.name)), runs: rows.length === this.all?.sessions.length || rows.length > 100 ? undefined : rows.map((s) => s.run).join(",") });
    return html`<span class="row hp-files">${([["csv", "CSV"], ["latex", "LaTeX"], ["json", "JSON"]] as const).map(([format, word]) => html`<a class="btn" href=${file(format)} download=${`${this.experiment}-hparams.${format === "latex" ? "tex" : format}`}>${word}</a>`)}</span>`;
  }

  private legend(metric: Column | undefined, sessions: readonly Session[], of: Of): TemplateResult | typeof nothing {
    if (!metric) return nothing;
    const values = sessions.map((s) => valueOf(s, metric, of)).filter((v): v is number => typeof v === "number" && Number.isFinite(v));
    if (values.length === 0) return nothing;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const [a, b] = metric.goal === "min" ? [high, low] : [low, high];
    return html`<span class="row hp-legend small muted">${value(a)}<i></i>${value(b)}</span>`;
  }

  private details(picked: Session): TemplateResult {
    const metric = this.metric;
    const group = metric ? groupsOf(this.all?.sessions ?? [], "", this.columns, metric, this.state.values.of).find((g) => g.sessions.includes(picked))?.sessions : undefined;
    const shown = this.columns.filter((c) => c.metric).slice(0, 12);
    return html`<gb-session .experiment=${this.experiment} .session=${picked} .group=${group ?? [picked]} .columns=${this.columns} .shown=${shown} @gb-close=${() => this.state.set({ sel: "" }, true)}></gb-session>`;
  }

  private axes(columns: readonly Column[]): [Column | undefined, Column | undefined] {
    const { x, y } = this.state.values;
    const find = (name: string): Column | undefined => this.columns.find((c) => c.name === name);
    const first = find(x) ?? columns.find((c) => !c.metric && c.numeric) ?? columns.find((c) => !c.metric) ?? columns[0];
    // A value beside itself says nothing.
    return [first, find(y) ?? (this.metric === first ? columns.find((c) => c !== first) ?? this.columns.find((c) => c.metric && c !== first) : this.metric) ?? first];
  }

  private scatter(columns: readonly Column[], listed: readonly Session[], kept: ReadonlySet<string>, colour: (s: Session) => string): TemplateResult | typeof nothing {
    const [x, y] = this.axes(columns);
    if (!x || !y) return nothing;
    const pick = (key: "x" | "y", now: Column): TemplateResult => html`<select class="select mono hp-pick" aria-label=${`${key} axis`} @change=${(e: Event) => this.state.set({ [key]: (e.target as HTMLSelectElement).value }, true)}>${this.columns.map((c) => html`<option value=${c.name} ?selected=${c === now}>${c.title}</option>`)}</select>`;
    const { of } = this.state.values;
    const both = listed.some((s) => valueOf(s, x, of) !== undefined && valueOf(s, y, of) !== undefined);
    return html`<section class="card hp-card"><div class="card-head"><h2>Scatter</h2><span class="muted small hp-hint grow ellipsis">drag to brush</span>${pick("x", x)}<span class="muted">×</span>${pick("y", y)}</div>
      ${both ? nothing : html`<p class="muted small hp-none">No run has both values: choose other axes.</p>`}<gb-scatter ?hidden=${!both} .x=${x} .y=${y} .sessions=${listed} .kept=${kept} .brushes=${this.brushes} .colour=${colour} .of=${of} .hovered=${this.hovered} .picked=${this.state.values.sel} @gb-brushes=${(e: CustomEvent<Brush[]>) => this.setBrushes(e.detail)}></gb-scatter></section>`;
  }

  private setBrushes(brushes: readonly Brush[]): void {
    const names = brushes.map((b) => b.name);
    this.state.set({ b: [...this.brushes.filter((b) => !names.includes(b.name)), ...brushes].map(formatBrush) }, true);
  }

  private matrix(columns: readonly Column[], listed: readonly Session[], kept: ReadonlySet<string>, colour: (s: Session) => string): TemplateResult {
    const metrics = columns.filter((c) => c.metric).slice(0, MATRIX);
    const given = columns.filter((c) => !c.metric).slice(0, MATRIX + 3);
    return html`<section class="card hp-card hp-wide"><div class="card-head"><h2>Scatter matrix</h2><span class="muted small grow ellipsis">every chosen hyperparameter against every chosen metric; drag a box to brush</span>${this.legend(this.metric, listed, this.state.values.of)}</div>
      <div class="hp-matrix" tabindex="0" role="region" aria-label="Scatter matrix" ${vars({ "--across": String(Math.max(1, given.length)) })}><span></span>${given.map((c) => html`<b class="mono xs ellipsis" title=${c.title}>${c.title}</b>`)}
      ${metrics.map((m) => html`<b class="mono xs ellipsis" title=${m.title}>${m.title}</b>${given.map((g) => html`<gb-scatter small .x=${g} .y=${m} .sessions=${listed} .kept=${kept} .brushes=${this.brushes} .colour=${colour} .of=${this.state.values.of} .hovered=${this.hovered} .picked=${this.state.values.sel} @gb-brushes=${(e: CustomEvent<Brush[]>) => this.setBrushes(e.detail)}></gb-scatter>`)}`)}</div></section>`;
  }

  private groups(metric: Column, inner: readonly Session[], colour: (s: Session) => string): TemplateResult {
    const { by, of } = this.state.values;
    const groups = groupsOf(inner, by, this.columns, metric, of);
    const values = groups.flatMap((g) => g.values);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = (v: number): string => `${(high > low ? 4 + (Math.max(0, Math.min(1, (v - low) / (high - low)))) * 92 : 50).toFixed(1)}%`;
    const better = (a: Group, b: Group): number => (metric.goal === "min" ? a.mean - b.mean : b.mean - a.mean);
    const best = [...groups].filter((g) => Number.isFinite(g.mean)).sort(better)[0];
    const column = this.columns.find((c) => c.name === by);
    return html`<section class="card hp-card"><div class="card-head"><h2>By ${column ? html`<span class="mono">${column.title}</span>` : "setting"}, mean ± std</h2><span class="muted small grow ellipsis hp-right"><span class="mono">${metric.title}</span></span></div>
      <div class="table-wrap hp-groups" tabindex="0" role="region" aria-label="Groups"><table class="table"><caption class="sr-only">Mean and standard deviation of ${metric.title} by group</caption>
        <thead><tr><th scope="col">${column ? column.title : "Setting"}</th><th scope="col" class="num">Runs</th><th scope="col" class="hp-strip"><span class="sr-only">Spread</span></th><th scope="col" class="num">Mean ± std</th><th scope="col" class="num">Best</th></tr></thead>
        <tbody>${groups.slice(0, 60).map((g) => html`<tr ?data-on=${g === best}><th scope="row" class="mono"><button type="button" class="gb-plain ellipsis hp-group" title=${g.key} @click=${() => this.only(g, column)}>${g.key}</button></th><td class="num">${g.sessions.length}</td>
          <td class="hp-strip" aria-hidden="true"><span class="hp-dots">${g.values.map((v) => html`<i ${vars({ left: x(v) })}></i>`)}${g.values.length ? html`<u ${vars({ left: x(g.mean - g.std), right: `calc(100% - ${x(g.mean + g.std)})` })}></u><b ${vars({ left: x(g.mean), background: colour(g.sessions[0] as Session) })}></b>` : nothing}</span></td>
          <td class="num ${g === best ? "best" : ""}">${g.values.length ? value(g.mean) : "–"}${g.values.length > 1 ? html` <span class="muted">± ${show(Number(g.std.toPrecision(2)), false)}</span>` : nothing}</td><td class="num">${Number.isFinite(g.best) ? value(g.best) : ""}</td></tr>`)}</tbody></table></div></section>`;
  }

  private only(group: Group, column: Column | undefined): void {
    if (column) this.brush(column.name, { name: column.name, values: [String(valueOf(group.sessions[0] as Session, column, "last"))] });
    else if (group.sessions[0]) this.state.set({ sel: group.sessions[0].run }, true);
  }

  private table(columns: readonly Column[], listed: readonly Session[], kept: ReadonlySet<string>): TemplateResult {
    const { sort, of, sel } = this.state.values;
    const rows = this.sorted(listed.filter((s) => kept.has(s.run)));
    const best = new Map(columns.filter((c) => c.metric).map((c) => {
      const values = rows.map((s) => valueOf(s, c, of)).filter((v): v is number => typeof v === "number" && Number.isFinite(v));
      return [c.name, values.length < 2 ? undefined : c.goal === "min" ? Math.min(...values) : Math.max(...values)];
    }));
    const now = sort === "" ? `${this.metric?.goal === "max" ? "-" : ""}${this.metric?.name ?? "run"}` : sort;
    const head = (name: string, word: string, className = "", goal: string | null = null): TemplateResult => {
      const on = now.replace(/^-/, "") === name;
      return html`<th scope="col" class=${className} aria-sort=${on ? (now.startsWith("-") ? "descending" : "ascending") : nothing}><button type="button" class="gb-plain" @click=${() => this.state.set({ sort: on && !now.startsWith("-") ? `-${name}` : name }, true)}>${word}${goal ? html` <span title=${goal === "min" ? "lower is better" : "higher is better"}>${goal === "min" ? "↓" : "↑"}</span>` : nothing}${on ? html`<span class="hp-sorted" aria-hidden="true">${now.startsWith("-") ? "▾" : "▴"}</span>` : nothing}</button></th>`;
    };
    return html`<section class="card hp-runs"><div class="card-head hp-table-head"><h2>Runs</h2><span class="muted small grow">${integer(rows.length)} of ${integer(this.all?.sessions.length ?? 0)}</span>${this.files(columns, rows)}</div><div class="table-wrap" tabindex="0" role="region" aria-label="Runs"><table class="table"><caption class="sr-only">Runs with hyperparameters and metrics</caption>
      <thead><tr>${head("run", "Run")}${head("status", "Status")}${columns.map((c) => head(c.name, c.title, c.numeric ? "num" : "", c.goal))}</tr></thead>
      <tbody>${rows.slice(0, this.rows).map((s) => html`<tr ?data-on=${s.run === sel || s.run === this.hovered} @pointerenter=${() => { this.hovered = s.run; }} @pointerleave=${() => { this.hovered = ""; }}>
        <td class="mono"><button type="button" class="gb-plain hp-run ellipsis" title=${s.name} aria-pressed=${s.run === sel} @click=${() => this.state.set({ sel: s.run === sel ? "" : s.run }, true)}>${s.name}</button></td><td class="nowrap ${s.status === "failure" ? "bad" : "muted"}">${s.status}${s.started !== null && s.ended !== null && s.ended > s.started ? html` <span class="xs muted nowrap">${duration(s.ended - s.started)}</span>` : nothing}</td>
        ${columns.map((c) => { const v = valueOf(s, c, of); const top = c.metric && v !== undefined && v === best.get(c.name); return html`<td class=${`${c.numeric ? "num" : ""} ${top ? "best" : ""}`}>${show(v, c.metric)}${top ? html`<span class="sr-only"> best</span>` : nothing}</td>`; })}</tr>`)}</tbody></table></div>
      ${rows.length > this.rows ? html`<p class="card-body"><button type="button" class="btn" @click=${() => { this.rows += 1000; }}>Show more of ${rows.length}</button></p>` : nothing}
      ${rows.length === 0 ? html`<p class="card-body muted">No run is inside every filter. <button type="button" class="link-btn" @click=${() => this.state.set({ b: [], st: [], q: "" }, true)}>Clear them</button></p>` : nothing}</section>`;
  }
}

function said(b: Brush): string {
  if (b.values) return b.values.join(", ");
  if (b.pattern !== undefined) return `matches ${b.pattern}`;
  const [from, to] = [b.from, b.to].map((n) => (n === undefined ? undefined : show(Number(n.toPrecision(3)), false)));
  return from === undefined ? `≤ ${to}` : to === undefined ? `≥ ${from}` : `${from} to ${to}`;
}

define("gb-hparams", GbHparams);
