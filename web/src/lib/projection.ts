/** Projections of points, and what they keep. Pure and seeded: the same points, parameters and seed give the same picture. */

export interface Points { readonly n: number; readonly width: number; readonly values: Float32Array }
export interface Projected {
  /** Three numbers a point. */
  readonly at: Float32Array;
  /** Which points are shown; the others were not sampled. */
  readonly index: Uint32Array;
  /** Of PCA: each component's share of the variance. */
  readonly variance: readonly number[];
}
export type Progress = (done: number, words: string) => void;

/** Mulberry32. */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

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

/** Up to this many dimensions the covariance matrix is made once, and the points are gone through once. */
const SMALL = 400;

/** The leading principal components, by subspace iteration. */
export function pca(points: Points, most: number, progress: Progress = () => {}): { scores: Float32Array; count: number; variance: number[] } {
  const { n, width, values } = points;
  const count = Math.min(most, width, n);
  const mean = meanOf(points);
  let total = 0;
  for (let i = 0; i < n; i += 1) for (let d = 0; d < width; d += 1) { const v = (values[i * width + d] ?? 0) - (mean[d] ?? 0); total += v * v; }
  let basis: Float64Array = new Float64Array(width * count);
  const next = random(7);
  for (let i = 0; i < basis.length; i += 1) basis[i] = next() - 0.5;
  orthonormal(basis, width, count);
  const matrix = width <= SMALL ? covariance(points, mean) : undefined;
  const rounds = matrix ? 200 : 24;
  const shift = new Float64Array(count);
  let sizes: Float64Array = new Float64Array(count);
  for (let round = 0; round < rounds; round += 1) {
    const product = new Float64Array(width * count);
    shift.fill(0);
    for (let c = 0; c < count; c += 1) for (let d = 0; d < width; d += 1) shift[c] = (shift[c] ?? 0) + (mean[d] ?? 0) * (basis[c * width + d] ?? 0);
    const score = new Float64Array(count);
    if (matrix) {
      for (let c = 0; c < count; c += 1) for (let a = 0; a < width; a += 1) {
        let sum = 0;
        for (let d = 0; d < width; d += 1) sum += (matrix[a * width + d] as number) * (basis[c * width + d] as number);
        product[c * width + a] = sum;
      }
    } else for (let i = 0; i < n; i += 1) {
      const row = i * width;
      for (let c = 0; c < count; c += 1) {
        let sum = 0;
        const col = c * width;
        for (let d = 0; d < width; d += 1) sum += (values[row + d] as number) * (basis[col + d] as number);
        score[c] = sum - (shift[c] as number);
      }
      for (let c = 0; c < count; c += 1) {
        const s = score[c] as number;
        const col = c * width;
        for (let d = 0; d < width; d += 1) product[col + d] = (product[col + d] as number) + s * ((values[row + d] as number) - (mean[d] as number));
      }
    }
    const before = sizes;
    sizes = orthonormal(product, width, count);
    basis = product;
    progress((round + 1) / rounds, "principal components");
    if (round > 3 && sizes.every((s, c) => Math.abs(s - (before[c] ?? 0)) <= 1e-9 * (sizes[0] ?? 1))) break;
  }
  const scores = new Float32Array(n * count);
  const variance = new Array<number>(count).fill(0);
  for (let i = 0; i < n; i += 1) for (let c = 0; c < count; c += 1) {
    let sum = 0;
    for (let d = 0; d < width; d += 1) sum += ((values[i * width + d] as number) - (mean[d] as number)) * (basis[c * width + d] as number);
    scores[i * count + c] = sum;
    variance[c] = (variance[c] ?? 0) + sum * sum;
  }
  const order = variance.map((v, c) => [v, c] as const).sort((a, b) => b[0] - a[0]).map(([, c]) => c);
  const sorted = new Float32Array(n * count);
  for (let i = 0; i < n; i += 1) for (const [to, from] of order.entries()) sorted[i * count + to] = scores[i * count + from] as number;
  return { scores: sorted, count, variance: order.map((c) => (total > 0 ? (variance[c] ?? 0) / total : 0)) };
}

function covariance({ n, width, values }: Points, mean: Float64Array): Float64Array {
  const out = new Float64Array(width * width);
  const row = new Float64Array(width);
  for (let i = 0; i < n; i += 1) {
    for (let d = 0; d < width; d += 1) row[d] = (values[i * width + d] as number) - (mean[d] as number);
    for (let a = 0; a < width; a += 1) {
      const left = row[a] as number;
      for (let b = a; b < width; b += 1) out[a * width + b] = (out[a * width + b] as number) + left * (row[b] as number);
    }
  }
  for (let a = 0; a < width; a += 1) for (let b = 0; b < a; b += 1) out[a * width + b] = out[b * width + a] as number;
  return out;
}

/** Gram-Schmidt, twice; answers the lengths that were left. */
function orthonormal(basis: Float64Array, width: number, count: number): Float64Array {
  const sizes = new Float64Array(count);
  for (let c = 0; c < count; c += 1) {
    const col = c * width;
    for (let twice = 0; twice < 2; twice += 1) for (let p = 0; p < c; p += 1) {
      let dot = 0;
      for (let d = 0; d < width; d += 1) dot += (basis[col + d] as number) * (basis[p * width + d] as number);
      for (let d = 0; d < width; d += 1) basis[col + d] = (basis[col + d] as number) - dot * (basis[p * width + d] as number);
    }
    let size = 0;
    for (let d = 0; d < width; d += 1) size += (basis[col + d] as number) ** 2;
    size = Math.sqrt(size);
    sizes[c] = size;
    if (size > 1e-12) for (let d = 0; d < width; d += 1) basis[col + d] = (basis[col + d] as number) / size;
  }
  return sizes;
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

function graph(points: Points, k: number, progress: Progress): { index: Uint32Array; far: Float32Array; k: number } {
  const near = Math.min(k, points.n - 1);
  const index = new Uint32Array(points.n * near);
  const far = new Float32Array(points.n * near);
  for (let i = 0; i < points.n; i += 1) {
    const all = distances(points, i, "euclidean");
    for (const [j, other] of nearest(all, i, near).entries()) { index[i * near + j] = other; far[i * near + j] = all[other] as number; }
    if (i % 100 === 0) progress(0.5 * (i / points.n), "nearest neighbours");
  }
  return { index, far, k: near };
}

/** PCA's first three scores, small: where both other methods begin. */
function begin(points: Points, dims: number, size: number): Float64Array {
  const { scores, count } = pca(points, dims);
  let most = 1e-12;
  for (const s of scores) most = Math.max(most, Math.abs(s));
  const out = new Float64Array(points.n * dims);
  const next = random(11);
  for (let i = 0; i < points.n; i += 1) for (let d = 0; d < dims; d += 1) out[i * dims + d] = (d < count ? ((scores[i * count + d] as number) / most) * size : 0) + (next() - 0.5) * size * 1e-3;
  return out;
}

/** UMAP: McInnes, Healy, Melville 2018, with exact neighbours and Euclidean distance. */
export function umap(points: Points, { neighbours, minimum, dims, seed, epochs = 300 }: { neighbours: number; minimum: number; dims: number; seed: number; epochs?: number }, progress: Progress): Float64Array {
  const { index, far, k } = graph(points, neighbours, progress);
  const n = points.n;
  // Each point's own scale, so that its neighbours' weights sum to log2(k).
  const weights = new Map<number, number>();
  for (let i = 0; i < n; i += 1) {
    const rho = far[i * k] ?? 0;
    let [low, high, sigma] = [0, Infinity, 1];
    for (let round = 0; round < 48; round += 1) {
      let sum = 0;
      for (let j = 0; j < k; j += 1) sum += Math.exp(-Math.max(0, (far[i * k + j] as number) - rho) / sigma);
      if (sum > Math.log2(k + 1)) high = sigma; else low = sigma;
      sigma = high === Infinity ? sigma * 2 : (low + high) / 2;
    }
    for (let j = 0; j < k; j += 1) {
      const other = index[i * k + j] as number;
      const w = Math.exp(-Math.max(0, (far[i * k + j] as number) - rho) / Math.max(1e-12, sigma));
      const key = Math.min(i, other) * n + Math.max(i, other);
      const before = weights.get(key);
      weights.set(key, before === undefined ? w : before + w - before * w);
    }
  }
  const edges = [...weights].filter(([, w]) => w > 1 / epochs);
  const strongest = edges.reduce((most, [, w]) => Math.max(most, w), 1e-12);
  const [a, b] = curve(minimum);
  const at = begin(points, dims, 10);
  const next = random(seed);
  const due = edges.map(([, w]) => strongest / w);
  const clip = (v: number): number => Math.max(-4, Math.min(4, v));
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const alpha = 1 - epoch / epochs;
    for (let e = 0; e < edges.length; e += 1) {
      if ((due[e] as number) > epoch + 1) continue;
      const [key, w] = edges[e] as [number, number];
      due[e] = (due[e] as number) + strongest / w;
      const [i, j] = [Math.floor(key / n), key % n];
      let sum = 0;
      for (let d = 0; d < dims; d += 1) sum += ((at[i * dims + d] as number) - (at[j * dims + d] as number)) ** 2;
      if (sum > 0) {
        const pull = (-2 * a * b * sum ** (b - 1)) / (a * sum ** b + 1);
        for (let d = 0; d < dims; d += 1) {
          const move = clip(pull * ((at[i * dims + d] as number) - (at[j * dims + d] as number))) * alpha;
          at[i * dims + d] = (at[i * dims + d] as number) + move;
          at[j * dims + d] = (at[j * dims + d] as number) - move;
        }
      }
      for (const [from] of [[i], [j]] as const) for (let negative = 0; negative < 3; negative += 1) {
        const other = Math.floor(next() * n);
        if (other === from) continue;
        let gap = 0;
        for (let d = 0; d < dims; d += 1) gap += ((at[from * dims + d] as number) - (at[other * dims + d] as number)) ** 2;
        const push = (2 * b) / ((0.001 + gap) * (a * gap ** b + 1));
        for (let d = 0; d < dims; d += 1) at[from * dims + d] = (at[from * dims + d] as number) + clip(push * ((at[from * dims + d] as number) - (at[other * dims + d] as number))) * alpha;
      }
    }
    if (epoch % 5 === 0) progress(0.5 + (0.5 * epoch) / epochs, `epoch ${epoch} of ${epochs}`);
  }
  return at;
}

/** The curve 1 / (1 + a d^2b) that fits "one up to `minimum`, then falling", by least squares on a grid. */
export function curve(minimum: number): [number, number] {
  let best: [number, number, number] = [1.577, 0.895, Infinity];
  let [ca, cb, ra, rb] = [1.5, 1, 1.45, 0.6];
  for (let round = 0; round < 7; round += 1) {
    for (let i = -6; i <= 6; i += 1) for (let j = -6; j <= 6; j += 1) {
      const [a, b] = [Math.max(0.01, ca + (ra * i) / 6), Math.max(0.1, cb + (rb * j) / 6)];
      let error = 0;
      for (let s = 1; s <= 60; s += 1) { const d = s / 20; error += (1 / (1 + a * d ** (2 * b)) - (d <= minimum ? 1 : Math.exp(-(d - minimum)))) ** 2; }
      if (error < best[2]) best = [a, b, error];
    }
    [ca, cb] = best;
    ra /= 2.5; rb /= 2.5;
  }
  return [best[0], best[1]];
}

/** t-SNE: van der Maaten and Hinton 2008, exact gradients. */
export function tsne(points: Points, { perplexity, dims, seed, rounds = 500 }: { perplexity: number; dims: number; seed: number; rounds?: number }, progress: Progress): Float64Array {
  const n = points.n;
  const p = new Float32Array(n * n);
  const target = Math.log(Math.min(perplexity, (n - 1) / 3));
  for (let i = 0; i < n; i += 1) {
    const all = distances(points, i, "euclidean");
    let [low, high, beta] = [0, Infinity, 1];
    for (let round = 0; round < 50; round += 1) {
      let [sum, weighted] = [0, 0];
      let least = Infinity;
      for (let j = 0; j < n; j += 1) if (j !== i) least = Math.min(least, (all[j] as number) ** 2);
      for (let j = 0; j < n; j += 1) if (j !== i) { const d = (all[j] as number) ** 2 - least; const w = Math.exp(-d * beta); sum += w; weighted += d * w; p[i * n + j] = w; }
      const entropy = Math.log(sum) + (beta * weighted) / sum;
      for (let j = 0; j < n; j += 1) p[i * n + j] = (p[i * n + j] as number) / sum;
      if (Math.abs(entropy - target) < 1e-5) break;
      if (entropy > target) { low = beta; beta = high === Infinity ? beta * 2 : (beta + high) / 2; } else { high = beta; beta = (beta + low) / 2; }
    }
    if (i % 50 === 0) progress((0.3 * i) / n, "perplexities");
  }
  for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) { const both = Math.max(1e-12, ((p[i * n + j] as number) + (p[j * n + i] as number)) / (2 * n)); p[i * n + j] = both; p[j * n + i] = both; }
  const at = begin(points, dims, 1e-2);
  const next = random(seed);
  for (let i = 0; i < at.length; i += 1) at[i] = (at[i] as number) + (next() - 0.5) * 1e-4;
  const speed = new Float64Array(at.length);
  const gains = new Float64Array(at.length).fill(1);
  const slope = new Float64Array(at.length);
  const q = new Float32Array(n * n);
  const eta = Math.max(50, n / 12);
  for (let round = 0; round < rounds; round += 1) {
    const early = round < 120 ? 12 : 1;
    let sum = 0;
    for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) {
      let d2 = 0;
      for (let d = 0; d < dims; d += 1) d2 += ((at[i * dims + d] as number) - (at[j * dims + d] as number)) ** 2;
      const w = 1 / (1 + d2);
      q[i * n + j] = w;
      sum += 2 * w;
    }
    slope.fill(0);
    for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) {
      const w = q[i * n + j] as number;
      const force = 4 * (early * (p[i * n + j] as number) - w / sum) * w;
      for (let d = 0; d < dims; d += 1) {
        const f = force * ((at[i * dims + d] as number) - (at[j * dims + d] as number));
        slope[i * dims + d] = (slope[i * dims + d] as number) + f;
        slope[j * dims + d] = (slope[j * dims + d] as number) - f;
      }
    }
    const momentum = round < 120 ? 0.5 : 0.8;
    for (let i = 0; i < at.length; i += 1) {
      const [g, v] = [slope[i] as number, speed[i] as number];
      gains[i] = Math.max(0.01, Math.sign(g) === Math.sign(v) ? (gains[i] as number) * 0.8 : (gains[i] as number) + 0.2);
      speed[i] = momentum * v - eta * (gains[i] as number) * g;
      at[i] = (at[i] as number) + (speed[i] as number);
    }
    if (round % 5 === 0) progress(0.3 + (0.7 * round) / rounds, `step ${round} of ${rounds}`);
  }
  return at;
}

/** How many of a point's `k` nearest in the space are among its `k` nearest in the picture, on average over a spread of points. */
export function kept(points: Points, at: Float32Array, dims: number, k: number, most: number): number {
  const flat: Points = { n: points.n, width: dims, values: dims === 3 ? at : Float32Array.from({ length: points.n * dims }, (_, i) => at[Math.floor(i / dims) * 3 + (i % dims)] as number) };
  const asked = sample(points.n, most);
  let sum = 0;
  for (const i of asked) {
    const there = new Set(nearest(distances(points, i, "euclidean"), i, k));
    for (const j of nearest(distances(flat, i, "euclidean"), i, k)) if (there.has(j)) sum += 1;
  }
  return asked.length ? sum / asked.length : 0;
}
