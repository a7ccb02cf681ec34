import { html, nothing, type TemplateResult } from "lit";
import { axisChoice, tagField, toggle } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { chartOf, customState, onLayout, tagsOf } from "../lib/custom.ts";
import { define } from "../lib/element.ts";
import { TagBar } from "../lib/tag-bar.ts";
import { applyGroups, watchFolds, type Folds } from "../lib/tag-groups.ts";

/** Categories that begin folded: the address names those that are open. */
const folds: Folds = {
  opened: () => customState.values.open,
  flip: (name) => {
    const { open } = customState.values;
    customState.set({ open: open.includes(name) ? open.filter((one) => one !== name) : [...open, name] }, true);
  },
};

/** The toolbar over custom charts: which charts, over what, how smooth. */
class GbCustomBar extends TagBar {
  private settle: ReturnType<typeof setTimeout> | undefined;
  private smoothing = board.state.values.s;

  override connectedCallback(): void {
    board.state.watch(() => { this.smoothing = board.state.values.s; });
    super.connectedCallback();
    customState.watch(() => this.apply());
    onLayout(() => this.apply());
  }

  protected override apply(): void {
    watchFolds(folds);
    applyGroups((card) => {
      const chart = chartOf(card.dataset["tag"] ?? "");
      return [chart?.title ?? card.dataset["tag"] ?? "", ...tagsOf(chart)];
    }, folds);
  }

  private slide(event: InputEvent): void {
    this.smoothing = Number((event.target as HTMLInputElement).value);
    this.requestUpdate();
    clearTimeout(this.settle);
    this.settle = setTimeout(() => board.state.set({ s: this.smoothing }), 60);
  }

  protected override updated(): void {
    this.querySelector<HTMLInputElement>('input[type="range"]')?.style.setProperty("--fill", `${(this.smoothing / 0.999) * 100}%`);
  }

  protected override render(): TemplateResult {
    const { out, z } = board.state.values;
    return html`${tagField("Filter charts")}${axisChoice()}
      <label class="slider"><span>Smoothing</span><input type="range" min="0" max="0.999" step="0.001" aria-label="Smoothing of lines" .value=${String(this.smoothing)} @input=${(e: InputEvent) => this.slide(e)} /><output>${Number(this.smoothing.toFixed(3))}</output></label>
      ${toggle("Ignore outliers", out, (on) => board.state.set({ out: on }, true))}
      ${z ? html`<button class="btn" type="button" @click=${() => board.state.set({ z: null }, true)}>Whole range</button>` : nothing}`;
  }
}
define("gb-custom-bar", GbCustomBar);
