import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { sendJson, sentence } from "../lib/http.ts";

interface Place { readonly input: string; readonly name: string; readonly row: number; readonly picture: boolean }
interface Strongest { readonly layer: string; readonly looked_at: number; readonly left_out: number; readonly inputs: readonly Place[]; readonly skipped: readonly { readonly at: number; readonly why: string }[]; readonly top: readonly (readonly { readonly at: number; readonly value: number }[])[] }

/** The inputs that a channel of a layer answers to most, of all that were given for the model. */
export class GbStrongest extends GbElement {
  static override properties = { model: {}, checkpoint: {}, layer: {}, channel: { type: Number }, known: { state: true }, problem: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare layer: string;
  declare channel: number;
  declare known: Strongest | undefined;
  declare problem: string | undefined;
  private asked = "";

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const question = `${this.model} ${this.checkpoint} ${this.layer}`;
    if (!this.layer || question === this.asked) return;
    this.asked = question;
    this.known = undefined;
    this.problem = undefined;
    void this.ask(question);
  }

  private async ask(question: string): Promise<void> {
    try {
      const known = await sendJson<Strongest>("POST", api("/activations/strongest"), { model: this.model, ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), layer: this.layer });
      if (question === this.asked) this.known = known;
    } catch (error) {
      if (question === this.asked) this.problem = sentence(error);
    }
  }

  protected override render(): TemplateResult {
    const { known } = this;
    const head = html`<h2>Inputs it answers to most</h2>`;
    if (this.problem) return html`${head}<p class="muted small">${this.problem}</p>`;
    if (!known) return html`${head}<p class="muted small">Running every input up to this layer…</p>`;
    return html`${head}<ol class="gb-strongest">${(known.top[this.channel] ?? []).map(({ at, value: v }) => {
      const place = known.inputs[at];
      if (!place) return nothing;
      const row = place.row ? `?row=${place.row}` : "";
      return html`<li><a href=${url(`/explain/${encodeURIComponent(this.model)}/${encodeURIComponent(place.input)}/attribution${row}`)} title=${place.name}>
        ${place.picture && place.row === 0 ? html`<img src=${api(`/inputs/${encodeURIComponent(place.input)}/picture.png`)} alt=${place.name} loading="lazy">` : html`<span class="mono xs">row ${place.row}</span>`}<span class="xs muted">${value(v, 3)}</span></a></li>`;
    })}</ol><p class="muted xs">Of ${known.looked_at} inputs, by the channel's highest value.${known.left_out ? ` ${known.left_out} rows beyond the first were not looked at.` : ""}${known.skipped.length ? ` ${known.skipped.length} do not fit this model.` : ""}</p>`;
  }
}
define("gb-strongest", GbStrongest);
