/** A tag's place among the cards: one card for each shown run that has it. */
import { html, nothing, type TemplateResult } from "lit";
import { board } from "./board.ts";
import { GbElement } from "./element.ts";

/** Cards of one tag; more runs are to be narrowed. */
const MOST = 24;

export abstract class RunCards extends GbElement {
  protected readonly tag = this.dataset["tag"] ?? "";
  protected abstract readonly kind: string;
  private drawn = "";

  override connectedCallback(): void {
    super.connectedCallback();
    board.watch(() => {
      // Many cards watch one board: only another list of runs is news here; what a card shows it watches itself.
      if (this.runs.join() !== this.drawn) this.requestUpdate();
    });
  }

  private get runs(): readonly string[] {
    const having = new Set(board.tags.find((tag) => tag.tag === this.tag && tag.kind === this.kind)?.runs);
    return board.shown.filter((run) => having.has(run.id)).map((run) => run.id);
  }

  protected abstract card(run: string): TemplateResult;

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.replaceChildren();
  }

  protected override render(): TemplateResult {
    const all = this.runs;
    this.drawn = all.join();
    const more = all.length - MOST;
    return html`${all.slice(0, MOST).map((run) => this.card(run))}${more > 0 ? html`<p class="muted small tag-note">${this.tag}: and ${more} more runs; narrow the list of runs to see them.</p>` : nothing}
      ${all.length === 0 ? html`<p class="muted small tag-note">No shown run has <span class="mono">${this.tag}</span>.</p>` : nothing}`;
  }
}
