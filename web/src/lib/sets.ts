/** Questions about more than one input: what they can be asked about, and how they are asked. */
import { api } from "./base.ts";
import { ended, over, type Standing, type Tell } from "./follow.ts";
import { getJson, sendJson } from "./http.ts";
import type { Explanation, Graph, InputSummary, Method, Model } from "./types.ts";

/** Rows of one request, when values of a few rows are read. */
const WINDOW = 200;

export interface Input extends InputSummary { readonly state: string; readonly target_column: string | null }

/** A set that took part in a question beside its input. */
export interface Member { readonly role: string; readonly set: string; readonly filter?: string }
export interface Company { readonly members?: readonly Member[]; readonly steps?: readonly { readonly model: string; readonly rate: number }[] }
export interface SetsAnswer<Found> extends Omit<Explanation, "found"> { readonly company: Company; readonly notice: string | null; readonly found: Found; readonly rows: { readonly from: number; readonly count: number } | null }

export interface Concept {
  readonly verdict: "unmeasured" | "hardly_known" | "apart_from_chance" | "not_told_apart"; readonly layer: string; readonly score: number; readonly magnitude: number; readonly cav_accuracy: number | null; readonly p_value: number | null;
  readonly concept_scores: readonly number[]; readonly random_scores: readonly number[]; readonly concept_rows: number; readonly random_rows: number;
}
export interface Influenced { readonly row: number; readonly influence: number }
export interface Influence {
  readonly loss: string; readonly checkpoints: number; readonly learning_rates: readonly number[]; readonly training_rows: number;
  readonly rows: readonly { readonly row: number; readonly helpful: readonly Influenced[]; readonly harmful: readonly Influenced[] }[]; readonly most_forced: readonly Influenced[];
}

/** What a model can be asked about, and why it cannot. */
export interface Known {
  readonly methods: readonly Method[];
  /** Tables that have the model's columns; all, where none of them does. */
  readonly tables: readonly Input[];
  /** Arrays that may hold several rows. */
  readonly arrays: readonly Input[];
  readonly pictures: readonly Input[];
  /** The outputs by name. */
  readonly classes: readonly string[];
  /** Values of the graph, in its order. */
  readonly layers: readonly string[];
}

interface Described extends Model { readonly outputs?: readonly { readonly shape: readonly (number | null)[] }[]; readonly preprocess?: { readonly labels?: readonly string[]; readonly feature_names?: readonly string[] } }

const found = new Map<string, Promise<Known>>();

/** Both questions of a page look once. */
export function known(model: string, checkpoint: string): Promise<Known> {
  const key = `${model} ${checkpoint}`;
  const before = found.get(key);
  if (before) return before;
  const asked = look(model, checkpoint);
  found.set(key, asked);
  return asked;
}

async function look(model: string, checkpoint: string): Promise<Known> {
  const path = `/models/${encodeURIComponent(model)}`;
  const of = { checkpoint: checkpoint || undefined };
  const [described, { inputs }] = await Promise.all([getJson<Described>(api(path)), getJson<{ inputs: Input[] }>(api("/inputs"))]);
  const ready = inputs.filter((one) => one.state === "ready");
  const own = ready.filter((one) => one.model === null || one.model === model);
  const names = described.preprocess?.feature_names ?? [];
  const every = described.kind === "image" ? [] : ready.filter((one) => one.kind === "table");
  const fitting = names.length > 0 ? every.filter((one) => names.every((name) => one.columns.includes(name))) : [];
  const tables = fitting.length > 0 ? fitting : every;
  const labelled = tables.find((one) => one.target_column !== null) ?? tables[0];
  const [methods, graph] = await Promise.all([
    getJson<Method[]>(api("/methods", { model, ...of, input: labelled?.slug })),
    // A file without a graph has no layers to choose from; why it is not asked is told by the methods.
    described.has_graph ? getJson<Graph>(api(`${path}/graph`, { ...of, depth: 99 })).catch(() => undefined) : undefined,
  ]);
  return {
    methods: methods.filter((method) => method.scope === "sets"), tables,
    arrays: own.filter((one) => one.kind === "array"), pictures: own.filter((one) => one.kind === "image"),
    classes: classes(described), layers: (graph?.rows ?? []).flatMap((row) => (row.kind === "node" ? row.values : [])),
  };
}

/** The outputs by name, where there are as many names; by number, where a shape tells how many there are. */
function classes(model: Described): string[] {
  const labels = model.preprocess?.labels ?? [];
  const width = model.outputs?.[0]?.shape.at(-1);
  if (typeof width !== "number" || width === labels.length) return [...labels];
  return width > 1 && width <= 1000 ? Array.from({ length: width }, (_, i) => `output ${i}`) : [];
}

/** Asks, and gives the answer once it is there. A failure is an error with the worker's sentence. */
export async function explain<Found>(body: Record<string, unknown>, told: Tell, signal: AbortSignal): Promise<{ readonly answer: SetsAnswer<Found>; readonly cached: boolean }> {
  const asked = await sendJson<Standing>("POST", api("/explanations"), body, signal);
  const path = `/explanations/${asked.id}`;
  const cached = over(asked.state);
  if (!cached) {
    told(asked.progress ?? 0, "waiting for a worker", asked.job ?? null);
    await ended(path, asked, told, signal);
  }
  const answer = await getJson<SetsAnswer<Found> & { readonly error?: string | null }>(api(path), signal);
  if (answer.state !== "done") throw new Error(answer.error ? sentenceOf(answer.error) : `The question was ${answer.state}.`);
  return { answer, cached };
}

/** A worker's words as a sentence. */
const sentenceOf = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;

interface Page { readonly columns: readonly string[]; readonly kinds: readonly string[]; readonly rows: readonly (readonly (number | string | null)[])[] }

const page = (input: string, from: number, count: number, signal?: AbortSignal): Promise<Page> => getJson<Page>(api(`/inputs/${encodeURIComponent(input)}/rows`, { from, count }), signal);

/** A condition that some rows of a table meet: its first number above three quarters of the first rows. */
export async function example(input: Input): Promise<string> {
  const { columns, kinds, rows } = await page(input.slug, 0, Math.min(WINDOW, input.rows));
  const at = columns.findIndex((name, i) => name !== input.target_column && (kinds[i] === "number" || kinds[i] === "integer"));
  const values = rows.map((row) => row[at]).filter((v): v is number => typeof v === "number").sort((a, b) => a - b);
  const bound = values[Math.floor(values.length * 0.75)];
  const name = columns[at];
  if (name === undefined || bound === undefined) return "";
  const written = /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return `${written} > ${Number(bound.toPrecision(3))}`;
}

/** The true answers of some rows, in as few requests as their places allow. */
export async function truths(input: Input, rows: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
  const out = new Map<number, string>();
  const sorted = [...new Set(rows)].sort((a, b) => a - b);
  while (sorted.length > 0) {
    const from = sorted[0] ?? 0;
    const here = sorted.splice(0, sorted.filter((row) => row < from + WINDOW).length);
    const read = await page(input.slug, from, (here.at(-1) ?? from) - from + 1, signal);
    const at = read.columns.indexOf(input.target_column ?? "");
    for (const row of here) out.set(row, String(read.rows[row - from]?.[at] ?? "missing"));
  }
  return out;
}
