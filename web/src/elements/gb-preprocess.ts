import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { getJson, sendJson, sentence } from "../lib/http.ts";

/** A model's `preprocess.json`, shown and edited as text; the server checks it. */
export class GbPreprocess extends GbElement {
  static override properties = { model: {}, value: { state: true }, problem: { state: true }, saved: { state: true } };
  declare model: string;
  declare value: string;
  declare problem: string | undefined;
  declare saved: boolean;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    void this.load();
  }

  private get address(): string {
    return api(`/models/${encodeURIComponent(this.model)}/preprocess`);
  }

  private async load(): Promise<void> {
    try {
      this.value = JSON.stringify(await getJson<unknown>(this.address), null, 2);
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private async save(): Promise<void> {
    this.problem = undefined;
    this.saved = false;
    try {
      await sendJson("PUT", this.address, JSON.parse(this.value) as unknown);
      this.saved = true;
    } catch (error) {
      this.problem = error instanceof SyntaxError ? `This is not JSON: ${error.message}` : sentence(error);
    }
  }

  protected override render(): TemplateResult {
    const lines = (this.value ?? "").split("\n").length;
    return html`<label class="strong" for="preprocess">preprocess.json</label>
      <textarea id="preprocess" class="gb-code mono" spellcheck="false" rows=${Math.min(28, Math.max(8, lines))} .value=${this.value ?? ""} @input=${(e: Event) => { this.value = (e.target as HTMLTextAreaElement).value; this.saved = false; }}></textarea>
      <p class="row"><button type="button" class="btn btn-primary" @click=${() => void this.save()}>Save</button><span role="status" class="small ok">${this.saved ? "Saved. New explanations use it; earlier ones keep what they were computed with." : ""}</span></p>
      ${this.problem ? html`<p class="notice notice-bad" role="alert">${this.problem}</p>` : nothing}`;
  }
}
define("gb-preprocess", GbPreprocess);
