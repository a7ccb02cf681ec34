import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { board, pattern, type Run, type Tag } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { getJson } from "../lib/http.ts";
import { onLive } from "../lib/live.ts";

interface Picture {
  readonly id: string;
  readonly step: number;
  readonly sample: number;
  readonly width: number;
  readonly height: number;
}

/** Cards at once: each asks for its list. */
const CARDS = 60;

/** Logged images: a card for each tag and shown run, one step slider for all. */
class GbImageBoard extends GbElement {
  private readonly lists = new Map<string, readonly Picture[]>();
  private readonly asked = new Set<string>();

  override connectedCallback(): void {
    // The server wrote the newest pictures: they stay where they are until the steps are known.
    for (const card of this.querySelectorAll<HTMLElement>("figure[data-run]")) {
      const pictures = [...card.querySelectorAll("img")].map((img) => ({ id: img.dataset["id"] ?? "", step: Number(img.dataset["step"]), sample: Number(img.dataset["sample"]), width: Number(img.getAttribute("width")), height: Number(img.getAttribute("height")) }));
      this.lists.set(`${card.dataset["run"] ?? ""}\n${card.dataset["tag"] ?? ""}`, pictures);
    }
    this.replaceChildren();
    super.connectedCallback();
    board.watch(() => this.requestUpdate());
    onLive("points", (event) => {
      if (event.experiment !== board.experiment) return;
      for (const key of this.asked) if (event.tags.includes(key.split("\n")[1] ?? "")) this.asked.delete(key);
      this.requestUpdate();
    });
    onLive("resync", () => { this.asked.clear(); this.requestUpdate(); });
  }

  private get cards(): { tag: Tag; run: Run; key: string }[] {
    const filter = pattern(board.state.values.tags);
    return board.tags
      .filter((tag) => tag.kind === "image" && (filter === null || filter.test(tag.tag)))
      .flatMap((tag) => board.shown.filter((run) => tag.runs.includes(run.id)).map((run) => ({ tag, run, key: `${run.id}\n${tag.tag}` })));
  }

  private async load(key: string, tag: string, run: string): Promise<void> {
    if (this.asked.has(key)) return;
    this.asked.add(key);
    const { images } = await getJson<{ images: Picture[] }>(api(`/experiments/${encodeURIComponent(board.experiment)}/images`, { tag, run })).catch(() => ({ images: [] }));
    this.lists.set(key, images);
    this.requestUpdate();
  }

  protected override updated(): void {
    for (const { tag, run, key } of this.cards.slice(0, CARDS)) void this.load(key, tag.tag, run.id);
    const range = this.querySelector<HTMLInputElement>('input[type="range"]');
    range?.style.setProperty("--fill", `${(Number(range.value) / Math.max(1, Number(range.max))) * 100}%`);
  }

  protected override render(): TemplateResult {
    const steps = [...new Set([...this.lists.values()].flat().map((one) => one.step))].sort((a, b) => a - b);
    const { at, tags } = board.state.values;
    const wanted = at < 0 ? (steps.at(-1) ?? 0) : at;
    const index = Math.max(0, steps.findLastIndex((step) => step <= wanted));
    const all = this.cards;
    const cards = all.slice(0, CARDS);
    const hidden = all.length - cards.length;
    return html`<div class="toolbar">
        <div class="field tag-filter"><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg><input type="text" data-filter placeholder="Filter tags" aria-label="Filter tags, regex" spellcheck="false" autocomplete="off" .value=${tags} @input=${(e: InputEvent) => board.state.set({ tags: (e.target as HTMLInputElement).value })} /><kbd>/</kbd></div>
        ${steps.length > 0 ? html`<label class="slider step-slider"><span>Step</span><input type="range" aria-label="Step" min="0" max=${Math.max(1, steps.length - 1)} ?disabled=${steps.length < 2} .value=${String(steps.length < 2 ? 1 : index)} aria-valuetext=${`step ${integer(steps[index] ?? 0)}`}
          @input=${(e: InputEvent) => { const i = Number((e.target as HTMLInputElement).value); board.state.set({ at: i === steps.length - 1 ? -1 : (steps[i] ?? 0) }); }} /><output>${integer(steps[index] ?? 0)}</output></label>` : nothing}
      </div>
      <div class="image-cards">${cards.map(({ tag, run, key }) => {
        const all = this.lists.get(key) ?? [];
        const step = all.reduce((best, one) => (one.step <= wanted && one.step >= best ? one.step : best), all[0]?.step ?? 0);
        const shown = all.filter((one) => one.step === step);
        const slot = board.slot(run.id);
        return html`<figure class="card image-card"><div class="card-head"><span class="card-title mono ellipsis" title=${tag.tag}>${tag.tag}</span><span class="muted small">step ${integer(step)}</span></div>
          <div class="image-set">${shown.map((one) => html`<img src=${api(`/images/${encodeURIComponent(one.id)}`)} width=${one.width || nothing} height=${one.height || nothing} alt=${`${tag.tag} of ${run.name}, step ${integer(one.step)}, sample ${one.sample}`} />`)}</div>
          <figcaption class="row small"><span class="run-swatch" data-slot=${slot?.colour ?? nothing}></span><span class="mono ellipsis">${run.name}</span></figcaption></figure>`;
      })}</div>
      ${hidden > 0 ? html`<p class="muted small">and ${hidden} more; narrow the runs or the tags to see them.</p>` : nothing}
      ${cards.length === 0 && board.tags.some((tag) => tag.kind === "image") ? html`<p class="empty muted">No shown run has images.</p>` : nothing}`;
  }
}
define("gb-image-board", GbImageBoard);
