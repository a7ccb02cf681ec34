/** A tag's place among the cards: one card for each shown run that has it, made when the place comes into view. */
import { html, nothing, type TemplateResult } from "lit";
import { board } from "./board.ts";
import { GbElement } from "./element.ts";
import { vars } from "./vars.ts";

/** Cards of one tag; more runs are to be narrowed. */
const MOST = 24;

// Of a thousand tags of twenty runs most are never looked at.
const sights = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting && target.parentElement instanceof RunCards) target.parentElement.see();
}, { rootMargin: "400px" });

let columns: number | undefined;
addEventListener("resize", () => { columns = undefined; });

/** Columns of the grid of cards, which all groups share. */
function columnsOf(card: HTMLElement): number {
  const grid = card.closest<HTMLElement>(".cards");
  columns ??= grid ? getComputedStyle(grid).gridTemplateColumns.split(" ").length : 3;
  return Math.max(1, columns);
}

export abstract class RunCards extends GbElement {
  protected readonly tag = this.dataset["tag"] ?? "";
  protected abstract readonly kind: string;
  /** The height of a card in pixels, more or less: the room that is held for it. */
  protected abstract readonly tall: number;
  private drawn = "";
  private drawnAt = -1;
  private seen = false;
  /** Cards that the server wrote; they stay until they are seen, unless other runs are shown. */
  private readonly written = this.childElementCount;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.firstElementChild) sights.observe(this.firstElementChild);
    board.watch(() => {
      // Many cards watch one board: only another list of runs is news here; what a card shows it watches itself.
      if (this.drawnAt === board.version) return;
      this.drawnAt = board.version;
      if (this.runs.join() !== this.drawn) this.requestUpdate();
    });
  }

  private get runs(): readonly string[] {
    const having = new Set(board.tags.find((tag) => tag.tag === this.tag && tag.kind === this.kind)?.runs);
    return board.shown.filter((run) => having.has(run.id)).map((run) => run.id);
  }

  protected abstract card(run: string): TemplateResult;

  see(): void {
    if (this.seen) return;
    this.seen = true;
    this.requestUpdate();
  }

  protected override shouldUpdate(): boolean {
    return this.hasUpdated || this.seen || this.written !== Math.min(MOST, this.runs.length);
  }

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.replaceChildren();
  }

  protected override updated(): void {
    const hold = this.querySelector(":scope > .tag-hold");
    if (hold) sights.observe(hold);
  }

  protected override render(): TemplateResult {
    const all = this.runs;
    this.drawn = all.join();
    if (all.length === 0) return html`<p class="muted small tag-note">No shown run has <span class="mono">${this.tag}</span>.</p>`;
    if (!this.seen) return html`<div class="tag-hold" ${vars({ height: `${Math.ceil(Math.min(MOST, all.length) / columnsOf(this)) * (this.tall + 12) - 12}px` })}></div>`;
    const more = all.length - MOST;
    return html`${all.slice(0, MOST).map((run) => this.card(run))}${more > 0 ? html`<p class="muted small tag-note">${this.tag}: and ${more} more runs; narrow the list of runs to see them.</p>` : nothing}`;
  }
}
