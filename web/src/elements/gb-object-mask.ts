import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { bytes as written } from "../lib/format.ts";
import { isPng, LARGEST, remember, toBase64, type ObjectMask } from "../lib/object-mask.ts";
import { sentence } from "../lib/http.ts";

/** Where the object is: taken from a PNG, or from what was painted on the Perturb page. Fires `gb-mask` when it changes. */
export class GbObjectMask extends GbElement {
  static override properties = { input: {}, row: { attribute: false }, mask: { attribute: false }, problem: { state: true } };
  declare input: string;
  declare row: number;
  declare mask: ObjectMask | undefined;
  declare problem: string | undefined;

  protected override render(): TemplateResult {
    const { mask } = this;
    return html`<div class="gb-object">${mask ? html`<img src="data:image/png;base64,${mask.png}" alt="The mask: white is the object"><p>${mask.what}<br><button type="button" class="link-btn" @click=${() => this.keep(undefined)}>Ask without it</button></p>`
        : html`<p class="muted small">Say where the object is, and it is measured whether the maps lie inside: <a href=${this.paint}>paint it</a>, or give a PNG in which it is white.</p>`}
      <label class="btn gb-file">${mask ? "Another PNG" : "Choose a PNG"}<input class="sr-only" type="file" accept="image/png,.png" @change=${this.chosen}></label></div>
      ${this.problem ? html`<p class="small bad" role="alert">${this.problem}</p>` : nothing}`;
  }

  private get paint(): string {
    const given = new URLSearchParams(location.search);
    const keys = new URLSearchParams(["row", "checkpoint"].flatMap((key) => { const v = given.get(key); return v ? [[key, v]] : []; })).toString();
    return keys ? `perturb?${keys}` : "perturb";
  }

  private readonly chosen = async (event: Event): Promise<void> => {
    const field = event.target as HTMLInputElement;
    const [file] = field.files ?? [];
    if (!file) return;
    try {
      if (file.size > LARGEST) throw new Error(`${file.name} has ${written(file.size)}; a mask may have ${written(LARGEST)}.`);
      const found = new Uint8Array(await file.arrayBuffer());
      if (!isPng(found)) throw new Error(`${file.name} is not a PNG.`);
      this.keep({ png: toBase64(found), what: `From ${file.name}` });
    } catch (error) {
      this.problem = sentence(error);
    }
    field.value = "";
  };

  private keep(mask: ObjectMask | undefined): void {
    if (!remember(this.input, this.row, mask)) {
      this.problem = "The browser keeps nothing for this page, so the mask cannot be used.";
      return;
    }
    this.problem = undefined;
    this.dispatchEvent(new CustomEvent("gb-mask", { bubbles: true }));
  }
}
define("gb-object-mask", GbObjectMask);
