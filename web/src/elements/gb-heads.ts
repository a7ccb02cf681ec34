import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { seqDark, seqLight } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { head, matrix, pattern, type Maps, type Placed } from "../lib/sentence.ts";
import { vars } from "../lib/vars.ts";

/** Heads listed as the most important. */
const LISTED = 4;

/** Every head of every layer as a small matrix, or by how much it bears on the target. Fires `gb-head` with `layer.head`, from 1. */
export class GbHeads extends GbElement {
  static override properties = { maps: { attribute: false }, tokens: { attribute: false }, importance: { attribute: false }, head: {}, mode: { state: true } };
  declare maps: Maps | undefined;
  declare tokens: readonly Placed[];
  /** By layer and head; nothing where no gradient tells it. */
  declare importance: ArrayLike<number> | undefined;
  declare head: string;
  declare mode: "pattern" | "importance";

  override connectedCallback(): void {
    super.connectedCallback();
    this.mode = "pattern";
  }

  protected override render(): TemplateResult | typeof nothing {
    const all = this.maps;
    if (!all) return nothing;
    const importance = (i: number): number => Number(this.importance?.[i] ?? 0);
    const most = Math.max(1e-12, ...Array.from({ length: all.layers * all.heads }, (_, i) => importance(i)));
    const order = Array.from({ length: all.layers * all.heads }, (_, i) => i).sort((a, b) => importance(b) - importance(a)).slice(0, LISTED);
    const name = (i: number): string => `${Math.floor(i / all.heads) + 1}.${(i % all.heads) + 1}`;
    const rows = (i: number): number[][] => matrix(all.values, head(all, Math.floor(i / all.heads), i % all.heads), all.tokens, this.tokens);
    return html`<div class="row wrap"><h2 class="grow">Heads</h2>
        <fieldset class="seg"><legend class="sr-only">What is drawn</legend>${(["pattern", "importance"] as const).map((mode) => html`<label><input type="radio" name="heads" .checked=${this.mode === mode} ?disabled=${mode === "importance" && !this.importance} @change=${() => { this.mode = mode; }}>${mode === "pattern" ? "Pattern" : "Importance"}</label>`)}</fieldset></div>
      <div class="gb-heads" role="group" aria-label="Heads by layer; arrows move" ${vars({ "--heads": String(all.heads) })} @keydown=${(e: KeyboardEvent) => this.move(e)}>
        <span class="gb-head-name" aria-hidden="true"></span>${Array.from({ length: all.heads }, (_, h) => html`<span class="gb-head-name" aria-hidden="true">${h + 1}</span>`)}
        ${Array.from({ length: all.layers * all.heads }, (_, i) => html`${i % all.heads === 0 ? html`<span class="gb-head-name" aria-hidden="true">${Math.floor(i / all.heads) + 1}</span>` : nothing}<button type="button" class="gb-head" data-head=${name(i)} tabindex=${name(i) === this.head ? 0 : -1} aria-pressed=${name(i) === this.head}
          aria-label=${`Layer ${Math.floor(i / all.heads) + 1}, head ${(i % all.heads) + 1}${this.importance ? `, importance ${value(importance(i), 3)}` : ""}`} @click=${() => this.choose(name(i))}>${this.mode === "importance" ? html`<i ${vars({ "--fill": (importance(i) / most).toFixed(3) })}></i>` : html`<canvas aria-hidden="true" data-index=${i}></canvas>`}</button>`)}
      </div>
      <p class="muted xs">Rows: layers. Columns: heads. In each, rows look at columns.</p>
      ${this.importance ? html`<div class="table-wrap" tabindex="0" role="region" aria-label="Most important heads"><table class="table"><caption class="sr-only">Heads that bear most on the target</caption><thead><tr><th scope="col">Most important</th><th scope="col">Pattern</th><th scope="col" class="num" title="Size of the derivative of the output by a gate on the head (Michel et al. 2019)">|Δ|</th></tr></thead>
        <tbody>${order.map((i) => html`<tr data-on=${name(i) === this.head ? "" : nothing}><th scope="row"><button type="button" class="gb-plain mono" @click=${() => this.choose(name(i))}>L${Math.floor(i / all.heads) + 1} H${(i % all.heads) + 1}</button></th><td>${pattern(rows(i), this.tokens)}</td><td class="num">${value(importance(i), 3)}</td></tr>`)}</tbody></table></div>` : nothing}`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.draw();
  }

  private draw(): void {
    const all = this.maps;
    if (!all) return;
    const dark = getComputedStyle(this).colorScheme.includes("dark") && !getComputedStyle(this).colorScheme.includes("light") || (document.documentElement.dataset["theme"] ?? "") === "dark" || (document.documentElement.dataset["theme"] === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
    const colours = dark ? seqDark : seqLight;
    for (const canvas of this.querySelectorAll("canvas")) {
      const i = Number(canvas.dataset["index"]);
      const rows = matrix(all.values, head(all, Math.floor(i / all.heads), i % all.heads), all.tokens, this.tokens);
      const n = rows.length;
      const most = Math.max(1e-12, ...rows.flat());
      canvas.width = canvas.height = n;
      const context = canvas.getContext("2d");
      const image = context?.createImageData(n, n);
      if (!context || !image) continue;
      rows.flat().forEach((v, at) => {
        const c = Math.min(255, Math.round((v / most) * 255)) * 3;
        image.data.set([colours[c] ?? 0, colours[c + 1] ?? 0, colours[c + 2] ?? 0, 255], at * 4);
      });
      context.putImageData(image, 0, 0);
    }
  }

  private choose(name: string): void {
    this.dispatchEvent(new CustomEvent<string>("gb-head", { detail: name, bubbles: true }));
  }

  private move(event: KeyboardEvent): void {
    const all = this.maps;
    const [layer, number] = this.head.split(".").map(Number);
    if (!all || !layer || !number || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const bounded = (v: number, most: number): number => Math.max(1, Math.min(most, v));
    const name = `${bounded(layer + (step[0] ?? 0), all.layers)}.${bounded(number + (step[1] ?? 0), all.heads)}`;
    this.choose(name);
    void this.updateComplete.then(() => requestAnimationFrame(() => this.querySelector<HTMLElement>(`[data-head="${name}"]`)?.focus()));
  }
}
define("gb-heads", GbHeads);
