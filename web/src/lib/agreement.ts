/** How alike two attributions of the same input are. */

/** Ranks from 0; equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let i = from; i <= to; i += 1) out[order[i] ?? 0] = (from + to) / 2;
    from = to + 1;
  }
  return out;
}

/** Spearman's rank correlation: Pearson's over the ranks; NaN where one of them is constant. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values beside ${b.length}`);
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const [p, q] = [(x[i] ?? 0) - middle, (y[i] ?? 0) - middle];
    xy += p * q; xx += p * p; yy += q * q;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : Number.NaN;
}

/** The indices of the `k` largest magnitudes, largest first; of equal ones the first. */
export function top(values: ArrayLike<number>, k: number): number[] {
  return Array.from({ length: values.length }, (_, i) => i).sort((a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0) || a - b).slice(0, k);
}

/** How many of the `k` largest magnitudes two attributions share. */
export function shared(a: ArrayLike<number>, b: ArrayLike<number>, k: number): number {
  const among = new Set(top(a, k));
  return top(b, k).filter((i) => among.has(i)).length;
}
