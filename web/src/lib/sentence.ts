/** A sentence as tokens, and what attention looks like among them. */
import { value } from "./format.ts";
import type { Effect } from "./row.ts";
import type { Run } from "./session.ts";
import type { Explanation } from "./types.ts";

export interface Token { readonly id: number; readonly token: string; readonly from: number; readonly to: number; readonly special: boolean; readonly unknown: boolean; readonly word: number | null }

/** What answers for sentences have beside those of other inputs. */
export interface SentenceExplanation extends Explanation {
  readonly sentence: string;
  readonly tokens: readonly Token[];
  readonly base?: number | null;
  readonly found?: Readonly<Record<string, unknown>>;
  readonly notice?: string | null;
}

/** A token with its place among those of the model. */
export interface Placed extends Token { readonly at: number; /** As the sentence writes it. */ readonly text: string }

export const told = (run: Run | undefined): SentenceExplanation | undefined => run?.result as SentenceExplanation | undefined;

/** The tokens that are looked at: all but padding. Marks of the tokenizer are kept where `marks` says so. */
export function placed(tokens: readonly Token[], sentence: string, marks: boolean): Placed[] {
  const characters = Array.from(sentence);
  const last = tokens.reduce((end, token, at) => (token.special ? end : at), -1);
  // What stands behind the last word is one mark at most ([SEP]), then padding.
  const out: Placed[] = [];
  tokens.forEach((token, at) => {
    if (token.special && (!marks || at > last + 1 || /pad/i.test(token.token))) return;
    const own = token.to > token.from ? characters.slice(token.from, token.to).join("") : token.token;
    out.push({ ...token, at, text: own });
  });
  return out;
}

/** How much each token did, for charts of effects. */
export function tokenEffects(run: Run | undefined): Effect[] {
  const e = told(run);
  const values = run?.columns?.columns.get("attribution")?.values;
  const error = run?.columns?.columns.get("error")?.values;
  if (!e || !values) return [];
  return placed(e.tokens, e.sentence, false).map((token) => ({
    name: token.text, value: Number.NaN, effect: Number(values[token.at] ?? 0),
    ...(error ? { error: Number(error[token.at] ?? 0) } : {}),
  }));
}

/** Numbers by layer, head, query and key. */
export interface Maps { readonly layers: number; readonly heads: number; readonly tokens: number; readonly values: ArrayLike<number> }

export function maps(run: Run | undefined): Maps | undefined {
  const column = run?.columns?.columns.get("attention");
  const [layers, heads, tokens] = column?.shape ?? [];
  if (!column || !layers || !heads || !tokens) return undefined;
  return { layers, heads, tokens, values: column.values as ArrayLike<number> };
}

/** The square matrix of one head (or a run's `matrix`), only the rows and columns of `shown`. */
export function matrix(values: ArrayLike<number>, offset: number, tokens: number, shown: readonly Placed[]): number[][] {
  return shown.map((query) => shown.map((key) => Number(values[offset + query.at * tokens + key.at] ?? 0)));
}

export const head = (all: Maps, layer: number, number: number): number => (layer * all.heads + number) * all.tokens * all.tokens;

/** What a head does, told from its matrix alone. */
export function pattern(rows: readonly (readonly number[])[], shown: readonly Placed[]): string {
  const n = rows.length;
  if (n < 3) return "few tokens";
  const mean = (pick: (i: number) => number): number => rows.reduce((sum, _, i) => sum + pick(i), 0) / n;
  const shares: [string, number][] = [
    ["same token", mean((i) => rows[i]?.[i] ?? 0)],
    ["previous token", mean((i) => rows[i]?.[i - 1] ?? 0)],
    ["next token", mean((i) => rows[i]?.[i + 1] ?? 0)],
  ];
  let [column, most] = [0, 0];
  for (let j = 0; j < n; j += 1) {
    const share = mean((i) => rows[i]?.[j] ?? 0);
    if (share > most) [column, most] = [j, share];
  }
  shares.push([`to “${shown[column]?.text ?? ""}”`, most]);
  const best = shares.reduce((a, b) => (b[1] > a[1] ? b : a));
  const entropy = mean((i) => -(rows[i] ?? []).reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0)) / Math.log(n);
  if (best[1] >= 0.4) return best[0];
  return entropy > 0.9 ? "broad" : "mixed";
}

export const signed = (v: number): string => `${v > 0 ? "+" : ""}${value(v, 3)}`;
