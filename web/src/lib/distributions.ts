/** Percentiles of a run's histograms over its steps. */
import { api } from "./base.ts";
import type { Time } from "./bar-parts.ts";
import { decodeColumns } from "./columns.ts";
import { request } from "./http.ts";

export interface Distribution {
  readonly percents: readonly number[];
  /** Histograms there are; those here may be fewer. */
  readonly total: number;
  readonly step: Float64Array;
  readonly wall: Float64Array;
  /** A column a percentile. */
  readonly values: readonly Float64Array[];
}

const numbers = (column: ArrayLike<number | bigint> | undefined): Float64Array => Float64Array.from(column ?? [], Number);

export function distributionsAddress(experiment: string, tag: string, run: string, more: Record<string, string | number> = {}): string {
  return api(`/experiments/${encodeURIComponent(experiment)}/distributions`, { tag, run, ...more });
}

export async function fetchDistribution(experiment: string, tag: string, run: string, signal: AbortSignal): Promise<Distribution> {
  const response = await request(distributionsAddress(experiment, tag, run, { max: 1000, format: "columns" }), { signal });
  const { meta, columns } = decodeColumns<{ total: number; percents: number[] }>(await response.arrayBuffer());
  return {
    ...meta,
    step: numbers(columns.get("step")?.values),
    wall: numbers(columns.get("wall")?.values),
    values: meta.percents.map((_, i) => numbers(columns.get(`p${i}`)?.values)),
  };
}

/** Places on an axis: steps, seconds since the first, or seconds since 1970. */
export function along(axis: Time, step: ArrayLike<number>, wall: ArrayLike<number>): Float64Array {
  const first = wall[0] ?? 0;
  return axis === "step" ? Float64Array.from(step) : Float64Array.from(wall, (at) => (axis === "wall" ? at : at - first));
}
