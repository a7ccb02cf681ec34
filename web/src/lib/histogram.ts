/** Histograms as SVG paths. */
import type { Histogram } from "./types.ts";

export interface Outline { readonly line: string; readonly area: string }

/** Root mean square of the values: a σ about zero, so that a mean away from zero is seen as such. */
export function spread(histogram: Histogram): number {
  let sum = 0;
  let total = 0;
  histogram.counts.forEach((count, i) => {
    const middle = ((histogram.edges[i] ?? 0) + (histogram.edges[i + 1] ?? 0)) / 2;
    sum += count * middle * middle;
    total += count;
  });
  return Math.sqrt(sum / Math.max(1, total));
}

/**
 * The density between `low` and `high` at the middle of `bins` equal steps, smoothed as Silverman's
 * rule says: with few elements a bin each has no shape, with many next to nothing is smoothed.
 */
export function density(histogram: Histogram, low: number, high: number, bins: number): Float64Array {
  const width = (high - low) / bins || 1;
  const filled = new Float64Array(bins);
  let [total, sum, squares] = [0, 0, 0];
  histogram.counts.forEach((count, i) => {
    if (count === 0) return;
    const [left, right] = [histogram.edges[i] ?? 0, histogram.edges[i + 1] ?? 0];
    const middle = (left + right) / 2;
    total += count;
    sum += count * middle;
    squares += count * middle * middle;
    const [from, to] = [(left - low) / width, (right - low) / width];
    for (let bin = Math.max(0, Math.floor(from)); bin <= Math.min(bins - 1, Math.floor(to)); bin += 1) {
      const inside = to > from ? (Math.min(to, bin + 1) - Math.max(from, bin)) / (to - from) : 1;
      filled[bin] = (filled[bin] ?? 0) + count * Math.max(0, inside);
    }
  });
  const mean = sum / Math.max(1, total);
  const std = Math.sqrt(Math.max(0, squares / Math.max(1, total) - mean * mean));
  // In bins; never less than half of one, which also joins bins that are narrower in the file.
  const reach = Math.max(0.5, (0.9 * std * Math.max(1, total) ** -0.2) / width);
  const half = Math.min(bins, Math.ceil(3 * reach));
  const kernel = Float64Array.from({ length: 2 * half + 1 }, (_, k) => Math.exp(-0.5 * ((k - half) / reach) ** 2));
  return filled.map((_, at) => {
    let value = 0;
    let weight = 0;
    for (let k = Math.max(0, half - at); k <= 2 * half && at + k - half < bins; k += 1) {
      value += (filled[at + k - half] ?? 0) * (kernel[k] ?? 0);
    }
    for (const one of kernel) weight += one;
    return value / weight;
  });
}

/** The density from the smallest value to the largest, as wide as the box of `w` by `h`. */
export function shapePath(histogram: Histogram, w: number, h: number): Outline {
  const values = density(histogram, histogram.edges[0] ?? 0, histogram.edges.at(-1) ?? 1, 48);
  const top = Math.max(1e-30, ...values);
  const points = [...values].map((v, i) => `${(((i + 0.5) / 48) * w).toFixed(1)} ${(h - (v / top) * (h - 1)).toFixed(1)}`);
  const line = `M0 ${h}L${points.join("L")}L${w} ${h}`;
  return { line, area: `${line}Z` };
}

/** The part between −4σ and +4σ about zero, so that the shapes of rows compare. */
export function lanePath(histogram: Histogram, w: number, h: number): Outline {
  const reach = 4 * spread(histogram) || 1;
  const values = density(histogram, -reach, reach, 96);
  const top = Math.max(1e-30, ...values);
  const points = [...values].map((v, i) => `${(((i + 0.5) / 96) * w).toFixed(1)} ${(h - (v / top) * (h - 1)).toFixed(1)}`);
  const line = `M0 ${h}L${points.join("L")}L${w} ${h}`;
  return { line, area: `${line}Z` };
}

/** Steps of 1, 2 or 5 times a power of ten: about `count` of them between the ends. */
export function ticksOf(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const from = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - from + 1) }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}
