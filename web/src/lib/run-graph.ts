/** What the API answers about a graph that was logged, and how its numbers are written. */
import { api } from "./base.ts";
import { request } from "./http.ts";
import { html, nothing, type TemplateResult } from "lit";
import type { Graph, GraphRow } from "./types.ts";
import { vars } from "./vars.ts";

export interface Source { readonly run: string; readonly name: string; readonly tag: string; readonly title: string; readonly what: string; readonly profiles: readonly string[] }
export interface Fact { readonly device?: string; readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly after?: readonly string[]; readonly attributes?: Readonly<Record<string, unknown>>; readonly shapes?: readonly string[]; readonly micros?: number; readonly bytes?: number; readonly traced?: number }
export interface Logged extends Graph { readonly facts: Readonly<Record<string, Fact>>; readonly nodes: number; readonly devices: readonly string[]; readonly traced?: number }
export interface Match { readonly id: string; readonly label: string; readonly op: string; readonly open: readonly string[] }

export interface Found { readonly total: number; readonly matches: readonly Match[] }

/** Has a file of a graph read, which keeps nothing of it; `q` looks for operations too. */
export async function lookAt(file: File, query: Record<string, string | number | undefined>): Promise<{ readonly graph: Logged; readonly found: Found | null }> {
  const answer = await request(api("/graphs/look", query), { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } });
  return (await answer.json()) as { graph: Logged; found: Found | null };
}

/** What rows are coloured by; `none` is the operator's family. */
export type Lane = "none" | "structure" | "device" | "time" | "memory";

const UNIQUE = "var(--border-strong)";
const hue = (index: number): string => `var(--run-${(index % 12) + 1})`;

/** The colour of a row: of its structure, its one device, or by what it costs beside the dearest row drawn. */
export function coloured(graph: Logged, row: GraphRow, lane: Lane, most: number): string {
  const fact = graph.facts[row.id];
  if (lane === "structure") return row.structure === undefined ? UNIQUE : hue(row.structure);
  if (lane === "device") {
    const at = graph.devices.indexOf(fact?.device ?? "");
    return at < 0 ? UNIQUE : hue(at);
  }
  const cost = (lane === "memory" ? fact?.bytes : fact?.micros) ?? 0;
  return cost > 0 ? `color-mix(in srgb, var(--accent) ${Math.round(20 + (80 * cost) / Math.max(most, cost))}%, var(--surface))` : "var(--border)";
}

/** What the colours say. */
export function legend(graph: Logged, lane: Lane): TemplateResult | typeof nothing {
  const mark = (colour: string, words: string): TemplateResult => html`<span class="row gb-legend-one"><span class="swatch" ${vars({ "--swatch": colour })}></span><span class="mono">${words}</span></span>`;
  const box = (inside: unknown): TemplateResult => html`<div class="gb-legend row wrap small muted" role="note" aria-label="Colours">${inside}</div>`;
  if (lane === "structure") return box("Groups of one colour are built of the same operations, connected the same way; grey ones are like no other.");
  if (lane === "device") return graph.devices.length === 0 ? box("This graph names no devices.") : box(html`${graph.devices.slice(0, 12).map((name, at) => mark(hue(at), name))}${graph.devices.length > 12 ? html`<span>and ${graph.devices.length - 12} more</span>` : nothing}${mark(UNIQUE, "several or none")}`);
  return nothing;
}

export function microseconds(micros: number): string {
  return micros < 1000 ? `${micros} µs` : micros < 1e6 ? `${Number((micros / 1000).toPrecision(3))} ms` : `${Number((micros / 1e6).toPrecision(3))} s`;
}
