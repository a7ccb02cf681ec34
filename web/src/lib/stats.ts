/** Exact numbers of a stretch, and where runs went wrong; asked for one at a time, when nothing else is to do. */
import { getJson } from "./http.ts";
import { place, type Ask } from "./scalars.ts";

export interface Point {
  readonly x: number;
  readonly step: number;
  readonly value: number | null;
}

export interface Stats {
  readonly run: string;
  readonly tag: string;
  readonly n: number;
  readonly nonfinite: number;
  readonly start: Point | null;
  readonly end: Point | null;
  readonly min: Point | null;
  readonly max: Point | null;
  readonly mean: number | null;
  readonly change: number | null;
  readonly fault: (Point & { readonly kind: "nan" | "inf" | "-inf" | "explosion" }) | null;
}

export async function fetchStats(ask: Ask, window: readonly [number, number] | null, signal?: AbortSignal): Promise<Stats[]> {
  const address = place({ ...ask, by: "", window, smoothing: 0 }, "stats", { smoothing: undefined });
  const { series } = await getJson<{ series: Omit<Stats, "tag">[] }>(address, signal);
  return series.map((one) => ({ ...one, tag: ask.tag }));
}

const known = new Map<string, readonly Stats[]>();
const KNOWN = 300;
let turn: Promise<unknown> = Promise.resolve();

/** The runs of a question that went wrong. `fresh` is anything that changes when points come. */
export function faultsOf(ask: Ask, fresh: number): Promise<readonly Stats[]> {
  const key = `${ask.experiment} ${ask.tag} ${ask.axis} ${ask.metric} ${ask.superseded} ${ask.runs?.join() ?? "*"} ${fresh}`;
  const have = known.get(key);
  if (have) return Promise.resolve(have);
  const mine = turn.then(async () => {
    const found = (await fetchStats(ask, null).catch(() => [])).filter((one) => one.fault);
    if (known.size >= KNOWN) known.clear();
    known.set(key, found);
    return found;
  });
  turn = mine;
  return mine;
}

const words = { nan: "NaN", inf: "∞", "-inf": "−∞", explosion: "exploded" } as const;

/** "NaN at step 1,204" */
export function faultWords({ fault }: Stats): string {
  if (!fault) return "";
  return `${words[fault.kind]} at step ${new Intl.NumberFormat("en-GB").format(fault.step)}`;
}
