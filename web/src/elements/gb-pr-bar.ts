import { html, nothing, type TemplateResult } from "lit";
import { TIMES, seg, tagField, timeAxis, toggle } from "../lib/bar-parts.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { chooseStep, chosenStep, onSteps, prState, stepWords, stepsOf } from "../lib/pr-curves.ts";
import { TagBar } from "../lib/tag-bar.ts";

/** Sliders at once. */
const SLIDERS = 60;

/** The toolbar over PR curves: which tags, which step of which run, and how a step is said. */
class GbPrBar extends TagBar {
  private drawnAt = -1;

  override connectedCallback(): void {
    super.connectedCallback();
    board.watch(() => {
      if (this.drawnAt === board.version) return;
      this.drawnAt = board.version;
      this.requestUpdate();
    });
    prState.watch(() => this.requestUpdate());
    onSteps(() => this.requestUpdate());
  }

  /** One slider: along the steps of a run, or of all. */
  private slider(run: string | null, name: string | TemplateResult, words: string): TemplateResult {
    const steps = stepsOf(run);
    // The steps come with the first curve; the slider has its place before.
    if (steps.length === 0) return html`<label class="slider step-slider">${name}<input type="range" aria-label=${words} min="0" max="1" disabled .value=${"1"} /><output>newest</output></label>`;
    const wanted = run === null ? prState.values.st : chosenStep(run);
    const index = wanted === null ? steps.length - 1 : Math.max(0, steps.findLastIndex((one) => one.step <= wanted));
    const now = steps[index];
    const said = now ? stepWords(now.step, now.wall, steps[0]?.wall ?? now.wall) : "";
    const choose = (event: InputEvent): void => {
      const i = Number((event.target as HTMLInputElement).value);
      // The right end stays at the newest step, also when newer ones come.
      const at = i >= steps.length - 1 ? null : (steps[i]?.step ?? null);
      if (run === null) prState.set({ st: at });
      else chooseStep(run, at);
    };
    return html`<label class="slider step-slider">${name}<input type="range" aria-label=${words} min="0" max=${Math.max(1, steps.length - 1)} ?disabled=${steps.length < 2} .value=${String(steps.length < 2 ? 1 : index)} aria-valuetext=${said} @input=${choose} /><output>${said}</output></label>`;
  }

  protected override updated(): void {
    for (const range of this.querySelectorAll<HTMLInputElement>('input[type="range"]')) range.style.setProperty("--fill", `${(Number(range.value) / Math.max(1, Number(range.max))) * 100}%`);
  }

  protected override render(): TemplateResult {
    const { lk } = prState.values;
    const tags = board.tags.filter((tag) => tag.kind === "pr_curve");
    const having = new Set(tags.flatMap((tag) => tag.runs));
    const runs = lk ? [] : board.shown.filter((run) => having.has(run.id));
    return html`${tagField()}
      ${seg("axis", "How a step is said", TIMES, timeAxis(), (x) => board.state.set({ x, z: null }, true))}
      ${toggle("One step for all runs", lk, (on) => prState.set({ lk: on }, true))}
      ${lk && tags.length > 0 ? this.slider(null, html`<span>Step</span>`, "Step of all runs") : nothing}
      ${lk ? nothing : html`<div class="run-sliders">${runs.slice(0, SLIDERS).map((run) => this.slider(run.id, html`<span class="with-swatch"><span class="run-swatch" data-slot=${board.slot(run.id)?.colour ?? nothing} data-dash=${board.slot(run.id)?.dash ?? nothing}></span><span class="mono ellipsis" title=${run.name}>${run.name}</span></span>`, `Step of ${run.name}`))}
        ${runs.length > SLIDERS ? html`<p class="muted small">and ${runs.length - SLIDERS} more runs; narrow the list of runs to see them.</p>` : nothing}</div>`}`;
  }
}
define("gb-pr-bar", GbPrBar);
