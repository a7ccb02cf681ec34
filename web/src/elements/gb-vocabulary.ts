import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { request, sentence } from "../lib/http.ts";

interface Given { readonly preprocess: { readonly text: Readonly<Record<string, unknown>> }; readonly kind: string; readonly tokens: number }

/** The vocabulary of a model: which it has, and a file in its place. Fires `gb-given` with its name. */
export class GbVocabulary extends GbElement {
  static override properties = { model: {}, name: {}, given: { state: true }, problem: { state: true }, busy: { state: true } };
  declare model: string;
  declare name: string;
  declare given: Given | undefined;
  declare problem: string | undefined;
  declare busy: boolean;

  private async take(file: File | undefined): Promise<void> {
    if (!file) return;
    [this.busy, this.problem] = [true, undefined];
    try {
      const response = await request(api(`/models/${encodeURIComponent(this.model)}/vocabulary`, { name: file.name }), { method: "PUT", body: file, headers: { "content-type": "application/octet-stream" } });
      this.given = (await response.json()) as Given;
      this.name = file.name;
      this.dispatchEvent(new CustomEvent<string>("gb-given", { detail: file.name, bubbles: true }));
    } catch (error) {
      this.problem = sentence(error);
    }
    this.busy = false;
  }

  protected override render(): TemplateResult {
    const text = this.given?.preprocess.text;
    return html`<p class="row wrap small"><span class="grow">${this.name ? html`Vocabulary: <span class="mono">${this.name}</span>${this.given ? html`, ${integer(this.given.tokens)} tokens (${this.given.kind})` : nothing}` : html`<b>No vocabulary yet.</b> A token a line, a JSON list or map, or a tokenizer.json.`}</span>
        <label class="btn" ?data-busy=${this.busy}>${this.busy ? "Reading…" : this.name ? "Another vocabulary" : "Choose a file"}<input class="sr-only" type="file" accept=".json,.txt,.vocab" @change=${(e: Event) => void this.take((e.target as HTMLInputElement).files?.[0])}></label></p>
      ${text ? html`<p class="muted small" role="status">Guessed: padding ${String(text["pad"] ?? "none")}, unknown words ${String(text["unk"] ?? "none")}${text["lowercase"] ? ", lower-cased" : ""}${text["max_length"] ? `, at most ${String(text["max_length"])} tokens` : ""}. Change it under the model's Metadata.</p>` : nothing}
      ${this.problem ? html`<p class="notice notice-bad" role="alert">${this.problem}</p>` : nothing}`;
  }
}
define("gb-vocabulary", GbVocabulary);
