import { html, nothing, type TemplateResult } from "lit";
import { url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { aborted, Problem, request, sentence } from "../lib/http.ts";
import { onLive } from "../lib/live.ts";
import { act, address, fetchTable, written, type Asked, type Column, type Row, type Table } from "../lib/run-table.ts";
import { say, toast } from "../lib/say.ts";
import { flag, list, text, UrlState } from "../lib/url-state.ts";
import { undo } from "./undo-toast.ts";
import "./gb-query.ts";

const HIGH = 34;
const SPARE = 8;

/** The runs of an experiment as a table: asked in words, ordered, its columns chosen; only what is seen is drawn. */
export class GbRunTable extends GbElement {
  private readonly state = new UrlState({ query: text(), sort: text(), columns: list(), archived: flag(false), sel: list() });
  private experiment = "";
  private table: Table | undefined;
  private problem: string | undefined;
  private top = 0;
  private tall = 700;
  private editing: string | null = null;
  private dragged: string | null = null;
  private choosing = false;
  private flight: AbortController | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    const data = JSON.parse(document.getElementById("page-data")?.textContent ?? "{}") as { experiment: string; table: Table };
    this.experiment = data.experiment;
    this.table = data.table;
    if (!this.hasUpdated) this.replaceChildren();
    super.connectedCallback();
    this.state.watch((_values, changed) => {
      this.requestUpdate();
      if (["query", "sort", "columns", "archived"].some((key) => changed.has(key as "query"))) void this.load();
    });
    onLive("points", (event) => { if (event.experiment === this.experiment) this.later(); });
    onLive("resync", () => this.later());
    if (this.table.matching > this.table.rows.length) void this.load();
  }

  private later(): void {
    this.due ??= setTimeout(() => { this.due = undefined; void this.load(); }, 2000);
  }

  private get asked(): Asked {
    const { query, sort, columns, archived } = this.state.values;
    return { query, sort, columns, archived };
  }

  private async load(): Promise<void> {
    this.flight?.abort();
    this.flight = new AbortController();
    try {
      this.table = await fetchTable(this.experiment, this.asked, this.flight.signal);
      this.problem = undefined;
      say(`${this.table.matching} of ${this.table.total} runs`);
    } catch (error) {
      if (aborted(error)) return;
      // A query that is not finished is marked; the rows stay.
      this.problem = error instanceof Problem && error.status === 400 ? sentence(error) : sentence(error);
    }
    this.requestUpdate();
  }

  private get chosen(): readonly string[] {
    const { columns } = this.state.values;
    return columns.length > 0 ? columns : (this.table?.columns ?? []).map((column) => column.key);
  }

  private sortBy(key: string): void {
    const { sort } = this.state.values;
    this.state.set({ sort: sort === key ? `-${key}` : sort === `-${key}` ? "" : key }, true);
  }

  private move(key: string, by: number): void {
    const keys = [...this.chosen];
    const from = keys.indexOf(key);
    const to = Math.max(0, Math.min(keys.length - 1, from + by));
    if (from < 0 || from === to) return;
    keys.splice(to, 0, ...keys.splice(from, 1));
    this.state.set({ columns: keys }, true);
    say(`${key}, column ${to + 1} of ${keys.length}`);
  }

  private drop(onto: string): void {
    if (this.dragged === null || this.dragged === onto) return;
    this.move(this.dragged, this.chosen.indexOf(onto) - this.chosen.indexOf(this.dragged));
    this.dragged = null;
  }

  private toggleColumn(key: string, on: boolean): void {
    this.state.set({ columns: on ? [...this.chosen, key] : this.chosen.filter((one) => one !== key) }, true);
  }

  private select(id: string, on: boolean): void {
    const { sel } = this.state.values;
    this.state.set({ sel: on ? [...sel, id] : sel.filter((one) => one !== id) });
  }

  private async change(action: string, runs: readonly string[], change: object, words: string): Promise<void> {
    try {
      await act(this.experiment, action, runs, change);
      if (action === "delete") {
        this.state.set({ sel: [] });
        undo(words, () => void this.change("restore", runs, {}, "Restored"));
      } else toast(words);
      await this.load();
    } catch (error) {
      toast(sentence(error));
    }
  }

  private async rename(row: Row, name: string): Promise<void> {
    this.editing = null;
    this.requestUpdate();
    if (name === row.name) return;
    try {
      await request(url(`/api/v1/experiments/${encodeURIComponent(this.experiment)}/runs/${encodeURIComponent(row.id)}`), {
        method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }),
      });
      await this.load();
    } catch (error) {
      toast(sentence(error));
    }
  }

  private tag(): void {
    const field = this.querySelector<HTMLInputElement>("[data-tag-field]");
    const tag = field?.value.trim() ?? "";
    if (!field || tag === "") return;
    field.value = "";
    const remove = tag.startsWith("-");
    const name = remove ? tag.slice(1) : tag;
    void this.change("edit", this.state.values.sel, remove ? { remove_tags: [name] } : { add_tags: [name] }, remove ? `Tag ${name} removed` : `Tagged ${name}`);
  }

  private row(row: Row, index: number, columns: readonly Column[]): TemplateResult {
    const on = this.state.values.sel.includes(row.id);
    return html`<tr aria-rowindex=${index + 2} data-run=${row.id} ?data-on=${on}>
      <td class="run-cell"><span class="row"><input class="check" type="checkbox" aria-label=${`Select ${row.name}`} .checked=${on} @change=${(e: Event) => this.select(row.id, (e.target as HTMLInputElement).checked)} />
        ${this.editing === row.id
          ? html`<input class="rename mono" aria-label=${`Name of ${row.name}`} .value=${row.name} maxlength="200" @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") void this.rename(row, (e.target as HTMLInputElement).value); else if (e.key === "Escape") { this.editing = null; this.requestUpdate(); } }} @blur=${(e: Event) => { if (this.editing === row.id) void this.rename(row, (e.target as HTMLInputElement).value); }} />`
          : html`<a class="mono ellipsis tail" href=${url(`/runs/${encodeURIComponent(this.experiment)}/r/${encodeURIComponent(row.id)}`)} title=${row.notes === "" ? row.folder : `${row.folder}\n${row.notes}`}><bdi>${row.name}</bdi></a>
            <button class="link-btn rename-btn small" type="button" aria-label=${`Rename ${row.name}`} @click=${() => { this.editing = row.id; this.requestUpdate(); }}>Rename</button>`}
        ${row.pinned ? html`<svg class="icon icon-s" role="img" aria-label="pinned"><use href="#i-star"></use></svg>` : nothing}
        ${row.running ? html`<span class="dot dot-ok" title="running"></span><span class="sr-only">running</span>` : nothing}
        ${row.archived ? html`<span class="chip">archived</span>` : nothing}${row.tags.map((tag) => html`<span class="chip">${tag}</span>`)}</span></td>
      ${columns.map((column, i) => { const cell = row.values[i] ?? null; const best = column.best !== undefined && cell === column.best; return html`<td class="${column.numeric ? "num" : "nowrap"} ${best ? "best" : ""}">${written(cell, column)}${best ? html`<span class="sr-only"> best</span>` : nothing}</td>`; })}</tr>`;
  }

  private head(column: Column): TemplateResult {
    const { sort } = this.state.values;
    const order = sort === column.key ? "ascending" : sort === `-${column.key}` ? "descending" : "none";
    return html`<th scope="col" class=${column.numeric ? "num" : ""} aria-sort=${order} draggable="true"
      @dragstart=${() => { this.dragged = column.key; }} @dragover=${(e: DragEvent) => e.preventDefault()} @drop=${(e: DragEvent) => { e.preventDefault(); this.drop(column.key); }}>
      <button type="button" class="gb-plain" title="Sort; Alt and an arrow key move the column" @click=${() => this.sortBy(column.key)}
        @keydown=${(e: KeyboardEvent) => { if (e.altKey && (e.key === "ArrowLeft" || e.key === "ArrowRight")) { e.preventDefault(); this.move(column.key, e.key === "ArrowLeft" ? -1 : 1); } }}>${column.title}${column.better ? html` <span class="faint" title=${column.better === "low" ? "lower is better" : "higher is better"}>${column.better === "low" ? "↓" : "↑"}</span>` : nothing}${order === "ascending" ? " ▲" : order === "descending" ? " ▼" : ""}</button></th>`;
  }

  private chooser(table: Table): TemplateResult {
    const chosen = new Set(this.chosen);
    const box = (key: string, title: string): TemplateResult => html`<label class="switch"><input class="check" type="checkbox" .checked=${chosen.has(key)} @change=${(e: Event) => this.toggleColumn(key, (e.target as HTMLInputElement).checked)} />${title}</label>`;
    return html`<div class="card card-body column-chooser" role="group" aria-label="Columns">
      <div><h3>Run</h3>${table.names.fields.map((field) => box(field.key, field.title))}</div>
      <div><h3>Hyperparameters</h3>${table.names.hparams.map((name) => box(name, name))}</div>
      <div><h3>Metrics</h3>${table.names.metrics.slice(0, 200).map((name) => html`<span class="row wrap">${box(name, name)}${box(`min(${name})`, "min")}${box(`max(${name})`, "max")}</span>`)}</div></div>`;
  }

  private bulk(): TemplateResult {
    const { sel } = this.state.values;
    const many = `${sel.length} run${sel.length === 1 ? "" : "s"}`;
    const compare = url(`/compare?runs=${sel.map((id) => `${encodeURIComponent(this.experiment)}/${encodeURIComponent(id)}`).join(",")}`);
    return html`<div class="toolbar bulk" role="group" aria-label="Selected runs"><span class="strong">${many} selected</span>
      <a class="btn btn-primary" href=${compare}>Compare</a>
      <label class="field tag-field"><input data-tag-field type="text" placeholder="Tag; -tag removes" aria-label="Tag the selected runs" maxlength="61" @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") this.tag(); }} /></label><button class="btn" type="button" @click=${() => this.tag()}>Tag</button>
      <button class="btn" type="button" @click=${() => void this.change("edit", sel, { pinned: true }, `${many} pinned`)}>Pin</button>
      <button class="btn" type="button" @click=${() => void this.change("edit", sel, { archived: true }, `${many} archived`)}>Archive</button>
      <button class="btn btn-bad" type="button" @click=${() => void this.change("delete", sel, {}, `${many} deleted`)}>Delete</button>
      <button class="btn btn-quiet" type="button" @click=${() => this.state.set({ sel: [] })}>Clear</button></div>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { table } = this;
    if (!table) return nothing;
    const { query, sel, archived } = this.state.values;
    const from = Math.max(0, Math.floor(this.top / HIGH) - SPARE);
    const to = Math.min(table.rows.length, Math.ceil((this.top + this.tall) / HIGH) + SPARE);
    const all = table.rows.length > 0 && table.rows.every((row) => sel.includes(row.id));
    const wide = table.columns.length + 1;
    return html`<div class="toolbar"><gb-query class="grow" .value=${query} .names=${table.names} .problem=${this.problem ?? (table.error ? `The query, column ${table.error.column}: ${table.error.message}.` : "")} @gb-query=${(e: CustomEvent<string>) => { this.top = 0; this.state.set({ query: e.detail }); }}></gb-query>
        <span class="muted small">${table.matching} of ${table.total} runs</span>
        <button class="btn" type="button" aria-expanded=${this.choosing} @click=${() => { this.choosing = !this.choosing; this.requestUpdate(); }}>Columns</button>
        <label class="switch"><input type="checkbox" role="switch" .checked=${archived} @change=${(e: Event) => this.state.set({ archived: (e.target as HTMLInputElement).checked }, true)} />Archived</label>
        <a class="btn" href=${address(this.experiment, this.asked, "csv")} download="runs.csv"><svg class="icon" aria-hidden="true"><use href="#i-download"></use></svg>CSV</a></div>
      ${this.choosing ? this.chooser(table) : nothing}${sel.length > 0 ? this.bulk() : nothing}
      <div class="card table-wrap run-table-scroll" tabindex="0" role="region" aria-label="Runs" @scroll=${(e: Event) => { const box = e.target as HTMLElement; this.top = box.scrollTop; this.tall = box.clientHeight; this.requestUpdate(); }}>
      <table class="table run-table" aria-rowcount=${table.rows.length + 1}><caption class="sr-only">Runs</caption>
        <thead><tr aria-rowindex="1"><th scope="col" class="run-cell"><span class="row"><input class="check" type="checkbox" aria-label="Select all runs that match" .checked=${all} @change=${() => this.state.set({ sel: all ? [] : table.rows.map((row) => row.id) })} /><button type="button" class="gb-plain" @click=${() => this.sortBy("name")}>Run</button></span></th>${table.columns.map((column) => this.head(column))}</tr></thead>
        <tbody>${from > 0 ? html`<tr class="pad" data-pad=${from * HIGH} .ariaHidden=${"true"}><td colspan=${wide}></td></tr>` : nothing}
        ${table.rows.slice(from, to).map((row, i) => this.row(row, from + i, table.columns))}
        ${to < table.rows.length ? html`<tr class="pad" data-pad=${(table.rows.length - to) * HIGH} .ariaHidden=${"true"}><td colspan=${wide}></td></tr>` : nothing}</tbody></table>
      ${table.rows.length === 0 ? html`<p class="card-body muted">No run matches.</p>` : nothing}</div>`;
  }

  protected override updated(): void {
    for (const pad of this.querySelectorAll<HTMLElement>(".pad")) pad.style.height = `${pad.dataset["pad"] ?? 0}px`;
    if (this.editing !== null) {
      const field = this.querySelector<HTMLInputElement>(".rename");
      if (field && document.activeElement !== field) { field.focus(); field.select(); }
    }
  }
}
define("gb-run-table", GbRunTable);
