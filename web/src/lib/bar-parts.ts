/** Controls that the toolbars of several pages have; each is a key of the address. */
import { html, nothing, type TemplateResult } from "lit";
import { board, pattern } from "./board.ts";

export type Time = "step" | "relative" | "wall";

/** The axis of pages that have no other metric as x. */
export function timeAxis(): Time {
  const { x } = board.state.values;
  return x === "relative" || x === "wall" ? x : "step";
}

export function tagField(what = "Filter tags"): TemplateResult {
  const { tags } = board.state.values;
  const wrong = tags !== "" && pattern(tags) === null;
  return html`<div class="field tag-filter" ?data-invalid=${wrong}><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
    <input type="text" data-filter placeholder=${what} aria-label=${`${what}, regex`} aria-invalid=${wrong ? "true" : nothing} spellcheck="false" autocomplete="off" .value=${tags} @input=${(e: InputEvent) => board.state.set({ tags: (e.target as HTMLInputElement).value })} /><kbd>/</kbd></div>`;
}

/** A radio group drawn as one control. */
export function seg<T extends string>(name: string, legend: string, choices: readonly (readonly [T, string])[], now: T, choose: (word: T) => void): TemplateResult {
  return html`<fieldset class="seg"><legend class="sr-only">${legend}</legend>${choices.map(([word, label]) => html`<label><input type="radio" name=${name} value=${word} .checked=${now === word} @change=${() => choose(word)} />${label}</label>`)}</fieldset>`;
}

export const TIMES = [["step", "Step"], ["relative", "Relative"], ["wall", "Wall"]] as const;

export function axisChoice(): TemplateResult {
  return seg("axis", "Horizontal axis", TIMES, timeAxis(), (x) => board.state.set({ x, z: null }, true));
}

export function toggle(label: string, on: boolean, change: (on: boolean) => void): TemplateResult {
  return html`<label class="switch"><input type="checkbox" role="switch" .checked=${on} @change=${(e: Event) => change((e.target as HTMLInputElement).checked)} />${label}</label>`;
}
