/** The panel of everything about charts that the toolbar has no room for. Each control is a key of the address. */
import "../../styles/settings.css";
import { html, nothing, render, type TemplateResult } from "lit";
import { board, pattern } from "../lib/board.ts";
import { fetchGroups } from "../lib/groups.ts";
import { openPopover } from "../lib/popover.ts";

const set = board.state.set.bind(board.state);
type Change = Parameters<typeof set>[0];

function choose(label: string, options: readonly (readonly [string, string])[], value: string, take: (value: string) => Change): TemplateResult {
  return html`<label class="setting"><span>${label}</span><select class="select" @change=${(e: Event) => set(take((e.target as HTMLSelectElement).value), true)}>
    ${options.map(([key, name]) => html`<option value=${key} ?selected=${key === value}>${name}</option>`)}</select></label>`;
}

function turn(label: string, on: boolean, take: (on: boolean) => Change, title = ""): TemplateResult {
  return html`<label class="switch" title=${title || nothing}><input type="checkbox" role="switch" .checked=${on} @change=${(e: Event) => set(take((e.target as HTMLInputElement).checked), true)} />${label}</label>`;
}

function number(label: string, value: number | "", min: number, max: number, take: (value: number) => void): TemplateResult {
  return html`<label class="setting"><span>${label}</span><input class="input num-input" type="number" step="any" min=${min} max=${max} .value=${String(value)} @change=${(e: Event) => {
    const n = (e.target as HTMLInputElement).valueAsNumber;
    if (Number.isFinite(n)) take(Math.max(min, Math.min(max, n)));
  }} /></label>`;
}

const FAR = 1e15;

function axisPart(): TemplateResult {
  const { x, xl, lin, z } = board.state.values;
  const tags = board.tags.filter((tag) => tag.kind === "scalar");
  const options: [string, string][] = [["step", "Step"], ["relative", "Relative time"], ["wall", "Wall time"], ...tags.map((tag): [string, string] => [`m:${tag.tag}`, tag.tag])];
  return html`<section><h3>Horizontal axis</h3>
    ${choose("x is", options, x, (v) => ({ x: v, z: null, sel: null, cur: null }))}
    ${turn("Logarithmic x", xl, (v) => ({ xl: v }))}
    ${turn("Interpolate between steps", lin, (v) => ({ lin: v }), "Where runs or metrics have points at different steps, read between the points")}
    <div class="pair">${number("From", z?.[0] ?? "", -FAR, FAR, (v) => set({ z: [v, Math.max(z?.[1] ?? v + 1, v + 1e-9)] }, true))}${number("To", z?.[1] ?? "", -FAR, FAR, (v) => set({ z: [Math.min(z?.[0] ?? 0, v - 1e-9), v] }, true))}</div>
    <button class="btn" type="button" ?disabled=${!z} @click=${() => set({ z: null }, true)}>Fit all points</button></section>`;
}

/** An expression that is not finished changes nothing, and says so. */
function named(field: HTMLInputElement): void {
  const source = field.value || ".*";
  const valid = pattern(source) !== null;
  field.setAttribute("aria-invalid", String(!valid));
  field.setCustomValidity(valid ? "" : "This expression is not finished.");
  if (valid) set({ by: `re:${source}` }, true);
  else field.reportValidity();
}

function groupPart(hparams: readonly string[]): TemplateResult {
  const { by, band } = board.state.values;
  const isName = by.startsWith("re:");
  const options: [string, string][] = [["", "Nothing"], ["all", "All runs as one"], ["re:", "Part of the run's name"], ...hparams.map((name): [string, string] => [`hparam:${name}`, name])];
  return html`<section><h3>Groups of runs</h3>
    ${choose("Group by", options, isName ? "re:" : by, (v) => ({ by: v === "re:" ? "re:^[^/]+" : v }))}
    ${isName ? html`<label class="setting"><span>Expression</span><input class="input mono" type="text" spellcheck="false" aria-describedby="by-help" .value=${by.slice(3)} @change=${(e: Event) => named(e.target as HTMLInputElement)} /></label><p class="muted small" id="by-help">What it captures names the group; without a capture, what it matches.</p>` : nothing}
    ${choose("Drawn as", [["both", "Mean, ± std, min to max"], ["std", "Mean and ± std"], ["minmax", "Mean and min to max"], ["none", "Mean alone"], ["runs", "Every run, in its group's colour"]], band, (v) => ({ band: v as typeof band }))}
    ${board.groups.problem ? html`<p class="bad small">${board.groups.problem}</p>` : nothing}</section>`;
}

function selectionPart(): TemplateResult {
  const { sel } = board.state.values;
  return html`<section><h3>Selected stretch</h3>
    <div class="pair">${number("From", sel?.[0] ?? "", -FAR, FAR, (v) => set({ sel: [v, Math.max(v, sel?.[1] ?? v)] }, true))}${number("To", sel?.[1] ?? "", -FAR, FAR, (v) => set({ sel: [Math.min(v, sel?.[0] ?? v), v] }, true))}</div>
    <button class="btn" type="button" ?disabled=${!sel} @click=${() => set({ sel: null }, true)}>Select nothing</button>
    <p class="muted small">Or Ctrl and drag on a chart. Each chart lists start, end, extremes and change of its runs.</p></section>`;
}

function lookPart(): TemplateResult {
  const { ts, tn, seg, mk, he, h, cols, pin } = board.state.values;
  return html`<section><h3>Cards and tooltip</h3>
    ${choose("Tooltip order", [["desc", "Highest first"], ["asc", "Lowest first"], ["default", "As in the run list"], ["nearest", "Nearest first"]], ts, (v) => ({ ts: v as typeof ts }))}
    <div class="pair">${number("Tooltip rows", tn, 1, 100, (v) => set({ tn: Math.round(v) }, true))}${number("Card height", h, 100, 800, (v) => set({ h: Math.round(v) }, true))}</div>
    ${number("Charts in a row", cols, 1, 6, (v) => set({ cols: Math.round(v) }, true))}
    ${turn("Show what a restart replaced", seg, (v) => ({ seg: v }), "Points that were written again after a training was resumed from an earlier step")}
    ${turn("Hide charts without a shown run", he, (v) => ({ he: v }))}
    ${turn("Shapes at line ends", mk, (v) => ({ mk: v }), "Tells lines apart without colour")}
    <button class="btn" type="button" ?disabled=${pin.length === 0} @click=${() => set({ pin: [] }, true)}>Unpin all charts</button></section>`;
}

export function openSettings(button: HTMLElement): void {
  openPopover(button, "Chart settings", "settings", (panel) => {
    let { hparams } = board.groups;
    const draw = (): void => { render(html`<div class="settings-grid">${axisPart()}${groupPart(hparams)}${selectionPart()}${lookPart()}</div>`, panel); };
    draw();
    const stop = board.watch(draw);
    panel.addEventListener("toggle", (event) => { if (event.newState === "closed") stop(); });
    if (hparams.length === 0) void fetchGroups(board.experiment, "").then((found) => { hparams = found.hparams; draw(); }, () => undefined);
  });
}
