/** The hue of an operator family; the label says the same in words. */
import type { GraphRow } from "./types.ts";

const HUES: readonly (readonly [RegExp, number])[] = [
  [/^(lstm|gru|rnn|attention|multiheadattention)/i, 4],
  [/conv/i, 1],
  [/norm|relu|sigmoid|tanh|gelu|elu|softmax|clip|erf|swish|silu/i, 3],
  [/pool|reduce|flatten|reshape|transpose|squeeze|slice|split|gather|resize|^pad/i, 7],
  [/^(add|sub|sum|mul|div|concat|pow|sqrt|max|min|where)$/i, 8],
  [/gemm|matmul|linear|einsum/i, 2],
];

export function opColour(row: Pick<GraphRow, "kind" | "op">): string {
  if (row.kind === "group") return "var(--run-1)";
  const hue = HUES.find(([pattern]) => pattern.test(row.op ?? ""))?.[1];
  return hue ? `var(--run-${hue})` : "var(--axis)";
}
