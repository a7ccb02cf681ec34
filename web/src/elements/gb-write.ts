import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { request, sentence } from "../lib/http.ts";
import type { InputSummary } from "../lib/types.ts";
import "./gb-vocabulary.ts";

/** Keeps a sentence as an input of `model` and gives its slug. */
export async function keep(model: string, text: string): Promise<string> {
  const short = Array.from(text).slice(0, 60).join("");
  const response = await request(api("/inputs", { name: short, model, kind: "text", keep: 1 }), { method: "PUT", body: new Blob([text]), headers: { "content-type": "text/plain" } });
  return ((await response.json()) as InputSummary).slug;
}

/** A sentence typed in the page, for a model that reads tokens; without a vocabulary it asks for one first. */
export class GbWrite extends GbElement {
  static override properties = { model: {}, vocabulary: {}, problem: { state: true }, busy: { state: true } };
  declare model: string;
  declare vocabulary: string;
  declare problem: string | undefined;
  declare busy: boolean;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
  }

  private async send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const text = this.querySelector("textarea")?.value.trim() ?? "";
    if (!text) return;
    this.busy = true;
    try {
      const slug = await keep(this.model, text);
      location.href = url(`/explain/${encodeURIComponent(this.model)}/${encodeURIComponent(slug)}/tokens`);
    } catch (error) {
      this.problem = sentence(error);
      this.busy = false;
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="card card-body stack">${this.vocabulary
      ? html`<form class="stack" @submit=${(e: SubmitEvent) => void this.send(e)}><label for="gb-write">Write a sentence to explain</label><textarea id="gb-write" class="gb-sentence-text" rows="2" spellcheck="false"></textarea>
          <p class="row wrap"><button class="btn btn-primary" type="submit" ?disabled=${this.busy}>Explain it</button><span class="muted small grow">It is kept as an input, with its explanations.</span></p></form>`
      : html`<p>This model reads tokens. Give it the vocabulary it was trained with, and sentences can be explained.</p>`}
      <gb-vocabulary .model=${this.model} .name=${this.vocabulary} @gb-given=${(e: CustomEvent<string>) => { this.vocabulary = e.detail; }}></gb-vocabulary>
      ${this.problem ? html`<p class="notice notice-bad" role="alert">${this.problem}</p>` : nothing}</div>`;
  }
}
define("gb-write", GbWrite);
