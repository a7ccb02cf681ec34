import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import type { Names } from "../lib/run-table.ts";

/** The word that ends at the cursor, and where it begins. */
export function wordBefore(text: string, at: number): { readonly word: string; readonly from: number } {
  const from = text.slice(0, at).search(/[^\s()<>=!~"]*$/);
  return { word: text.slice(from, at), from };
}

/** The query over the table: names are completed, and what is wrong is marked under its place. */
export class GbQuery extends GbElement {
  static override properties = { value: {}, names: {}, problem: {}, open: { state: true }, at: { state: true } };
  declare value: string;
  declare names: Names | undefined;
  declare problem: string;
  declare open: readonly string[];
  declare at: number;
  private settle: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.open = [];
    this.at = -1;
  }

  private get field(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  private typed(): void {
    const { field } = this;
    if (!field) return;
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.dispatchEvent(new CustomEvent("gb-query", { detail: field.value })), 250);
    const { word } = wordBefore(field.value, field.selectionStart ?? field.value.length);
    const all = this.names ? [...this.names.fields.map((f) => f.key), ...this.names.hparams, ...this.names.metrics] : [];
    const low = word.toLowerCase();
    this.open = low === "" ? [] : all.filter((name) => name.toLowerCase().includes(low) && name !== word).slice(0, 8);
    this.at = -1;
  }

  private take(name: string): void {
    const { field } = this;
    if (!field) return;
    const end = field.selectionStart ?? field.value.length;
    const { from } = wordBefore(field.value, end);
    field.value = `${field.value.slice(0, from)}${name} ${field.value.slice(end).trimStart()}`;
    field.setSelectionRange(from + name.length + 1, from + name.length + 1);
    this.typed();
    this.open = [];
    field.focus();
  }

  private key(event: KeyboardEvent): void {
    const count = this.open.length;
    if (event.key === "Enter") {
      const name = this.open[this.at];
      if (name) { event.preventDefault(); this.take(name); return; }
      clearTimeout(this.settle);
      this.open = [];
      this.dispatchEvent(new CustomEvent("gb-query", { detail: this.field?.value ?? "" }));
    } else if (count > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : count) + (this.at < 0 && event.key === "ArrowUp" ? 0 : 0)) % count;
    } else if (event.key === "Escape" && count > 0) {
      event.stopPropagation();
      this.open = [];
    }
  }

  protected override render(): TemplateResult {
    const column = Number(/column (\d+)/.exec(this.problem)?.[1] ?? 0);
    const shown = (this.field?.value ?? this.value ?? "");
    return html`<div class="query-box"><div class="field query-field" ?data-invalid=${this.problem !== ""}><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
      <input type="text" data-filter role="combobox" aria-label="Query" aria-expanded=${this.open.length > 0} aria-controls="query-names" aria-autocomplete="list" aria-activedescendant=${this.at >= 0 ? `query-name-${this.at}` : nothing} aria-invalid=${this.problem !== ""} aria-describedby="query-problem" placeholder="lr < 1e-3 and val/acc > .9" spellcheck="false" autocomplete="off"
        .value=${this.value} @input=${() => this.typed()} @keydown=${(e: KeyboardEvent) => this.key(e)} @blur=${() => setTimeout(() => { this.open = []; }, 150)} /><kbd>/</kbd></div>
      <ul class="query-names" id="query-names" role="listbox" aria-label="Names" ?hidden=${this.open.length === 0}>${this.open.map((name, i) => html`<li id="query-name-${i}" class="mono" role="option" aria-selected=${i === this.at} @pointerdown=${(e: Event) => { e.preventDefault(); this.take(name); }}>${name}</li>`)}</ul>
      <p id="query-problem" class="bad small" role="alert">${this.problem ? html`${column > 0 && shown ? html`<span class="mono">${shown.slice(0, column - 1)}<mark class="query-mark">${shown.slice(column - 1, column + 11) || "▲"}</mark></span> ` : nothing}${this.problem}` : nothing}</p></div>`;
  }
}
define("gb-query", GbQuery);
