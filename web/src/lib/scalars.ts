/** Points of one tag, as the server draws them down for the pixels there are. */
import { api } from "./base.ts";
import { decodeColumns } from "./columns.ts";
import { request } from "./http.ts";

export interface Series {
  readonly run: string;
  readonly mode: "raw" | "buckets";
  readonly total: number;
  readonly nonfinite: readonly { readonly x: number; readonly kind: string }[];
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly smooth: Float64Array;
  readonly step: BigInt64Array;
  readonly wall: Float64Array;
}

interface Meta {
  readonly series: readonly { run: string; mode: "raw" | "buckets"; total: number; nonfinite: { x: number; kind: string }[] }[];
}

export interface Ask {
  readonly experiment: string;
  readonly tag: string;
  readonly runs: readonly string[];
  readonly axis: string;
  readonly window: readonly [number, number] | null;
  readonly columns: number;
  readonly smoothing: number;
}

/** The address of a chart's points in a format. */
export function address(ask: Ask, format: "columns" | "csv"): string {
  return api(`/experiments/${encodeURIComponent(ask.experiment)}/scalars`, {
    tag: ask.tag,
    runs: ask.runs.join(","),
    axis: ask.axis,
    from: ask.window?.[0],
    to: ask.window?.[1],
    columns: format === "csv" ? undefined : ask.columns,
    smoothing: ask.smoothing,
    format,
  });
}

export async function fetchScalars(ask: Ask, signal: AbortSignal): Promise<Series[]> {
  const response = await request(address(ask, "columns"), { signal });
  const { meta, columns } = decodeColumns<Meta>(await response.arrayBuffer());
  const take = <T>(i: number, name: string, kind: new (...a: never[]) => T): T => {
    const values = columns.get(`${i}/${name}`)?.values;
    if (!(values instanceof kind)) throw new Error(`The answer has no column ${name}.`);
    return values;
  };
  return meta.series.map((one, i) => ({
    ...one,
    x: take(i, "x", Float64Array),
    y: take(i, "y", Float64Array),
    smooth: take(i, "smooth", Float64Array),
    step: take(i, "step", BigInt64Array),
    wall: take(i, "wall", Float64Array),
  }));
}

/** Index of the point nearest to `x`; -1 in an empty series. */
export function nearest(xs: Float64Array, x: number): number {
  let low = 0;
  let high = xs.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((xs[mid] ?? 0) < x) low = mid + 1;
    else high = mid;
  }
  return low > 0 && x - (xs[low - 1] ?? 0) < (xs[low] ?? 0) - x ? low - 1 : low;
}
