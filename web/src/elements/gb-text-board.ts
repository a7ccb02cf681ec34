import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { getJson, request, sentence } from "../lib/http.ts";
import { MediaBoard, type MediaCard, type Thing } from "../lib/media-board.ts";
import { media } from "../lib/media-keys.ts";
import { fetchDocument } from "../lib/renew.ts";
import { toast } from "../lib/say.ts";

/** Texts kept at hand; the oldest go first. */
const KEPT = 300;

/** Logged texts: Markdown as the server made it, or as it was written. */
class GbTextBoard extends MediaBoard<Thing> {
  protected readonly none = "Nothing was logged here.";
  protected readonly grid = "text-cards";
  /** By id: the piece of a page, or its source; a sentence where it could not be read. */
  private readonly pieces = new Map<string, Element | string>();
  private readonly sources = new Map<string, string>();
  /** What a card showed last: it stays until the next is there. */
  private readonly last = new Map<string, Element>();

  protected override adopt(): void {
    for (const piece of this.querySelectorAll<HTMLElement>(".logged")) {
      const id = piece.dataset["id"] ?? "";
      this.keep(this.pieces, id, piece);
      this.known(piece, [{ id, step: Number(piece.dataset["step"]), wall: null, sample: 0 }]);
    }
  }

  protected override forget(): void {
    for (const [id, found] of this.pieces) if (typeof found === "string") this.pieces.delete(id);
    this.sources.clear();
  }

  protected every(): MediaCard[] {
    return this.ofKind("text");
  }

  protected wasLogged(): boolean {
    return board.tags.some((tag) => tag.kind === "text");
  }

  protected async list(card: MediaCard): Promise<readonly Thing[]> {
    const { texts } = await getJson<{ texts: Thing[] }>(api(`/experiments/${encodeURIComponent(board.experiment)}/texts`, { tag: card.tag, run: card.run.id }));
    return texts.map((one) => ({ ...one, sample: 0 }));
  }

  private keep<V>(kept: Map<string, V>, id: string, value: V): void {
    kept.delete(id);
    kept.set(id, value);
    if (kept.size > KEPT) for (const old of kept.keys()) { kept.delete(old); break; }
  }

  private address(id: string, format: "html" | "text"): string {
    return api(`/texts/${encodeURIComponent(id)}`, { format });
  }

  private piece(id: string): Element | string | undefined {
    const known = this.pieces.get(id);
    if (known === undefined) this.need(`piece ${id}`, () => fetchDocument(this.address(id, "html"))
      .then((page) => { const made = page.querySelector(".logged"); return made ? document.importNode(made, true) : "The server answered with no text."; }, sentence)
      .then((made) => this.keep(this.pieces, id, made)));
    return known;
  }

  private async source(id: string): Promise<string> {
    const known = this.sources.get(id);
    if (known !== undefined) return known;
    const words = await (await request(this.address(id, "text"))).text();
    this.keep(this.sources, id, words);
    return words;
  }

  private plain(id: string): string | undefined {
    const known = this.sources.get(id);
    if (known === undefined) this.need(`source ${id}`, () => this.source(id).catch((error: unknown) => this.keep(this.sources, id, sentence(error))));
    return known;
  }

  protected body(card: MediaCard, shown: readonly Thing[]): TemplateResult {
    const id = shown[0]?.id;
    const name = `${card.tag} of ${card.run.name}`;
    if (id === undefined) return html`<div class="logged" aria-busy="true"></div>`;
    if (media.values.src) return html`<pre class="logged source" tabindex="0" role="region" aria-label=${`Source of ${name}`}>${this.plain(id) ?? ""}</pre>`;
    const made = this.piece(id) ?? this.last.get(card.key);
    if (typeof made === "string") return html`<p class="notice notice-bad media-notice" role="alert">${made}</p>`;
    if (made) this.last.set(card.key, made);
    made?.setAttribute("aria-label", name);
    return html`${made ?? html`<div class="logged" aria-busy="true"></div>`}`;
  }

  protected override tools(): TemplateResult {
    return html`<label class="switch"><input type="checkbox" role="switch" .checked=${media.values.src} @change=${(e: Event) => media.set({ src: (e.target as HTMLInputElement).checked }, true)} />Source</label>`;
  }

  protected override cardTools(card: MediaCard, shown: readonly Thing[]): TemplateResult | typeof nothing {
    const id = shown[0]?.id;
    if (id === undefined) return nothing;
    return html`<button type="button" class="icon-btn" aria-label=${`Copy the source of ${card.tag}, ${card.run.name}`} title="Copy the source" @click=${() => void this.copy(id)}><svg class="icon" aria-hidden="true"><use href="#i-copy"></use></svg></button>`;
  }

  private async copy(id: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(await this.source(id));
      toast("Text copied");
    } catch {
      toast("The browser did not allow copying; Source shows the text");
    }
  }
}
define("gb-text-board", GbTextBoard);
