import { html, nothing, type TemplateResult } from "lit";
import { board, pattern } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";
import { toast } from "../lib/say.ts";

/** Groups the legend names. */
const LEGEND = 24;
/** Suggestions of the filter. */
const OFFERED = 200;

/** The toolbar over the charts; every control is a key of the address. */
class GbScalarBar extends GbElement {
  private settle: ReturnType<typeof setTimeout> | undefined;
  private smoothing = board.state.values.s;
  private offered: readonly string[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    board.watch(() => this.requestUpdate());
    board.state.watch(() => { this.smoothing = board.state.values.s; this.requestUpdate(); this.apply(); });
    document.addEventListener("gb-renewed", () => this.apply());
    for (const group of this.groups) {
      group.addEventListener("toggle", () => {
        const name = group.dataset["prefix"] || "other";
        if (group.open === board.state.values.shut.includes(name)) board.flip("shut", name);
      });
    }
    this.apply();
  }

  private get groups(): readonly HTMLDetailsElement[] {
    return [...document.querySelectorAll<HTMLDetailsElement>(".tag-group")];
  }

  /** Hides cards whose tag the filter does not match, closes groups, and sets sizes. */
  private apply(): void {
    const { tags, cols, shut, h, he } = board.state.values;
    const filter = pattern(tags);
    const shown = new Set(he ? board.shown.map((run) => run.id) : []);
    const hides = (tag: string): boolean => (filter !== null && !filter.test(tag)) || (he && !board.having(tag).some((run) => shown.has(run)));
    let any = false;
    for (const group of this.groups) {
      let here = 0;
      for (const card of group.querySelectorAll<HTMLElement>("[data-tag]")) {
        card.hidden = hides(card.dataset["tag"] ?? "");
        if (!card.hidden) here += 1;
      }
      group.hidden = here === 0;
      group.open = !shut.includes(group.dataset["prefix"] || "other");
      any ||= here > 0;
      const count = group.querySelector(".count");
      if (count) count.textContent = String(here);
    }
    const none = document.getElementById("no-tags");
    if (none) none.hidden = any || board.tags.length === 0;
    for (const cards of document.querySelectorAll<HTMLElement>(".cards")) cards.dataset["cols"] = String(cols);
    document.querySelector<HTMLElement>(".board")?.style.setProperty("--plot", `${h}px`);
  }

  /** Prefixes and tags to choose from, when the filter is first used. */
  private offer(): void {
    const tags = board.tags.filter((tag) => tag.kind === "scalar").map((tag) => tag.tag);
    const prefixes = new Set(tags.flatMap((tag) => (tag.includes("/") ? [`^${tag.slice(0, tag.indexOf("/") + 1)}`] : [])));
    this.offered = [...prefixes, ...tags].slice(0, OFFERED);
    this.requestUpdate();
  }

  private slide(event: InputEvent): void {
    const range = event.target as HTMLInputElement;
    this.smoothing = Number(range.value);
    this.requestUpdate();
    clearTimeout(this.settle);
    this.settle = setTimeout(() => board.state.set({ s: this.smoothing }), 60);
  }

  /** All tags the filter matches, in one chart. */
  private together(): void {
    const { tags, own } = board.state.values;
    if (!own.includes(tags)) board.flip("own", tags);
    toast(`A chart of ${tags} is at the top`);
    board.state.set({ tags: "" });
    document.querySelector(".board")?.scrollTo({ top: 0 });
  }

  private async settings(event: Event): Promise<void> {
    const button = event.currentTarget as HTMLElement;
    const { openSettings } = await import("./chart-settings.ts");
    openSettings(button);
  }

  protected override updated(): void {
    const range = this.querySelector<HTMLInputElement>('input[type="range"]');
    range?.style.setProperty("--fill", `${(this.smoothing / 0.999) * 100}%`);
  }

  /** What the settings changed, where it is seen, each with a way back. */
  private choices(): TemplateResult | typeof nothing {
    const { x, by, band, sel, cur, xl, z } = board.state.values;
    const one = (words: string, change: Parameters<typeof board.state.set>[0]): TemplateResult =>
      html`<span class="chip chip-accent">${words}<button class="chip-x" type="button" aria-label=${`Undo: ${words}`} @click=${() => board.state.set(change, true)}><svg class="icon icon-s" aria-hidden="true"><use href="#i-x"></use></svg></button></span>`;
    const chips = [
      ...(x.startsWith("m:") ? [one(`x: ${x.slice(2)}`, { x: "step", z: null, sel: null, cur: null })] : []),
      ...(xl ? [one("log x", { xl: false })] : []),
      ...(by ? [one(`by ${by === "all" ? "all runs" : by.replace(/^(hparam|re):/, "")}`, { by: "" })] : []),
      ...(z ? [one("zoom", { z: null })] : []),
      ...(sel ? [one("selection", { sel: null })] : []),
      ...(cur !== null ? [one("pinned cursor", { cur: null })] : []),
    ];
    const { names, slots, of, problem } = board.groups;
    const legend = by && names.length > 0 && band ? html`<span class="group-legend">${names.slice(0, LEGEND).map((name) => {
      const slot = slots.get(name);
      return html`<span><span class="run-swatch" data-slot=${slot ? slot.colour : nothing} data-dash=${slot ? slot.dash : nothing}></span>${name} <span class="muted">${[...of.values()].filter((group) => group === name).length}</span></span>`;
    })}${names.length > LEGEND ? html`<span class="muted">+ ${names.length - LEGEND} more</span>` : nothing}</span>` : nothing;
    if (chips.length === 0) return nothing;
    return html`<div class="choices">${chips}${legend}${by && problem ? html`<span class="bad small">${problem}</span>` : nothing}</div>`;
  }

  protected override render(): TemplateResult {
    const { tags, x, out, sync, cols, by, band } = board.state.values;
    const axes = [["step", "Step"], ["relative", "Relative"], ["wall", "Wall"]] as const;
    const held = by !== "" && band !== "runs";
    const valid = pattern(tags) !== null;
    return html`
      <div class="field tag-filter" ?data-invalid=${tags !== "" && !valid}><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <input type="text" data-filter placeholder="Filter tags" aria-label="Filter tags, regex" spellcheck="false" autocomplete="off" list="tag-names" .value=${tags} @focus=${() => this.offer()}
          @input=${(e: InputEvent) => board.state.set({ tags: (e.target as HTMLInputElement).value })} />
        ${tags !== "" && valid ? html`<button class="icon-btn" type="button" title="All matching tags in one chart" aria-label="All matching tags in one chart" @click=${() => this.together()}><svg class="icon" aria-hidden="true"><use href="#i-plus"></use></svg></button>` : html`<kbd>/</kbd>`}</div>
      <datalist id="tag-names">${this.offered.map((tag) => html`<option value=${tag}></option>`)}</datalist>
      <fieldset class="seg" ?disabled=${held} title=${held ? "Groups are lines over steps" : nothing}><legend class="sr-only">Horizontal axis</legend>
        ${axes.map(([word, name]) => html`<label><input type="radio" name="axis" value=${word} .checked=${held ? word === "step" : x === word} @change=${() => board.state.set({ x: word, z: null, sel: null, cur: null }, true)} />${name}</label>`)}
      </fieldset>
      <label class="slider"><span>Smoothing</span><input type="range" min="0" max="0.999" step="0.001" aria-label="Smoothing" .value=${String(this.smoothing)} @input=${(e: InputEvent) => this.slide(e)} /><output>${Number(this.smoothing.toFixed(3))}</output></label>
      <label class="switch"><input type="checkbox" role="switch" .checked=${out} @change=${(e: Event) => board.state.set({ out: (e.target as HTMLInputElement).checked }, true)} />Ignore outliers</label>
      <label class="switch sync-switch"><input type="checkbox" role="switch" .checked=${sync} @change=${(e: Event) => board.state.set({ sync: (e.target as HTMLInputElement).checked }, true)} />Sync cursor</label>
      <span class="grow"></span>
      <span class="bar-end"><fieldset class="seg cols"><legend class="sr-only">Charts in a row</legend>
        ${[2, 3, 4].map((n) => html`<label><input type="radio" name="cols" value=${n} .checked=${cols === n} @change=${() => board.state.set({ cols: n }, true)} />${n}</label>`)}
      </fieldset>
      <button class="icon-btn icon-btn-edge" type="button" title="Chart settings" aria-label="Chart settings" aria-haspopup="dialog" @click=${(e: Event) => void this.settings(e)}><svg class="icon" aria-hidden="true"><use href="#i-sliders"></use></svg></button></span>
      ${this.choices()}`;
  }
}
define("gb-scalar-bar", GbScalarBar);
