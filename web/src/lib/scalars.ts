/** Points of one tag, as the server draws them down for the pixels there are. */
import { api } from "./base.ts";
import { decodeColumns, type Column } from "./columns.ts";
import { request } from "./http.ts";

/** The spread around a group's mean, point by point. */
export interface Band {
  readonly std: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly count: Float64Array;
}

export interface Series {
  /** A run's id, or a group's name. */
  readonly run: string;
  readonly tag: string;
  readonly mode: "raw" | "buckets";
  readonly total: number;
  readonly nonfinite: readonly { readonly x: number; readonly kind: string }[];
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly smooth: Float64Array;
  readonly step: Float64Array;
  /** x only goes up; over another metric it may go back. */
  readonly ordered: boolean;
  readonly band?: Band;
  /** Runs of the group. */
  readonly members?: number;
}

export interface Ask {
  readonly experiment: string;
  readonly tag: string;
  /** Null for every run that has the tag. */
  readonly runs: readonly string[] | null;
  readonly axis: string;
  readonly metric: string;
  readonly linear: boolean;
  readonly window: readonly [number, number] | null;
  readonly columns: number;
  readonly smoothing: number;
  readonly superseded: boolean;
  /** How runs are put together; empty where each is a line. */
  readonly by: string;
}

/** The keys that every endpoint of series knows. */
export function keys(ask: Ask): Record<string, string | number | undefined> {
  const metric = ask.axis === "metric";
  return {
    tag: ask.tag,
    runs: ask.runs?.join(","),
    axis: ask.axis === "step" ? undefined : ask.axis,
    x: metric ? ask.metric : undefined,
    align: ask.linear && (metric || ask.by !== "") ? "linear" : undefined,
    from: ask.window?.[0],
    to: ask.window?.[1],
    smoothing: ask.smoothing,
    superseded: ask.superseded ? 1 : undefined,
    by: ask.by,
  };
}

export const place = (ask: Ask, endpoint: string, more: Record<string, string | number | undefined> = {}): string =>
  api(`/experiments/${encodeURIComponent(ask.experiment)}/${endpoint}`, { ...keys(ask), ...more });

const floats = (values: BigInt64Array): Float64Array => Float64Array.from(values, Number);
type Values = Column["values"];

async function columnsOf<Meta>(address: string, signal: AbortSignal): Promise<{ meta: Meta; take: (i: number, name: string) => Float64Array; has: (i: number, name: string) => boolean }> {
  const response = await request(address, { signal });
  const { meta, columns } = decodeColumns<Meta>(await response.arrayBuffer());
  const find = (i: number, name: string): Values | undefined => columns.get(`${i}/${name}`)?.values;
  return {
    meta,
    has: (i, name) => find(i, name) !== undefined,
    take: (i, name) => {
      const values = find(i, name);
      if (values instanceof Float64Array) return values;
      if (values instanceof BigInt64Array) return floats(values);
      throw new Error(`The answer has no column ${name}.`);
    },
  };
}

function isOrdered(x: Float64Array): boolean {
  for (let i = 1; i < x.length; i += 1) if ((x[i] ?? 0) < (x[i - 1] ?? 0)) return false;
  return true;
}

interface RunsMeta {
  readonly series: readonly { run: string; mode: "raw" | "buckets"; total: number; nonfinite: { x: number; kind: string }[] }[];
}

interface GroupsMeta {
  readonly groups: readonly { name: string; runs: string[]; mode: "raw" | "buckets"; total: number }[];
}

export async function fetchScalars(ask: Ask, signal: AbortSignal): Promise<Series[]> {
  if (ask.by !== "") return fetchBands(ask, signal);
  // What the axis says already, and what is not drawn, is not sent.
  const fields = ["y", ...(ask.smoothing > 0 ? ["smooth"] : []), ...(ask.axis === "step" ? [] : ["step"])].join(",");
  const { meta, take, has } = await columnsOf<RunsMeta>(place(ask, "scalars", { columns: ask.columns, fields, format: "columns" }), signal);
  return meta.series.map((one, i) => {
    const [x, y] = [take(i, "x"), take(i, "y")];
    return {
      ...one,
      tag: ask.tag,
      x,
      y,
      smooth: has(i, "smooth") ? take(i, "smooth") : y,
      step: has(i, "step") ? take(i, "step") : x,
      ordered: ask.axis !== "metric" || isOrdered(x),
    };
  });
}

async function fetchBands(ask: Ask, signal: AbortSignal): Promise<Series[]> {
  const { meta, take } = await columnsOf<GroupsMeta>(place(ask, "bands", { columns: ask.columns, format: "columns" }), signal);
  return meta.groups.map(({ name, runs, mode, total }, i) => {
    const step = take(i, "step");
    return {
      run: name,
      tag: ask.tag,
      mode,
      total,
      nonfinite: [],
      x: step,
      step,
      y: take(i, "mean"),
      smooth: take(i, "smooth"),
      ordered: true,
      members: runs.length,
      band: { std: take(i, "std"), min: take(i, "min"), max: take(i, "max"), count: take(i, "count") },
    };
  });
}

/** Index of the point nearest to `x`; -1 in an empty series. */
export function nearest(xs: Float64Array, x: number, ordered = true): number {
  let low = 0;
  let high = xs.length - 1;
  if (high < 0) return -1;
  if (!ordered) {
    for (let i = 1; i < xs.length; i += 1) if (Math.abs((xs[i] ?? 0) - x) < Math.abs((xs[low] ?? 0) - x)) low = i;
    return low;
  }
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((xs[mid] ?? 0) < x) low = mid + 1;
    else high = mid;
  }
  return low > 0 && x - (xs[low - 1] ?? 0) < (xs[low] ?? 0) - x ? low - 1 : low;
}
