import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { api } from "../lib/base.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { getJson, sentence } from "../lib/http.ts";
import { MediaBoard, type MediaCard, type Thing } from "../lib/media-board.ts";
import { fetchDocument } from "../lib/renew.ts";
import "./gb-wave.ts";

/** What is known of sounds; the oldest goes first. */
const KEPT = 600;

/** Logged sounds: a player for each sample, with its label and its facts. */
class GbAudioBoard extends MediaBoard<Thing> {
  protected readonly none = "Nothing was logged here.";
  protected readonly grid = "audio-cards";
  private readonly facts = new Map<string, Element | string>();

  protected override adopt(): void {
    for (const card of this.querySelectorAll<HTMLElement>(".sounds")) {
      const pieces = [...card.querySelectorAll<HTMLElement>(".sound-facts")];
      for (const piece of pieces) this.facts.set(piece.dataset["id"] ?? "", piece);
      this.known(card, pieces.map((piece, sample) => ({ id: piece.dataset["id"] ?? "", step: Number(piece.dataset["step"]), wall: null, sample })));
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // One at a time.
    this.addEventListener("play", (event) => { for (const other of this.querySelectorAll("audio")) if (other !== event.target) other.pause(); }, true);
  }

  protected override forget(): void {
    for (const [id, found] of this.facts) if (typeof found === "string") this.facts.delete(id);
  }

  protected every(): MediaCard[] {
    return this.ofKind("audio");
  }

  protected wasLogged(): boolean {
    return board.tags.some((tag) => tag.kind === "audio");
  }

  protected async list(card: MediaCard): Promise<readonly Thing[]> {
    return (await getJson<{ audio: Thing[] }>(api(`/experiments/${encodeURIComponent(board.experiment)}/audio`, { tag: card.tag, run: card.run.id }))).audio;
  }

  private about(id: string): Element | string | undefined {
    const known = this.facts.get(id);
    if (known === undefined) this.need(id, () => fetchDocument(api(`/audio/${encodeURIComponent(id)}/about`, { format: "html" }))
      .then((page) => { const made = page.querySelector(".sound-facts"); return made ? document.importNode(made, true) : "The server answered with nothing."; }, sentence)
      .then((made) => { this.facts.set(id, made); if (this.facts.size > KEPT) for (const old of this.facts.keys()) { this.facts.delete(old); break; } }));
    return known;
  }

  protected body(card: MediaCard, shown: readonly Thing[]): TemplateResult {
    return html`<ul class="sounds">${repeat(shown, (one) => one.sample, (one) => {
      const address = api(`/audio/${encodeURIComponent(one.id)}`);
      const about = this.about(one.id);
      const unknown = typeof about !== "string" && about?.querySelector(".notice");
      return html`<li>${unknown ? nothing : html`<gb-wave .address=${address}></gb-wave><audio controls preload="metadata" src=${address} aria-label=${`${card.tag} of ${card.run.name}, step ${one.step}, sample ${one.sample + 1}`}></audio>`}
        ${typeof about === "string" ? html`<p class="bad small">${about}</p>` : (about ?? html`<div class="sound-facts" aria-busy="true"></div>`)}</li>`;
    })}</ul>${shown.length === 0 ? html`<div class="sounds" aria-busy="true"></div>` : nothing}`;
  }
}
define("gb-audio-board", GbAudioBoard);
