/** Charts that runs laid out, and the points of what they show. */
import { api } from "./base.ts";
import { timeAxis } from "./bar-parts.ts";
import { board } from "./board.ts";
import { decodeColumns } from "./columns.ts";
import { getJson, request } from "./http.ts";
import { fetchScalars, type Series } from "./scalars.ts";
import { UrlState, list } from "./url-state.ts";

export interface Three { readonly value: string; readonly lower: string; readonly upper: string }

export interface Chart {
  readonly key: string;
  readonly title: string;
  readonly kind: "lines" | "margins";
  /** Of lines. */
  readonly patterns?: readonly string[];
  readonly tags?: readonly string[];
  /** Of margins. */
  readonly series?: readonly Three[];
  readonly problems: readonly string[];
}

interface Layout { readonly categories: readonly { readonly title: string; readonly closed: boolean; readonly charts: readonly Chart[] }[] }

/** Keys of this page: `open` categories that begin folded and are open. */
export const customState = new UrlState({ open: list() });

let charts = new Map<string, Chart>();
const watchers = new Set<() => void>();

function adopt(layout: Layout): void {
  charts = new Map(layout.categories.flatMap((one) => one.charts.map((chart) => [chart.key, chart] as const)));
  for (const watcher of watchers) watcher();
}

const island = document.getElementById("layout-data")?.textContent;
if (island) adopt(JSON.parse(island) as Layout);
// New tags may be what an expression waited for.
document.addEventListener("gb-renewed", () => {
  void getJson<Layout>(api(`/experiments/${encodeURIComponent(board.experiment)}/custom`)).then(adopt, () => undefined);
});

export const chartOf = (key: string): Chart | undefined => charts.get(key);

export function onLayout(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function tagsOf(chart: Chart | undefined): readonly string[] {
  return chart?.tags ?? [...new Set((chart?.series ?? []).flatMap(({ value, lower, upper }) => [value, lower, upper]))];
}

/** A run's value inside its band. */
export interface Margin extends Three {
  readonly run: string;
  /** Points at whose step a border has none. */
  readonly bare: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly step: Float64Array;
}

const numbers = (column: ArrayLike<number | bigint> | undefined): Float64Array => Float64Array.from(column ?? [], Number);

/** The shown runs that have a tag. */
export function runsOf(tag: string): string[] {
  const having = new Set(board.having(tag));
  return board.shown.filter((run) => having.has(run.id)).map((run) => run.id);
}

export function marginsAddress({ value, lower, upper }: Three, runs: readonly string[], more: Record<string, string | number | undefined>): string {
  const axis = timeAxis();
  return api(`/experiments/${encodeURIComponent(board.experiment)}/margins`, { value, lower, upper, runs: runs.join(","), axis: axis === "step" ? undefined : axis, ...more });
}

export async function fetchMargins(three: Three, columns: number, signal: AbortSignal): Promise<Margin[]> {
  const runs = runsOf(three.value);
  if (runs.length === 0) return [];
  const { z, seg } = board.state.values;
  const response = await request(marginsAddress(three, runs, { from: z?.[0], to: z?.[1], superseded: seg ? 1 : undefined, columns, format: "columns" }), { signal });
  const { meta, columns: found } = decodeColumns<{ series: { run: string; bare: number }[] }>(await response.arrayBuffer());
  return meta.series.map(({ run, bare }, i) => {
    const take = (name: string): Float64Array => numbers(found.get(`${i}/${name}`)?.values);
    return { ...three, run, bare, x: take("x"), y: take("value"), low: take("lower"), high: take("upper"), step: take("step") };
  });
}

/** Points of one picture, whatever the number of lines. */
const MOST_POINTS = 240_000;

export async function fetchLines(tags: readonly string[], columns: number, signal: AbortSignal): Promise<Series[]> {
  const { z, s, seg } = board.state.values;
  const asked = tags.map((tag) => ({ tag, runs: runsOf(tag) })).filter(({ runs }) => runs.length > 0);
  const lines = asked.reduce((sum, { runs }) => sum + runs.length, 0);
  const fit = Math.max(30, Math.min(columns, Math.floor(MOST_POINTS / 4 / Math.max(1, lines))));
  const answers = asked.map(({ tag, runs }) => fetchScalars({ experiment: board.experiment, tag, runs, axis: timeAxis(), metric: "", linear: false, window: z, columns: fit, smoothing: s, superseded: seg, by: "" }, signal));
  return (await Promise.all(answers)).flat();
}
