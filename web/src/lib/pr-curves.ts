/** Precision-recall curves: which steps runs have, which are chosen, and the curve of each. */
import { api } from "./base.ts";
import { timeAxis } from "./bar-parts.ts";
import { board } from "./board.ts";
import { decodeColumns } from "./columns.ts";
import { clockTime, duration, integer } from "./format.ts";
import { request } from "./http.ts";
import { UrlState, flag, list, type Key } from "./url-state.ts";

export interface PrCurve {
  readonly run: string;
  readonly steps: Float64Array;
  readonly walls: Float64Array;
  readonly step: number;
  readonly wall: number;
  /** Average precision. */
  readonly area: number;
  readonly thresholds: Float64Array;
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly counts: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
}

/** A step, or null for the newest there is. */
const step: Key<number | null> = {
  initial: null,
  parse: (t) => (/^-?\d+$/.test(t) ? Number(t) : undefined),
  format: (v) => (v === null ? "" : String(v)),
};

/** Keys of this page: `lk` one slider for all, `st` its step, `ss` steps of single runs as `run:step`. */
export const prState = new UrlState({ lk: flag(true), st: step, ss: list() });

/** The step chosen for a run; null is its newest. */
export function chosenStep(run: string): number | null {
  const { lk, st, ss } = prState.values;
  if (lk) return st;
  const own = ss.find((one) => one.startsWith(`${run}:`));
  return own === undefined ? null : (step.parse(own.slice(run.length + 1)) ?? null);
}

export function chooseStep(run: string, at: number | null): void {
  const others = prState.values.ss.filter((one) => !one.startsWith(`${run}:`));
  prState.set({ ss: at === null ? others : [...others, `${run}:${at}`].sort() });
}

/** Steps of each run over every card, as they become known; the sliders go along them. */
const known = new Map<string, Map<string, { steps: Float64Array; walls: Float64Array }>>();
const watchers = new Set<() => void>();

function learn(tag: string, curves: readonly PrCurve[]): void {
  const mine = known.get(tag);
  // New steps of a run that grows are news, the same ones again are not.
  const news = curves.some((one) => mine?.get(one.run)?.steps.length !== one.steps.length);
  known.set(tag, new Map([...(mine ?? []), ...curves.map((one) => [one.run, { steps: one.steps, walls: one.walls }] as const)]));
  if (news) for (const watcher of watchers) watcher();
}

export function onSteps(watcher: () => void): void {
  watchers.add(watcher);
}

/** The steps of a run, or of all shown runs, in order. */
export function stepsOf(run: string | null): { step: number; wall: number }[] {
  const shown = new Set(board.shown.map((one) => one.id));
  const all = new Map<number, number>();
  for (const runs of known.values()) {
    for (const [id, { steps, walls }] of runs) {
      if (run === null ? !shown.has(id) : id !== run) continue;
      for (let i = 0; i < steps.length; i += 1) if (!all.has(steps[i] ?? 0)) all.set(steps[i] ?? 0, walls[i] ?? 0);
    }
  }
  return [...all].map(([at, wall]) => ({ step: at, wall })).sort((a, b) => a.step - b.step);
}

/** A step as the reader wants it said. */
export function stepWords(at: number, wall: number, first: number): string {
  const axis = timeAxis();
  return axis === "step" ? `step ${integer(at)}` : axis === "wall" ? clockTime(wall) : duration(wall - first);
}

export function curvesAddress(tag: string, runs: readonly string[], at: readonly (number | null)[] | null, format: "columns" | "csv"): string {
  const same = at !== null && at.every((one) => one === at[0]);
  const steps = at === null || (same && at[0] === null) ? undefined : same ? String(at[0]) : at.map((one) => one ?? "").join(",");
  return api(`/experiments/${encodeURIComponent(board.experiment)}/pr-curves`, { tag, runs: runs.join(","), at: steps, format });
}

const numbers = (column: ArrayLike<number | bigint> | undefined): Float64Array => Float64Array.from(column ?? [], Number);

export async function fetchCurves(tag: string, runs: readonly string[], at: readonly (number | null)[], signal: AbortSignal): Promise<PrCurve[]> {
  const response = await request(curvesAddress(tag, runs, at, "columns"), { signal });
  interface Meta { series: { run: string; curve: { step: number; wall: number; area: number } | null }[] }
  const { meta, columns } = decodeColumns<Meta>(await response.arrayBuffer());
  const curves = meta.series.flatMap(({ run, curve }, i) => {
    const take = (name: string): Float64Array => numbers(columns.get(`${i}/${name}`)?.values);
    if (!curve) return [];
    const counts = [take("tp"), take("fp"), take("tn"), take("fn")] as const;
    return [{ run, ...curve, steps: take("steps"), walls: take("walls"), thresholds: take("thresholds"), precision: take("precision"), recall: take("recall"), counts }];
  });
  learn(tag, curves);
  return curves;
}
