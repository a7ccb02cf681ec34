/** Projects off the page's thread. One question at a time; ending the worker cancels it. */
import { distances, kept, nearest, pca, sample, spherize, tsne, umap, type Distance, type Points } from "../lib/projection.ts";

export interface Ask {
  readonly id: number; readonly kind: "project" | "near";
  readonly method?: "pca" | "tsne" | "umap" | "axes"; readonly spherize?: boolean; readonly perplexity?: number; readonly neighbours?: number; readonly minimum?: number; readonly seed?: number;
  /** Of custom axes: points at the low and the high end of each. */
  readonly axes?: readonly { readonly low: readonly number[]; readonly high: readonly number[] }[];
  readonly from?: number; readonly how?: Distance; readonly k?: number;
}

/** TensorBoard samples too: 10,000 for t-SNE and 5,000 for UMAP; gradients are exact here, so fewer for t-SNE. */
export const MOST = { pca: Infinity, axes: Infinity, tsne: 2000, umap: 5000 } as const;

let original: Points = { n: 0, width: 0, values: new Float32Array() };
let round: Points | undefined;

const take = (points: Points, index: Uint32Array): Points => {
  if (index.length === points.n) return points;
  const values = new Float32Array(index.length * points.width);
  for (const [to, from] of index.entries()) values.set(points.values.subarray(from * points.width, (from + 1) * points.width), to * points.width);
  return { n: index.length, width: points.width, values };
};

function project(ask: Ask): void {
  const method = ask.method ?? "pca";
  const points = ask.spherize ? (round ??= spherize(original)) : original;
  const index = sample(points.n, MOST[method]);
  const shown = take(points, index);
  let said = 0;
  const progress = (done: number, words: string): void => {
    if (Date.now() - said < 150) return;
    said = Date.now();
    postMessage({ id: ask.id, progress: done, words });
  };
  const at = new Float32Array(shown.n * 3);
  let variance: readonly number[] = [];
  let flat: Float64Array | undefined;
  if (method === "pca") {
    const found = pca(shown, 10, progress);
    variance = found.variance;
    for (let i = 0; i < shown.n; i += 1) for (let d = 0; d < Math.min(3, found.count); d += 1) at[i * 3 + d] = found.scores[i * found.count + d] as number;
  } else if (method === "axes") {
    for (const [d, axis] of (ask.axes ?? []).slice(0, 3).entries()) {
      const way = new Float64Array(shown.width);
      for (const [list, sign] of [[axis.low, -1], [axis.high, 1]] as const) for (const i of list) for (let w = 0; w < shown.width; w += 1) way[w] = (way[w] as number) + (sign * (shown.values[i * shown.width + w] as number)) / list.length;
      const size = Math.sqrt(way.reduce((sum, v) => sum + v * v, 0)) || 1;
      for (let i = 0; i < shown.n; i += 1) {
        let sum = 0;
        for (let w = 0; w < shown.width; w += 1) sum += (shown.values[i * shown.width + w] as number) * (way[w] as number);
        at[i * 3 + d] = sum / size;
      }
    }
  } else if (method === "umap") flat = umap(shown, { neighbours: ask.neighbours ?? 15, minimum: ask.minimum ?? 0.1, dims: 3, seed: ask.seed ?? 0 }, progress);
  else flat = tsne(shown, { perplexity: ask.perplexity ?? 25, dims: 3, seed: ask.seed ?? 0 }, progress);
  if (flat) at.set(flat);
  const copy = at.slice();
  postMessage({ id: ask.id, at: copy, index, variance });
  // What is kept is measured after the picture is there.
  const most = Math.max(20, Math.min(300, Math.floor(3e9 / Math.max(1, shown.n * shown.width))));
  const k = Math.min(15, shown.n - 1);
  postMessage({ id: ask.id, kept: { two: kept(shown, at, 2, k, most), three: kept(shown, at, 3, k, most), k, asked: Math.min(most, shown.n) } });
}

addEventListener("message", (event: MessageEvent<Ask | { readonly points: Points }>) => {
  const ask = event.data;
  if ("points" in ask) { original = ask.points; round = undefined; return; }
  if (ask.kind === "project") { project(ask); return; }
  const points = ask.spherize ? (round ??= spherize(original)) : original;
  const all = distances(points, ask.from ?? 0, ask.how ?? "cosine");
  const near = nearest(all, ask.from ?? 0, ask.k ?? 50);
  postMessage({ id: ask.id, near: near.map((i) => ({ i, far: all[i] as number })) });
});
