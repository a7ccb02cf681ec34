import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { api } from "../lib/base.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { getJson } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { MediaBoard, type MediaCard, type Thing } from "../lib/media-board.ts";
import { media, apart } from "../lib/media-keys.ts";
import { vars } from "../lib/vars.ts";

interface Picture extends Thing {
  readonly width: number;
  readonly height: number;
}

/** Samples of a card that are drawn without being asked for. */
const SAMPLES = 12;
const SCALES = [0, 1, 2, 4, 8] as const;

/** Logged images: a card for each tag and shown run, light and size for all, one large at a time. */
class GbImageBoard extends MediaBoard<Picture> {
  protected readonly none = "Nothing was logged here.";
  protected readonly grid = "image-cards";
  /** Cards that show all their samples. */
  private readonly whole = new Set<string>();

  protected override adopt(): void {
    // The server wrote the newest pictures: they stay where they are until the steps are known.
    for (const card of this.querySelectorAll<HTMLElement>("section[data-run]")) {
      const pictures = [...card.querySelectorAll("img")].map((img) => ({ id: img.dataset["id"] ?? "", step: Number(img.dataset["step"]), wall: null, sample: Number(img.dataset["sample"]), width: Number(img.getAttribute("width")), height: Number(img.getAttribute("height")) }));
      this.known(card, pictures);
    }
  }

  protected every(): MediaCard[] {
    return this.ofKind("image");
  }

  protected wasLogged(): boolean {
    return board.tags.some((tag) => tag.kind === "image");
  }

  protected async list(card: MediaCard): Promise<readonly Picture[]> {
    return (await getJson<{ images: Picture[] }>(api(`/experiments/${encodeURIComponent(board.experiment)}/images`, { tag: card.tag, run: card.run.id }))).images;
  }

  private img(card: MediaCard, one: Picture): TemplateResult {
    return html`<img src=${api(`/images/${encodeURIComponent(one.id)}`)} width=${one.width || nothing} height=${one.height || nothing} alt=${`${card.tag} of ${card.run.name}, step ${integer(one.step)}, sample ${one.sample + 1}`} />`;
  }

  protected body(card: MediaCard, shown: readonly Picture[]): TemplateResult {
    const some = this.whole.has(card.key) ? shown : shown.slice(0, SAMPLES);
    const many = shown.length > 4 || shown.length === 3 ? "many" : shown.length > 1 ? "few" : nothing;
    return html`<div class="image-set" data-many=${many}>${repeat(some, (one) => one.sample, (one) => html`<button type="button" class="image-btn" title="Enlarge" @click=${() => media.set({ big: `${card.run.id}:${one.sample}:${card.tag}` }, true)}>${this.img(card, one)}</button>`)}</div>
      ${shown.length > some.length ? html`<p class="media-none"><button type="button" class="link-btn" @click=${() => { this.whole.add(card.key); this.requestUpdate(); }}>${integer(shown.length - some.length)} more samples</button></p>` : nothing}`;
  }

  private light(word: string, key: "bri" | "con", max: number): TemplateResult {
    const now = media.values[key];
    return html`<label class="slider"><span>${word}</span><input type="range" min="0" max=${max} step="5" .value=${String(now)} aria-valuetext=${`${now} percent`} ${vars({ "--fill": `${(now / max) * 100}%` })} @input=${(e: Event) => media.set({ [key]: Number((e.target as HTMLInputElement).value) })} /><output>${now} %</output></label>`;
  }

  protected override tools(): TemplateResult {
    const { bri, con, act } = media.values;
    return html`${this.light("Brightness", "bri", 300)}${this.light("Contrast", "con", 500)}
      ${bri !== 100 || con !== 100 ? html`<button type="button" class="btn" @click=${() => media.set({ bri: 100, con: 100 }, true)}>As logged</button>` : nothing}
      <label class="switch"><input type="checkbox" role="switch" .checked=${act} @change=${(e: Event) => media.set({ act: (e.target as HTMLInputElement).checked }, true)} />Actual size</label>`;
  }

  /** The enlarged picture, its card and what else is there. */
  private get open(): { card: MediaCard; steps: readonly number[]; index: number; shown: readonly Picture[]; place: number } | undefined {
    if (media.values.big === "") return undefined;
    const { run, n, tag } = apart(media.values.big);
    const card = this.every().find((one) => one.run.id === run && one.tag === tag);
    if (!card) return undefined;
    const here = this.shownOf(card);
    return { card, ...here, place: Math.max(0, here.shown.findIndex((one) => one.sample === n)) };
  }

  private turn(steps: number, samples: number): void {
    const open = this.open;
    if (!open) return;
    if (steps !== 0) this.moveOne(open.card, open.steps, open.index + steps);
    const next = open.shown[open.place + samples];
    if (samples !== 0 && next) media.set({ big: `${open.card.run.id}:${next.sample}:${open.card.tag}` });
  }

  private scale(by: number): void {
    const at = SCALES.indexOf(media.values.mag as 0) + by;
    const mag = SCALES[at];
    if (mag !== undefined) media.set({ mag });
  }

  private keys(event: KeyboardEvent): void {
    // Sliders and choices have arrows of their own, and the scrolled picture those that move it.
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target instanceof HTMLInputElement) return;
    const scrolls = target.classList.contains("zoom-view") && media.values.mag > 0;
    if (event.key === "+" || event.key === "=") this.scale(1);
    else if (event.key === "-") this.scale(-1);
    else if (event.key === "0") media.set({ mag: 0 });
    else if (scrolls) return;
    else if (event.key === "ArrowLeft") this.turn(-1, 0);
    else if (event.key === "ArrowRight") this.turn(1, 0);
    else if (event.key === "ArrowUp") this.turn(0, -1);
    else if (event.key === "ArrowDown") this.turn(0, 1);
    else return;
    event.preventDefault();
  }

  protected override updated(): void {
    super.updated();
    const { bri, con, act } = media.values;
    this.toggleAttribute("data-actual", act);
    this.toggleAttribute("data-light", bri !== 100 || con !== 100);
    this.style.setProperty("--bri", `${bri}%`);
    this.style.setProperty("--con", `${con}%`);
    const dialog = this.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  private enlarged(): TemplateResult | typeof nothing {
    const open = this.open;
    if (!open) return nothing;
    const { card, steps, index, shown, place } = open;
    const one = shown[place];
    const { mag } = media.values;
    const slot = board.slot(card.run.id);
    return html`<dialog class="zoom" aria-label=${`${card.tag} of ${card.run.name}, enlarged`} @close=${() => { if (media.values.big !== "") media.set({ big: "" }, true); }} @keydown=${(e: KeyboardEvent) => this.keys(e)}>
      <div class="dialog-head"><h2 class="mono ellipsis">${card.tag}</h2><span class="run-swatch" data-slot=${slot?.colour ?? nothing}></span><span class="mono small muted ellipsis">${card.run.name}</span><button class="icon-btn" type="button" aria-label="Close" @click=${() => this.querySelector("dialog")?.close()}>${icon("close")}</button></div>
      <div class="zoom-view" tabindex="0" role="group" aria-label="Picture" data-fit=${mag === 0 ? "" : nothing} ${vars({ "--wide": `${(one?.width ?? 0) * mag}px` })}>${one ? this.img(card, one) : html`<p class="muted">Nothing was logged here.</p>`}</div>
      <div class="zoom-foot">
        <output class="nowrap zoom-words" aria-live="polite">step ${integer(steps[index] ?? 0)}${shown.length > 1 ? ` · sample ${place + 1} of ${shown.length}` : ""}${one?.width ? ` · ${one.width} × ${one.height}` : ""}</output>
        ${this.own(card, steps, index)}
        ${shown.length > 1 ? html`<span class="row"><button type="button" class="btn" ?disabled=${place === 0} @click=${() => this.turn(0, -1)}>Previous sample</button><button type="button" class="btn" ?disabled=${place === shown.length - 1} @click=${() => this.turn(0, 1)}>Next</button></span>` : nothing}
        <fieldset class="seg"><legend class="sr-only">Size</legend>${SCALES.map((s) => html`<label><input type="radio" name="mag" .checked=${mag === s} @change=${() => media.set({ mag: s }, true)} />${s === 0 ? "Fit" : `${s}×`}</label>`)}</fieldset>
        <span class="muted small zoom-keys"><kbd>←</kbd> <kbd>→</kbd> step${shown.length > 1 ? html` <kbd>↑</kbd> <kbd>↓</kbd> sample` : nothing} <kbd>+</kbd> <kbd>−</kbd> size</span>
      </div></dialog>`;
  }

  protected override render(): TemplateResult {
    return html`${super.render()}${this.enlarged()}`;
  }
}
define("gb-image-board", GbImageBoard);
