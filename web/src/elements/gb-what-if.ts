import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { aborted, sendJson, sentence } from "../lib/http.ts";
import { answer, words, type Changes } from "../lib/row.ts";
import { say } from "../lib/say.ts";
import type { ColumnKind, Prediction } from "../lib/types.ts";

/** How long a value rests before the model is asked. */
const REST = 120;

/**
 * The row's values as fields; the model's answer follows what is typed. Fires `gb-changes` with all edited values,
 * and `gb-edited` when the edited row is to be explained.
 */
export class GbWhatIf extends GbElement {
  static override properties = {
    model: {}, checkpoint: {}, input: {}, row: { type: Number }, base: { attribute: false }, changes: { attribute: false }, order: { attribute: false },
    target: { attribute: false }, unit: {}, explained: { type: Boolean }, next: { state: true }, error: { state: true }, busy: { state: true }, all: { state: true },
  };
  declare model: string;
  declare checkpoint: string;
  declare input: string;
  declare row: number;
  /** The row as it is, with its columns. */
  declare base: Prediction | undefined;
  declare changes: Changes;
  /** Names of the features, the strongest first. */
  declare order: readonly string[];
  declare target: number | null;
  declare unit: string;
  /** Whether the page explains the edited row already. */
  declare explained: boolean;
  declare next: Prediction | undefined;
  declare error: string | undefined;
  declare busy: boolean;
  declare all: boolean;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;
  /** The order once shown: fields never move under the reader's hands. */
  private settled: readonly string[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.settled.length === 0 && this.order?.length) this.settled = this.order;
    if (changed.has("changes")) this.plan(changed.get("changes") === undefined ? 0 : REST);
  }

  private plan(after: number): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    if (Object.keys(this.changes ?? {}).length === 0) {
      this.next = undefined;
      this.error = undefined;
      this.busy = false;
      return;
    }
    this.timer = setTimeout(() => void this.ask(), after);
  }

  private async ask(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    this.busy = true;
    try {
      this.next = await sendJson<Prediction>("POST", api("/predictions"), { model: this.model, ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), input: this.input, row: this.row, changes: this.changes }, asking.signal);
      this.error = undefined;
      say(`The edited row: ${answer(this.next)}, ${this.written(this.next)}`);
    } catch (error) {
      if (aborted(error)) return;
      this.error = sentence(error);
    }
    this.busy = false;
  }

  private set(name: string, to: string | number | null | undefined): void {
    const next: Record<string, string | number | null> = { ...this.changes };
    if (to === undefined) delete next[name];
    else next[name] = to;
    this.dispatchEvent(new CustomEvent<Changes>("gb-changes", { detail: next, bubbles: true }));
  }

  private get at(): number {
    return this.target ?? this.base?.top[0] ?? 0;
  }

  private number(p: Prediction | undefined): number | undefined {
    return (this.unit === "prob" || p?.probability ? p?.probability : p?.prediction)?.[this.at] ?? p?.prediction[this.at];
  }

  private written(p: Prediction | undefined): string {
    const v = this.number(p);
    return p?.probability && v !== undefined ? `${(v * 100).toFixed(1)} %` : value(v, 4);
  }

  protected override render(): TemplateResult {
    const base = this.base;
    const head = html`<div class="row wrap"><h2 class="grow">What if</h2>
      <button type="button" class="link-btn small" ?disabled=${Object.keys(this.changes).length === 0} @click=${() => this.dispatchEvent(new CustomEvent<Changes>("gb-changes", { detail: {}, bubbles: true }))}>Reset all</button></div>`;
    if (!base?.columns || !base.row) return html`${head}<p class="muted small">Reading the row…</p>`;
    const { names, kinds } = base.columns;
    const order = [...this.settled.filter((name) => names.includes(name)), ...names.filter((name) => !this.settled.includes(name))];
    const shown = this.all ? order : order.filter((name, i) => i < 8 || name in this.changes);
    return html`${head}${this.verdict(base)}
      <div class="gb-fields" role="group" aria-label="Values of the row">${shown.map((name) => this.field(name, kinds[names.indexOf(name)], base.row?.[names.indexOf(name)] ?? null))}</div>
      <p class="row wrap">${order.length > 8 ? html`<button type="button" class="link-btn small" aria-expanded=${this.all ? "true" : "false"} @click=${() => { this.all = !this.all; }}>${this.all ? "The 8 strongest" : `All ${order.length} features`}</button>` : nothing}<span class="grow"></span>
        <button type="button" class="btn" ?disabled=${Object.keys(this.changes).length === 0 || this.explained || this.error !== undefined} @click=${() => this.dispatchEvent(new CustomEvent("gb-edited", { bubbles: true }))}>Explain this edited row</button></p>`;
  }

  /** Before, after, and how far apart; the same height whether anything is edited or not. */
  private verdict(base: Prediction): TemplateResult {
    const now = this.next ?? base;
    const [before, after] = [this.number(base), this.number(now)];
    const move = before === undefined || after === undefined ? 0 : after - before;
    const share = Boolean(base.probability);
    const moved = share ? `${move > 0 ? "+" : ""}${(move * 100).toFixed(1)}`.replace("-", "−") : `${move > 0 ? "+" : ""}${value(move, 3)}`;
    const label = base.labels[this.at] ?? "output";
    const flips = this.next && answer(base) !== answer(this.next) && base.probability;
    return html`<dl class="gb-before-after" ?data-busy=${this.busy}>
      <div><dt>${share ? `P(${label})` : label} now</dt><dd>${this.written(base)}</dd></div>
      <div><dt>Edited</dt><dd>${this.next ? this.written(this.next) : "–"}</dd></div>
      <div><dt>Difference${share ? ", points" : ""}</dt><dd class=${this.next && move ? (move > 0 ? "pos" : "neg") : ""}>${this.next ? moved : "–"}</dd></div></dl>
      <p class="small gb-flip ${this.error ? "bad" : ""}" role=${this.error ? "alert" : nothing}>${this.error ?? (flips ? html`The answer changes: <b>${answer(base)}</b> → <b>${answer(now)}</b>.` : this.next && base.probability ? html`The answer stays <b>${answer(base)}</b>.` : html`<span class="muted">Edit a value: the model answers at once. Nothing is stored.</span>`)}</p>`;
  }

  private field(name: string, kind: ColumnKind | undefined, own: number | null): TemplateResult {
    const edited = name in this.changes;
    const now = edited ? this.changes[name] : own;
    const id = `gb-if-${name.replaceAll(/\W+/g, "-")}`;
    const label = typeof kind === "object" ? (edited ? this.changes[name] : own === null ? null : kind.category[own]) : undefined;
    const control = typeof kind === "object"
      ? html`<select class="select" id=${id} @change=${(e: Event) => { const text = (e.target as HTMLSelectElement).value; this.set(name, text === words(kind, own) ? undefined : text === "" ? null : text); }}>
          <option value="" ?selected=${label === null || label === undefined}>missing</option>${kind.category.map((one) => html`<option ?selected=${String(one) === String(label)}>${one}</option>`)}</select>`
      : html`<input class="input" id=${id} type="number" step=${kind === "integer" ? 1 : "any"} placeholder="missing" .value=${now === null || now === undefined ? "" : String(now)}
          @input=${(e: Event) => { const { value: text, validity } = e.target as HTMLInputElement; if (!validity.badInput) this.set(name, text === "" ? (own === null ? undefined : null) : Number(text) === own ? undefined : Number(text)); }}>`;
    return html`<div class="gb-if" ?data-edited=${edited}><label class="mono ellipsis" for=${id} title=${name}>${name}</label>${control}
      <button type="button" class="link-btn small" ?disabled=${!edited} title=${`Back to ${words(kind, own)}`} @click=${() => this.set(name, undefined)}>Reset<span class="sr-only"> ${name} to ${words(kind, own)}</span></button></div>`;
  }
}
define("gb-what-if", GbWhatIf);
