/** Toolbars over cards of tags: the filter of tags shows and folds the cards. */
import { board } from "./board.ts";
import { GbElement } from "./element.ts";
import { applyGroups, watchFolds } from "./tag-groups.ts";

export class TagBar extends GbElement {
  override connectedCallback(): void {
    super.connectedCallback();
    board.state.watch(() => { this.requestUpdate(); this.apply(); });
    document.addEventListener("gb-renewed", () => this.apply());
    this.apply();
  }

  /** Shows what matches. */
  protected apply(): void {
    watchFolds();
    applyGroups((card) => [card.dataset["tag"] ?? ""]);
  }

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.replaceChildren();
  }
}
