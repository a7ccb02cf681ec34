/** One row of a table and what an explanation says of it, in the words the page shows. */
import { integer, value } from "./format.ts";
import type { Run } from "./session.ts";
import type { ColumnKind, Explanation, Method, Prediction, TableColumns } from "./types.ts";
import { list, type Key } from "./url-state.ts";

export interface Effect {
  readonly name: string;
  readonly value: number;
  readonly effect: number;
  /** The value as people say it: a label, or nothing where it is not known. */
  readonly text?: string;
  /** One standard error of `effect`, where the method gives it. */
  readonly error?: number;
}

/** What answers for rows of a table have beside those of other inputs. */
export interface RowExplanation extends Explanation {
  readonly base?: number | null;
  readonly columns?: TableColumns | null;
  readonly feature_names?: readonly string[];
  readonly found?: Readonly<Record<string, unknown>>;
  readonly notice?: string | null;
  readonly data_hash?: string | null;
  readonly background?: { readonly table: string; readonly rows: number; readonly asked: number } | null;
  readonly kept?: boolean;
  readonly changes?: Changes;
}

export type Changes = Readonly<Record<string, string | number | null>>;

/** A value of a column as people say it: labels by their name, numbers in the digits they need. */
export function words(kind: ColumnKind | undefined, v: number | null | undefined): string {
  if (v === null || v === undefined || Number.isNaN(v)) return "missing";
  if (typeof kind === "object") return kind.category[v] ?? `label ${v}`;
  const short = Number(v.toPrecision(4));
  return kind === "integer" || Math.abs(v) >= 1000 || (v !== 0 && Math.abs(v) < 1e-3) ? (Number.isInteger(v) && Math.abs(v) < 1e6 ? integer(v).replace("-", "−") : value(v, 4)) : String(short).replace("-", "−");
}

/** The explanation a run has, whole or so far. */
export const known = (run: Run | undefined): RowExplanation | undefined => (run?.result ?? run?.partial) as RowExplanation | undefined;

/** Numbers of a run's array, by name. */
export const numbers = (run: Run | undefined, name: string): ArrayLike<number> | undefined => run?.columns?.columns.get(name)?.values as ArrayLike<number> | undefined;

/** What each feature did; a matrix of interactions is added up by feature. */
export function effects(run: Run | undefined, columns: TableColumns | undefined): Effect[] {
  const e = known(run);
  const attribution = run?.columns?.columns.get("attribution");
  if (!e || !attribution) return [];
  const [given, error] = [numbers(run, "input"), numbers(run, "error")];
  const table = e.columns ?? columns;
  const width = given?.length ?? attribution.values.length;
  const square = attribution.values.length === width * width && width > 1;
  const at = (i: number): number => {
    if (!square) return Number(attribution.values[i] ?? 0);
    let sum = 0;
    for (let j = 0; j < width; j += 1) sum += Number(attribution.values[i * width + j] ?? 0);
    return sum;
  };
  return Array.from({ length: square ? width : attribution.values.length }, (_, i) => {
    const v = Number(given?.[i] ?? Number.NaN);
    const own = e.columns ? v : undefined;
    return {
      name: table?.names[i] ?? e.feature_names?.[i] ?? `feature ${i}`,
      value: v,
      effect: at(i),
      ...(own === undefined ? {} : { text: words(table?.kinds[i], own) }),
      ...(error?.length === attribution.values.length && !square ? { error: Number(error[i]) } : {}),
    };
  });
}

export interface Pair { readonly a: string; readonly b: string; readonly effect: number }

/** The largest interactions of pairs, where a method gives them; each counts both halves. */
export function pairs(run: Run | undefined, most: number): Pair[] {
  const e = known(run);
  const all = numbers(run, "attribution");
  const names = e?.columns?.names ?? [];
  if (!all || names.length < 2 || all.length !== names.length ** 2) return [];
  const out: Pair[] = [];
  for (let i = 0; i < names.length; i += 1) {
    for (let j = i + 1; j < names.length; j += 1) out.push({ a: names[i] ?? "", b: names[j] ?? "", effect: (all[i * names.length + j] ?? 0) + (all[j * names.length + i] ?? 0) });
  }
  return out.sort((x, y) => Math.abs(y.effect) - Math.abs(x.effect)).slice(0, most);
}

/** The explained number of the row: what the method itself looked at, else the model's answer. */
export function output(run: Run | undefined): number | undefined {
  const e = known(run);
  if (!e) return undefined;
  const own = (e.evidence as { value?: number } | null | undefined)?.value;
  if (typeof own === "number") return own;
  return (e.on === "prob" && e.probability ? e.probability : e.prediction)?.[e.target ?? 0];
}

/** Whether the values of a run add up to the output. */
export const sums = (run: Run | undefined): boolean => run?.method.complete === true && typeof (known(run)?.base ?? known(run)?.completeness_gap) === "number";

/** Methods whose answer is one value a feature. */
export const attributes = (method: Method): boolean => ["input", "interactions", undefined].includes(method.output);

/** Companions of the default, for agreement: of other families, and cheap. */
const COMPANIONS = ["tree_shap", "linear_shap", "kernel_shap", "permutation_shap", "integrated_gradients", "lime_tabular", "feature_ablation"];
const EXAMPLES = ["counterfactuals", "anchors"];
/** A method that is estimated to take longer waits until it is asked for. */
const PATIENCE = 20;

/** What the page asks by itself: the default, three methods to compare with, counterfactuals and a rule. */
export function asked(methods: readonly Method[]): string[] {
  const names = methods.filter((m) => (m.estimate?.seconds ?? 0) <= PATIENCE).map((m) => m.name);
  const first = methods.find((m) => m.default)?.name ?? COMPANIONS.find((name) => names.includes(name)) ?? names[0];
  const beside = COMPANIONS.filter((name) => name !== first && names.includes(name)).slice(0, 3);
  return [...(first ? [first] : []), ...beside, ...EXAMPLES.filter((name) => names.includes(name))];
}

const items = list();

/** Edited values in the address: `e=mean radius:12.5,city:Berlin`; nothing after the colon is a missing value. */
export const changesKey: Key<Changes> = {
  initial: {},
  parse: (text) => {
    const out: Record<string, string | number | null> = {};
    for (const item of items.parse(text) ?? []) {
      const at = item.lastIndexOf(":");
      if (at < 1) return undefined;
      const raw = item.slice(at + 1).replaceAll("%3A", ":");
      const n = Number(raw);
      out[item.slice(0, at)] = raw === "" ? null : Number.isFinite(n) ? n : raw;
    }
    return out;
  },
  format: (all) => items.format(Object.keys(all).sort().map((name) => `${name}:${all[name] === null ? "" : String(all[name]).replaceAll(":", "%3A")}`)),
};

/** The class a page speaks of, in words, and how probable it is. */
export function spoken(p: Prediction | undefined, target: number | null): { label: string; share: number | undefined } | undefined {
  if (!p) return undefined;
  const at = target ?? p.top[0] ?? 0;
  return { label: p.labels[at] ?? `output ${at}`, share: p.probability?.[at] ?? undefined };
}

/** Names of the classes; one probability speaks of the second of two. */
export function classes(p: Prediction | undefined): readonly string[] {
  if (!p?.probability) return [];
  if (p.probability.length > 1) return p.labels;
  const own = p.classes ?? [];
  const yes = p.labels[0] ?? "yes";
  return own.length === 2 ? own : [`not ${yes}`, yes];
}

/** What the model answers, said as one thing: "malignant" or a number. */
export function answer(p: Prediction): string {
  if (p.probability?.length === 1) return classes(p)[(p.probability[0] ?? 0) >= 0.5 ? 1 : 0] ?? "";
  if (p.probability) return p.labels[p.top[0] ?? 0] ?? "";
  return value(p.prediction[0], 4);
}
