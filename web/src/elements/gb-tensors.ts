import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { bytes, integer, value } from "../lib/format.ts";
import { getJson, sentence } from "../lib/http.ts";
import type { Tensor } from "../lib/types.ts";
import { text, UrlState } from "../lib/url-state.ts";
import { svg } from "lit";
import { shapePath } from "../lib/histogram.ts";
import "./gb-ridge.ts";

interface Column { readonly key: string; readonly head: string; readonly num: boolean; read(t: Tensor): number | string; write(t: Tensor): string }
const COLUMNS: readonly Column[] = [
  { key: "name", head: "Name", num: false, read: (t) => t.name, write: (t) => t.name },
  { key: "dtype", head: "Dtype", num: false, read: (t) => t.dtype, write: (t) => t.dtype },
  { key: "shape", head: "Shape", num: false, read: (t) => t.shape.join("×"), write: (t) => t.shape.join("×") || "scalar" },
  { key: "numel", head: "Elements", num: true, read: (t) => t.numel, write: (t) => integer(t.numel) },
  { key: "bytes", head: "Size", num: true, read: (t) => t.bytes, write: (t) => bytes(t.bytes) },
  { key: "mean", head: "Mean", num: true, read: (t) => t.mean ?? -Infinity, write: (t) => value(t.mean, 3) },
  { key: "std", head: "Std", num: true, read: (t) => t.std ?? -Infinity, write: (t) => value(t.std, 3) },
  { key: "min", head: "Min", num: true, read: (t) => t.min ?? -Infinity, write: (t) => value(t.min, 3) },
  { key: "max", head: "Max", num: true, read: (t) => t.max ?? -Infinity, write: (t) => value(t.max, 3) },
  { key: "nan", head: "NaN", num: true, read: (t) => t.nan + t.inf, write: (t) => integer(t.nan + t.inf) },
  { key: "zeros", head: "Zeros", num: true, read: (t) => t.zeros / Math.max(1, t.numel), write: (t) => `${((100 * t.zeros) / Math.max(1, t.numel)).toFixed(1)} %` },
];
const PAGE = 200;

/** Every tensor of a checkpoint: sorted by any column, filtered by name; a row opens its history. */
export class GbTensors extends GbElement {
  static override properties = { model: {}, checkpoint: {}, tensors: { state: true }, problem: { state: true }, most: { state: true }, tick: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare tensors: readonly Tensor[] | undefined;
  declare problem: string | undefined;
  declare most: number;
  declare tick: number;
  /** `sort` is a column's key, with a minus sign for largest first. */
  private readonly state = new UrlState({ sort: text(), q: text(), sel: text() });
  private off: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.most = PAGE;
    this.off = this.state.watch(() => { this.tick = (this.tick ?? 0) + 1; });
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
  }

  private async load(): Promise<void> {
    try {
      this.tensors = (await getJson<{ tensors: Tensor[] }>(api(`/models/${encodeURIComponent(this.model)}/tensors`, { checkpoint: this.checkpoint || undefined }))).tensors;
      this.querySelector("[data-server]")?.remove();
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private get shown(): Tensor[] {
    const { sort, q } = this.state.values;
    const down = sort.startsWith("-");
    const column = COLUMNS.find((c) => c.key === sort.replace("-", ""));
    const found = (this.tensors ?? []).filter((t) => t.name.toLowerCase().includes(q.toLowerCase()));
    if (!column) return found;
    return found.sort((a, b) => {
      const [x, y] = [column.read(a), column.read(b)];
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.problem) return html`<p class="notice notice-bad" role="alert">${this.problem}</p>`;
    if (!this.tensors) return nothing;
    const { sort, q, sel } = this.state.values;
    const shown = this.shown;
    return html`<div class="row wrap gb-table-tools"><label class="field gb-find"><input data-filter type="search" placeholder="Filter tensors" aria-label="Filter tensors" .value=${q} @input=${(e: Event) => this.state.set({ q: (e.target as HTMLInputElement).value })}><kbd>/</kbd></label><span class="muted small">${shown.length} of ${this.tensors.length} tensors</span></div>
      <div class="card table-wrap"><table class="table"><thead><tr>${COLUMNS.map((c) => html`<th scope="col" class=${c.num ? "num" : ""} aria-sort=${sort === c.key ? "ascending" : sort === `-${c.key}` ? "descending" : "none"}><button type="button" class="gb-plain" @click=${() => this.state.set({ sort: sort === c.key ? `-${c.key}` : sort === `-${c.key}` ? "" : c.key }, true)}>${c.head}${sort === c.key ? " ▲" : sort === `-${c.key}` ? " ▼" : ""}</button></th>`)}<th scope="col">Distribution</th></tr></thead>
      <tbody>${shown.slice(0, this.most).map((t) => html`<tr data-on=${t.name === sel ? "" : nothing}>${COLUMNS.map((c, i) => (i === 0 ? html`<th scope="row"><button type="button" class="gb-plain mono" aria-expanded=${t.name === sel ? "true" : "false"} @click=${() => this.state.set({ sel: t.name === sel ? "" : t.name }, true)}>${t.name}</button></th>` : html`<td class="${c.num ? "num" : "mono"} ${c.key === "nan" && t.nan + t.inf > 0 ? "bad strong" : ""}">${c.write(t)}</td>`))}
        <td>${t.histogram ? html`<svg class="gb-mini" viewBox="0 0 90 20" preserveAspectRatio="none" aria-hidden="true">${svg`<path class="gb-hist-area" d=${shapePath(t.histogram, 90, 19).area}></path>`}</svg>` : nothing}</td></tr>
        ${t.name === sel ? html`<tr class="gb-open"><td colspan=${COLUMNS.length + 1}><gb-ridge .model=${this.model} .tensor=${t.name}></gb-ridge></td></tr>` : nothing}`)}</tbody></table></div>
      ${shown.length > this.most ? html`<p><button type="button" class="btn" @click=${() => { this.most += PAGE; }}>Show ${Math.min(PAGE, shown.length - this.most)} more</button></p>` : nothing}`;
  }
}
define("gb-tensors", GbTensors);
