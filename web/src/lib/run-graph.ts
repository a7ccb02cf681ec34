/** What the API answers about a graph that was logged, and how its numbers are written. */
import type { Graph } from "./types.ts";

export interface Source { readonly run: string; readonly name: string; readonly tag: string; readonly title: string; readonly what: string; readonly profiles: readonly string[] }
export interface Fact { readonly device?: string; readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly after?: readonly string[]; readonly attributes?: Readonly<Record<string, unknown>>; readonly shapes?: readonly string[]; readonly micros?: number; readonly bytes?: number; readonly traced?: number }
export interface Logged extends Graph { readonly facts: Readonly<Record<string, Fact>>; readonly nodes: number; readonly devices: readonly string[]; readonly traced?: number }
export interface Match { readonly id: string; readonly label: string; readonly op: string; readonly open: readonly string[] }

export function microseconds(micros: number): string {
  return micros < 1000 ? `${micros} µs` : micros < 1e6 ? `${Number((micros / 1000).toPrecision(3))} ms` : `${Number((micros / 1e6).toPrecision(3))} s`;
}
