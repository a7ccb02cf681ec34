import { html, type TemplateResult } from "lit";
import { board, pattern } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";

/** The toolbar over the charts; every control is a key of the address. */
class GbScalarBar extends GbElement {
  private settle: ReturnType<typeof setTimeout> | undefined;
  private smoothing = board.state.values.s;

  override connectedCallback(): void {
    super.connectedCallback();
    board.state.watch(() => { this.smoothing = board.state.values.s; this.requestUpdate(); this.apply(); });
    document.addEventListener("gb-renewed", () => this.apply());
    this.apply();
  }

  /** Hides cards whose tag the filter does not match, and sets the number of columns. */
  private apply(): void {
    const { tags, cols } = board.state.values;
    const filter = pattern(tags);
    let any = false;
    for (const group of document.querySelectorAll<HTMLElement>(".tag-group")) {
      let here = 0;
      for (const card of group.querySelectorAll<HTMLElement>("[data-tag]")) {
        card.hidden = filter !== null && !filter.test(card.dataset["tag"] ?? "");
        if (!card.hidden) here += 1;
      }
      group.hidden = here === 0;
      any ||= here > 0;
      const count = group.querySelector(".count");
      if (count) count.textContent = String(here);
    }
    const none = document.getElementById("no-tags");
    if (none) none.hidden = any || board.tags.length === 0;
    for (const cards of document.querySelectorAll<HTMLElement>(".cards")) cards.dataset["cols"] = String(cols);
  }

  private slide(event: InputEvent): void {
    const range = event.target as HTMLInputElement;
    this.smoothing = Number(range.value);
    this.requestUpdate();
    clearTimeout(this.settle);
    this.settle = setTimeout(() => board.state.set({ s: this.smoothing }), 60);
  }

  protected override updated(): void {
    const range = this.querySelector<HTMLInputElement>('input[type="range"]');
    range?.style.setProperty("--fill", `${(this.smoothing / 0.999) * 100}%`);
  }

  protected override render(): TemplateResult {
    const { tags, x, out, sync, cols } = board.state.values;
    const axes = [["step", "Step"], ["relative", "Relative"], ["wall", "Wall"]] as const;
    return html`
      <div class="field tag-filter" ?data-invalid=${tags !== "" && pattern(tags) === null}><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <input type="text" data-filter placeholder="Filter tags" aria-label="Filter tags, regex" spellcheck="false" autocomplete="off" .value=${tags}
          @input=${(e: InputEvent) => board.state.set({ tags: (e.target as HTMLInputElement).value })} /><kbd>/</kbd></div>
      <fieldset class="seg"><legend class="sr-only">Horizontal axis</legend>
        ${axes.map(([word, name]) => html`<label><input type="radio" name="axis" value=${word} .checked=${x === word} @change=${() => board.state.set({ x: word, z: null }, true)} />${name}</label>`)}
      </fieldset>
      <label class="slider"><span>Smoothing</span><input type="range" min="0" max="0.999" step="0.001" aria-label="Smoothing" .value=${String(this.smoothing)} @input=${(e: InputEvent) => this.slide(e)} /><output>${Number(this.smoothing.toFixed(3))}</output></label>
      <label class="switch"><input type="checkbox" role="switch" .checked=${out} @change=${(e: Event) => board.state.set({ out: (e.target as HTMLInputElement).checked }, true)} />Ignore outliers</label>
      <label class="switch sync-switch"><input type="checkbox" role="switch" .checked=${sync} @change=${(e: Event) => board.state.set({ sync: (e.target as HTMLInputElement).checked }, true)} />Sync cursor</label>
      <span class="grow"></span>
      <fieldset class="seg cols"><legend class="sr-only">Charts in a row</legend>
        ${[2, 3, 4].map((n) => html`<label><input type="radio" name="cols" value=${n} .checked=${cols === n} @change=${() => board.state.set({ cols: n }, true)} />${n}</label>`)}
      </fieldset>`;
  }
}
define("gb-scalar-bar", GbScalarBar);
