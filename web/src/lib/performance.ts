/** How well a class is told from the rest, at every threshold: from probabilities and true classes alone. */

export interface Rated {
  /** Rows whose true class is known, the highest probability first. */
  readonly score: Float64Array;
  readonly hit: Uint8Array;
  readonly positives: number;
}

export interface Calls { readonly tp: number; readonly fp: number; readonly fn: number; readonly tn: number }
export interface Curve { readonly x: readonly number[]; readonly y: readonly number[]; readonly threshold: readonly number[] }
export interface Bin { readonly from: number; readonly to: number; readonly rows: number; readonly predicted: number; readonly observed: number; readonly low: number; readonly high: number }

/** Probabilities of each class, from outputs `[rows, width]` that are probabilities already or not. */
export function probabilities(out: ArrayLike<number>, rows: number, width: number, already: boolean): { of: Float64Array; classes: number } {
  const classes = Math.max(2, width);
  const of = new Float64Array(rows * classes);
  for (let i = 0; i < rows; i += 1) {
    if (width === 1) {
      const v = out[i] ?? 0;
      const p = already ? v : 1 / (1 + Math.exp(-v));
      of[i * 2] = 1 - p;
      of[i * 2 + 1] = p;
      continue;
    }
    let most = -Infinity;
    for (let k = 0; k < width; k += 1) most = Math.max(most, out[i * width + k] ?? 0);
    let sum = 0;
    for (let k = 0; k < width; k += 1) { const v = out[i * width + k] ?? 0; const e = already ? v : Math.exp(v - most); of[i * width + k] = e; sum += e; }
    if (!already) for (let k = 0; k < width; k += 1) of[i * width + k] = (of[i * width + k] ?? 0) / sum;
  }
  return { of, classes };
}

export function rate(of: Float64Array, classes: number, truth: ArrayLike<number>, chosen: number): Rated {
  const rows = Array.from({ length: truth.length }, (_, i) => i).filter((i) => Number.isFinite(truth[i]));
  const p = (i: number): number => of[i * classes + chosen] ?? 0;
  rows.sort((a, b) => p(b) - p(a) || a - b);
  const hit = Uint8Array.from(rows, (i) => Number(truth[i] === chosen));
  return { score: Float64Array.from(rows, p), hit, positives: hit.reduce((a, b) => a + b, 0) };
}

/** A row whose probability is above the threshold is called to be of the class. */
export function callsAt({ score, hit, positives }: Rated, threshold: number): Calls {
  let [from, to] = [0, score.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((score[middle] ?? 0) > threshold) from = middle + 1;
    else to = middle;
  }
  let tp = 0;
  for (let i = 0; i < from; i += 1) tp += hit[i] ?? 0;
  return { tp, fp: from - tp, fn: positives - tp, tn: score.length - from - (positives - tp) };
}

/** ROC (false against true positive rate) and precision over recall; ties are one step. */
export function curves({ score, hit, positives }: Rated): { roc: Curve; pr: Curve; auc: number; ap: number } {
  const negatives = score.length - positives;
  const roc = { x: [0], y: [0], threshold: [Infinity] };
  const pr = { x: [] as number[], y: [] as number[], threshold: [] as number[] };
  let [tp, fp, auc, ap] = [0, 0, 0, 0];
  for (let i = 0; i < score.length;) {
    const [before, wrong] = [tp, fp];
    const at = score[i] ?? 0;
    while (i < score.length && score[i] === at) { if (hit[i]) tp += 1; else fp += 1; i += 1; }
    auc += ((fp - wrong) * (tp + before)) / 2;
    ap += (tp - before) * (tp / (tp + fp));
    roc.x.push(fp / (negatives || 1)); roc.y.push(tp / (positives || 1)); roc.threshold.push(at);
    pr.x.push(tp / (positives || 1)); pr.y.push(tp / (tp + fp)); pr.threshold.push(at);
  }
  return { roc, pr, auc: positives && negatives ? auc / (positives * negatives) : Number.NaN, ap: positives ? ap / positives : Number.NaN };
}

/** Bins of even width with Wilson's 95 % interval of the observed share. */
export function calibration({ score, hit }: Rated, count = 10): Bin[] {
  const bins = Array.from({ length: count }, () => ({ rows: 0, sum: 0, hits: 0 }));
  for (let i = 0; i < score.length; i += 1) {
    const bin = bins[Math.min(count - 1, Math.floor((score[i] ?? 0) * count))];
    if (!bin) continue;
    bin.rows += 1; bin.sum += score[i] ?? 0; bin.hits += hit[i] ?? 0;
  }
  return bins.flatMap(({ rows, sum, hits }, k) => {
    if (rows === 0) return [];
    const [p, z] = [hits / rows, 1.959964];
    const middle = (p + (z * z) / (2 * rows)) / (1 + (z * z) / rows);
    const half = (z / (1 + (z * z) / rows)) * Math.sqrt((p * (1 - p)) / rows + (z * z) / (4 * rows * rows));
    return [{ from: k / count, to: (k + 1) / count, rows, predicted: sum / rows, observed: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }];
  });
}
