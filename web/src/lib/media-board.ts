import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { board, pattern, type Run } from "./board.ts";
import { GbElement } from "./element.ts";
import { integer } from "./format.ts";
import { bind } from "./keys.ts";
import { onLive } from "./live.ts";
import { choose, media, moveAll, nearest, wanted } from "./media-keys.ts";
import { vars } from "./vars.ts";

/** One thing of a card: logged at a step, maybe beside others. */
export interface Thing {
  readonly id: string;
  readonly step: number;
  readonly wall: number | null;
  readonly sample: number;
}

/** One tag of one run. */
export interface MediaCard {
  readonly tag: string;
  readonly run: Run;
  readonly key: string;
}

/** Cards that are drawn at first, and again at each wish for more: each asks for its list. */
const CARDS = 24;
/** Pieces that are fetched at a time: a step that is passed over while a slider moves is never asked for. */
const AT_ONCE = 4;
/** Live points come faster than lists need to be read again. */
const GAP = 500;

/** A board of cards that go through steps: a slider for all, one for each, filters in the address. */
export abstract class MediaBoard<T extends Thing> extends GbElement {
  protected readonly lists = new Map<string, readonly T[]>();
  private readonly fresh = new Set<string>();
  private readonly loading = new Set<string>();
  private offs: (() => void)[] = [];
  private most = CARDS;
  private due: ReturnType<typeof setTimeout> | undefined;
  private readonly wanted = new Map<string, () => Promise<unknown>>();
  private readonly active = new Set<string>();
  private union: { lists: readonly (readonly T[])[]; steps: number[] } = { lists: [], steps: [] };
  /** What a card that is loaded shows when nothing matches. */
  protected abstract readonly none: string;

  /** Every card there could be: of the shown runs, whatever the filter of tags says. */
  protected abstract every(): MediaCard[];
  /** The things of a card in order of time. */
  protected abstract list(card: MediaCard): Promise<readonly T[]>;
  /** A card's picture at a step. */
  protected abstract body(card: MediaCard, shown: readonly T[], all: readonly T[]): TemplateResult;
  protected abstract readonly grid: string;
  /** Lets go of what could not be read. */
  protected forget(): void {}
  /** Takes over what the server wrote, before it is replaced. */
  protected adopt(): void {}
  protected tools(): TemplateResult | typeof nothing { return nothing; }
  protected cardTools(_card: MediaCard, _shown: readonly T[]): TemplateResult | typeof nothing { return nothing; }

  protected ofKind(kind: string): MediaCard[] {
    return board.tags
      .filter((tag) => tag.kind === kind)
      .flatMap((tag) => { const having = new Set(tag.runs); return board.shown.filter((run) => having.has(run.id)).map((run) => ({ tag: tag.tag, run, key: `${run.id}\n${tag.tag}` })); });
  }

  override connectedCallback(): void {
    this.adopt();
    this.replaceChildren();
    super.connectedCallback();
    const stale = (keys: readonly string[]): void => {
      for (const key of keys) this.fresh.delete(key);
      this.due ??= setTimeout(() => { this.due = undefined; this.requestUpdate(); }, GAP);
    };
    this.offs = [
      board.watch(() => this.requestUpdate()),
      media.watch(() => this.requestUpdate()),
      onLive("points", (event) => { if (event.experiment === board.experiment) { const tags = new Set(event.tags); stale([...this.fresh].filter((key) => this.tagsOf(key).some((tag) => tags.has(tag)))); } }),
      // What failed while the server was away is asked for again.
      onLive("resync", () => { this.forget(); stale([...this.fresh]); }),
      bind("[", () => this.walk(-1)),
      bind("]", () => this.walk(1)),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  /** What the server wrote into a card: until the list is there, this is it. */
  protected known(inside: HTMLElement, things: readonly T[]): void {
    const card = inside.closest<HTMLElement>("[data-run]");
    if (card) this.lists.set(`${card.dataset["run"] ?? ""}\n${card.dataset["tag"] ?? ""}`, things);
  }

  /** The tags a card's list depends on. */
  protected tagsOf(key: string): readonly string[] {
    return [key.slice(key.indexOf("\n") + 1)];
  }

  protected get cards(): MediaCard[] {
    const filter = pattern(board.state.values.tags);
    return this.every().filter((card) => filter === null || filter.test(card.tag));
  }

  private async load(card: MediaCard): Promise<void> {
    const { key } = card;
    if (this.fresh.has(key) || this.loading.has(key)) return;
    this.fresh.add(key);
    this.loading.add(key);
    const things = await this.list(card).catch(() => undefined);
    this.loading.delete(key);
    if (things) this.lists.set(key, things);
    else this.lists.set(key, this.lists.get(key) ?? []);
    this.requestUpdate();
  }

  /** Says that what is drawn lacks something. It is fetched if it still does when its turn comes. */
  protected need(key: string, fetch: () => Promise<unknown>): void {
    if (!this.active.has(key)) this.wanted.set(key, fetch);
  }

  private pump(): void {
    for (const [key, fetch] of this.wanted) {
      if (this.active.size >= AT_ONCE) return;
      this.wanted.delete(key);
      this.active.add(key);
      void fetch().finally(() => { this.active.delete(key); this.requestUpdate(); });
    }
  }

  protected override willUpdate(_changed: PropertyValues): void {
    this.wanted.clear();
  }

  protected override updated(): void {
    for (const card of this.cards.slice(0, this.most)) void this.load(card);
    this.pump();
  }

  /** The different steps of things that are in order of time, in order of step. */
  protected stepsOf(things: readonly Thing[]): number[] {
    return [...new Set(things.map((one) => one.step))].sort((a, b) => a - b);
  }

  private get steps(): number[] {
    const lists = this.cards.slice(0, this.most).map((card) => this.lists.get(card.key) ?? []);
    const same = lists.length === this.union.lists.length && lists.every((list, i) => list === this.union.lists[i]);
    if (!same) this.union = { lists, steps: this.stepsOf(lists.flat()) };
    return this.union.steps;
  }

  private walk(by: number): void {
    const steps = this.steps;
    if (steps.length > 0) this.move(steps, nearest(steps, board.state.values.at < 0 ? Infinity : board.state.values.at) + by);
  }

  private move(steps: readonly number[], index: number): void {
    const at = Math.max(0, Math.min(steps.length - 1, index));
    moveAll(at === steps.length - 1 ? -1 : (steps[at] ?? 0));
  }

  /** What a card shows at its step: of things that were logged twice at one step, the later. */
  protected shownOf(card: MediaCard): { steps: readonly number[]; index: number; shown: readonly T[] } {
    const all = this.lists.get(card.key) ?? [];
    const steps = this.stepsOf(all);
    const index = nearest(steps, wanted(card.run.id, card.tag));
    const bySample = new Map<number, T>();
    for (const one of all) if (one.step === steps[index]) bySample.set(one.sample, one);
    return { steps, index, shown: [...bySample.values()].sort((a, b) => a.sample - b.sample) };
  }

  private slider(steps: readonly number[], index: number, name: string, set: (index: number) => void): TemplateResult {
    const last = Math.max(1, steps.length - 1);
    const now = steps.length < 2 ? last : index;
    return html`<input type="range" aria-label=${name} min="0" max=${last} ?disabled=${steps.length < 2} .value=${String(now)} aria-valuetext=${`step ${integer(steps[index] ?? 0)}`} ${vars({ "--fill": `${(now / last) * 100}%` })}
      @input=${(e: InputEvent) => set(Number((e.target as HTMLInputElement).value))} />`;
  }

  /** The card's own slider; in the dialog of pictures it is another one of the same card. */
  protected own(card: MediaCard, steps: readonly number[], index: number): TemplateResult | typeof nothing {
    if (steps.length < 2) return nothing;
    return html`<span class="slider card-slider">${this.slider(steps, index, `Step of ${card.tag}, ${card.run.name}`, (i) => this.moveOne(card, steps, i))}</span>`;
  }

  protected moveOne(card: MediaCard, steps: readonly number[], index: number): void {
    choose("st", card.run.id, card.tag, steps[Math.max(0, Math.min(steps.length - 1, index))]);
  }

  private one(card: MediaCard): TemplateResult {
    const { steps, index, shown } = this.shownOf(card);
    const all = this.lists.get(card.key);
    const wall = shown[0]?.wall;
    const slot = board.slot(card.run.id);
    return html`<section class="card media-card" data-run=${card.run.id} data-tag=${card.tag}><div class="card-head"><h2 class="card-title mono ellipsis" title=${card.tag}>${card.tag}</h2><span class="muted small nowrap" title=${typeof wall === "number" ? new Date(wall * 1000).toLocaleString() : nothing}>${steps.length > 0 ? `step ${integer(steps[index] ?? 0)}` : ""}</span>${this.cardTools(card, shown)}</div>
      ${all && shown.length === 0 ? html`<p class="muted small media-none">${this.none}</p>` : this.body(card, shown, all ?? [])}
      <div class="media-foot row small"><span class="run-swatch" data-slot=${slot?.colour ?? nothing} data-dash=${slot?.dash || nothing}></span><span class="mono ellipsis grow" title=${card.run.name}>${card.run.name}</span>${this.own(card, steps, index)}</div></section>`;
  }

  protected override render(): TemplateResult {
    const { at, tags } = board.state.values;
    const steps = this.steps;
    const index = nearest(steps, at < 0 ? Infinity : at);
    const all = this.cards;
    const cards = all.slice(0, this.most);
    const own = media.values.st.length;
    return html`<div class="toolbar">
        <div class="field tag-filter" ?data-invalid=${tags !== "" && pattern(tags) === null}><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg><input type="text" data-filter placeholder="Filter tags" aria-label="Filter tags, regex" spellcheck="false" autocomplete="off" .value=${tags} @input=${(e: InputEvent) => board.state.set({ tags: (e.target as HTMLInputElement).value })} /><kbd>/</kbd></div>
        <label class="slider step-slider"><span>Step</span>${this.slider(steps, index, "Step of all cards", (i) => this.move(steps, i))}<output>${steps.length > 0 ? integer(steps[index] ?? 0) : ""}</output></label>
        ${own > 0 ? html`<button type="button" class="btn" @click=${() => media.set({ st: [] }, true)}>All at this step</button>` : nothing}
        ${this.tools()}
      </div>
      <div class=${this.grid}>${repeat(cards, (card) => card.key, (card) => this.one(card))}</div>
      ${all.length > cards.length ? html`<p class="media-more"><button type="button" class="btn" @click=${() => { this.most += CARDS; this.requestUpdate(); }}>Show ${Math.min(CARDS, all.length - cards.length)} more</button> <span class="muted small">of ${integer(all.length - cards.length)}</span></p>` : nothing}
      ${all.length === 0 && board.runs.length > 0 && this.wasLogged() ? html`<p class="empty muted">${tags === "" ? "No shown run has any; choose runs at the left." : "No tag of a shown run matches the filter."}</p>` : nothing}`;
  }

  /** Whether there is anything at all; the server says so where there is not. */
  protected abstract wasLogged(): boolean;
}
