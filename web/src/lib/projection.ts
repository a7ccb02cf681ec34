/** What the projector's page computes itself: samples, spheres, neighbours. Pictures are made by the server's workers. */

export interface Points { readonly n: number; readonly width: number; readonly values: Float32Array }

/** Evenly spread indices, at most so many. */
export function sample(n: number, most: number): Uint32Array {
  const count = Math.min(n, most);
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

/** Each point less the mean, and on the unit sphere: TensorBoard's "sphereize". */
export function spherize({ n, width, values }: Points): Points {
  const mean = meanOf({ n, width, values });
  const out = new Float32Array(values.length);
  for (let i = 0; i < n; i += 1) {
    let size = 0;
    for (let d = 0; d < width; d += 1) { const v = (values[i * width + d] ?? 0) - (mean[d] ?? 0); out[i * width + d] = v; size += v * v; }
    const scale = size > 0 ? 1 / Math.sqrt(size) : 0;
    for (let d = 0; d < width; d += 1) out[i * width + d] = (out[i * width + d] ?? 0) * scale;
  }
  return { n, width, values: out };
}

function meanOf({ n, width, values }: Points): Float64Array {
  const mean = new Float64Array(width);
  for (let i = 0; i < n; i += 1) for (let d = 0; d < width; d += 1) mean[d] = (mean[d] ?? 0) + (values[i * width + d] ?? 0);
  for (let d = 0; d < width; d += 1) mean[d] = (mean[d] ?? 0) / n;
  return mean;
}

export type Distance = "cosine" | "euclidean";

/** Distances from one point to all. */
export function distances({ n, width, values }: Points, from: number, how: Distance): Float32Array {
  const out = new Float32Array(n);
  let own = 0;
  for (let d = 0; d < width; d += 1) own += (values[from * width + d] as number) ** 2;
  for (let i = 0; i < n; i += 1) {
    let [dot, size, sum] = [0, 0, 0];
    for (let d = 0; d < width; d += 1) {
      const [a, b] = [values[from * width + d] as number, values[i * width + d] as number];
      dot += a * b; size += b * b; sum += (a - b) * (a - b);
    }
    out[i] = how === "euclidean" ? Math.sqrt(sum) : own > 0 && size > 0 ? Math.max(0, 1 - dot / Math.sqrt(own * size)) : 1;
  }
  return out;
}

/** The nearest `k`, nearest first, itself left out. */
export function nearest(all: Float32Array, from: number, k: number): number[] {
  const best: number[] = [];
  let worst = Infinity;
  for (let i = 0; i < all.length; i += 1) {
    const d = all[i] as number;
    if (i === from || (best.length >= k && d >= worst)) continue;
    let at = best.length;
    while (at > 0 && (all[best[at - 1] as number] as number) > d) at -= 1;
    best.splice(at, 0, i);
    if (best.length > k) best.pop();
    worst = all[best.at(-1) as number] as number;
  }
  return best;
}
