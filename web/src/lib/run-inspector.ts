/** The side panel of a logged graph: what is known of the chosen row, and what can be done with it. */
import { html, nothing, type TemplateResult } from "lit";
import { bytes, integer } from "./format.ts";
import { icon } from "./icons.ts";
import { microseconds, type Logged } from "./run-graph.ts";
import type { GraphRow } from "./types.ts";
import { vars } from "./vars.ts";

export interface InspectorActs {
  readonly trace: boolean;
  readonly aside: boolean;
  colour(row: GraphRow): string;
  onTrace(on: boolean): void;
  onAside(row: GraphRow, out: boolean): void;
  onFollow(name: string): void;
  onClose(): void;
}

export function runInspector(graph: Logged | undefined, row: GraphRow | undefined, acts: InspectorActs): TemplateResult {
  if (!row || !graph) return html`<aside class="gb-inspector gb-inspector-none" aria-label="Inspector"><p class="muted small">Choose a row to see its operator, device, attributes, inputs and outputs. ${graph ? `${integer(graph.nodes)} operations.` : ""}</p><p class="muted small gb-hints"><kbd>/</kbd> find <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open or close <kbd>Space</kbd> select</p></aside>`;
  const fact = graph.facts[row.id];
  const facts: [string, string][] = [];
  if (row.op) facts.push(["Operator", row.op]);
  if (row.kind === "group") facts.push(["Operations", integer(row.nodes)]);
  if (row.stack) facts.push(["Of one structure", integer(row.stack)]);
  if (fact?.device) facts.push(["Device", fact.device]);
  if (fact?.micros !== undefined) facts.push(["Computing", microseconds(fact.micros)]);
  if (fact?.bytes !== undefined) facts.push(["Allocated", bytes(fact.bytes)]);
  const names = (title: string, all: readonly string[] | undefined): TemplateResult | typeof nothing => (all?.length ? html`<section class="gb-panel"><h2>${title} <span class="muted">${all.length}</span></h2><ul class="gb-tensor-list">${all.map((name) => html`<li><button type="button" class="gb-plain mono" @click=${() => acts.onFollow(name)}><span class="gb-break">${name}</span></button></li>`)}</ul></section>` : nothing);
  return html`<aside class="gb-inspector" aria-label="Inspector">
    <section class="gb-panel"><div class="row"><span class="swatch" ${vars({ "--swatch": acts.colour(row) })}></span><h2 class="grow ellipsis">${row.label}</h2><button type="button" class="icon-btn" aria-label="Close the inspector" @click=${() => acts.onClose()}>${icon("close")}</button></div>
      <p class="mono gb-break gb-inspector-name">${row.id}</p><dl class="facts gb-inspector-facts gb-two-facts">${facts.map(([name, said]) => html`<div><dt>${name}</dt><dd class="gb-break">${said}</dd></div>`)}${(fact?.shapes ?? []).map((shape, i) => html`<div><dt>Output ${i}</dt><dd>${shape}</dd></div>`)}</dl>
      <div class="row wrap gb-row-acts"><label class="switch" title="Mark everything that this needs, near and far"><input type="checkbox" role="switch" .checked=${acts.trace} @change=${(e: Event) => acts.onTrace((e.target as HTMLInputElement).checked)}>Trace inputs</label><span class="grow"></span><button type="button" class="btn" title=${acts.aside ? "Draw it in the graph again" : "Take it and its edges out of the graph"} @click=${() => acts.onAside(row, !acts.aside)}>${acts.aside ? "Put back" : "Set aside"}</button></div>
      ${acts.trace && graph.traced !== undefined ? html`<p class="muted small gb-traced" aria-live="polite">Needs ${integer(graph.traced)} of ${integer(graph.nodes)} operations.</p>` : nothing}</section>
    ${fact?.attributes ? html`<section class="gb-panel"><h2>Attributes</h2><dl class="gb-attributes">${Object.entries(fact.attributes).map(([name, at]) => html`<div><dt class="mono">${name}</dt><dd class="mono gb-break">${Array.isArray(at) ? `[${at.join(", ")}]` : String(at)}</dd></div>`)}</dl></section>` : nothing}
    ${names("Inputs", fact?.inputs)}${names("Outputs go to", fact?.outputs)}${names("Comes after", fact?.after)}
  </aside>`;
}
