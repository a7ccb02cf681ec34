import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { sendJson, sentence } from "../lib/http.ts";
import type { Prediction } from "../lib/types.ts";

/** How long typing must rest before the model is asked. */
const REST = 180;

const share = (p: Prediction | undefined, i: number): string => (p ? (p.probability ? `${((p.probability[i] ?? 0) * 100).toFixed(1)} %` : (p.prediction[i] ?? 0).toFixed(3)) : "…");

/** The sentence to be changed, with what the model says of it as it is typed. Fires `gb-say` with the text to explain, `gb-keep` to keep it. */
export class GbEditSentence extends GbElement {
  static override properties = { model: {}, checkpoint: {}, text: {}, was: { attribute: false }, now: { state: true }, answer: { state: true }, problem: { state: true }, busy: { state: true } };
  declare model: string;
  declare checkpoint: string;
  /** What is explained now. */
  declare text: string;
  declare was: Prediction | undefined;
  declare now: string | undefined;
  declare answer: Prediction | undefined;
  declare problem: string | undefined;
  declare busy: boolean;
  private timer = 0;
  private turn = 0;

  private typed(text: string): void {
    this.now = text;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(text), REST);
  }

  private async ask(text: string): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    this.busy = true;
    try {
      const answer = await sendJson<Prediction>("POST", api("/predictions"), { model: this.model, ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), text });
      if (turn === this.turn) [this.answer, this.problem] = [answer, undefined];
    } catch (error) {
      if (turn === this.turn) this.problem = sentence(error);
    }
    if (turn === this.turn) this.busy = false;
  }

  protected override render(): TemplateResult {
    const text = this.now ?? this.text ?? "";
    const changed = text.trim() !== (this.text ?? "").trim();
    const after = changed ? this.answer : this.was;
    const labels = this.was?.labels ?? after?.labels ?? [];
    const best = after?.top[0];
    const flipped = changed && !this.busy && best !== undefined && this.was !== undefined && best !== this.was.top[0];
    return html`<label class="strong" for="gb-sentence-text">Sentence</label>
      <textarea id="gb-sentence-text" class="gb-sentence-text" rows="2" spellcheck="false" .value=${text} @input=${(e: Event) => this.typed((e.target as HTMLTextAreaElement).value)}></textarea>
      <div class="row wrap"><dl class="gb-before-after grow" ?data-busy=${this.busy} aria-live="polite">${labels.slice(0, 4).map((label, i) => html`<div><dt>${label}</dt><dd>${changed ? html`<span class="muted gb-plain-weight small">${share(this.was, i)} → </span>` : nothing}${share(after, i)}</dd></div>`)}</dl>
        <button type="button" class="btn btn-primary" ?disabled=${!changed || this.problem !== undefined} @click=${() => this.fire("gb-say", text)}>Explain this sentence</button>
        <button type="button" class="btn" ?disabled=${this.problem !== undefined || text.trim() === ""} @click=${() => this.fire("gb-keep", text)}>Keep it</button></div>
      <p class="small gb-flip ${this.problem ? "bad" : flipped ? "strong" : "muted"}" role=${this.problem ? "alert" : nothing}>${this.problem ?? (flipped ? `The answer changes to ${labels[best] ?? best}.` : changed ? "The edited sentence is on no disk until you keep it." : "Change a word: the prediction follows as you type.")}</p>`;
  }

  private fire(name: string, text: string): void {
    this.dispatchEvent(new CustomEvent<string>(name, { detail: text.trim(), bubbles: true }));
  }
}
define("gb-edit-sentence", GbEditSentence);
