/** Histograms as SVG paths. */
import type { Histogram } from "./types.ts";

export interface Outline { readonly line: string; readonly area: string }

/** The whole histogram, its range as wide as the box of `w` by `h`. */
export function areaPath(histogram: Histogram, w: number, h: number): Outline {
  const { edges, counts } = histogram;
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 1;
  const density = counts.map((count, i) => count / ((edges[i + 1] ?? 0) - (edges[i] ?? 0) || 1));
  const top = Math.max(1e-30, ...density);
  const x = (v: number): string => (((v - low) / (high - low || 1)) * w).toFixed(1);
  const points = density.map((d, i) => `${x(((edges[i] ?? 0) + (edges[i + 1] ?? 0)) / 2)} ${(h - (d / top) * (h - 1)).toFixed(1)}`);
  const line = `M0 ${h}L${points.join("L")}L${w} ${h}`;
  return { line, area: `${line}Z` };
}

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
 * The part between −4σ and +4σ about zero, so that the shapes of rows compare. A tensor of few
 * elements gets few bins: with a bin an element there is no shape to see.
 */
export function lanePath(histogram: Histogram, w: number, h: number): Outline {
  const reach = 4 * spread(histogram) || 1;
  const total = histogram.counts.reduce((a, b) => a + b, 0);
  const bins = Math.min(64, Math.max(12, Math.round(3 * Math.cbrt(total))));
  const width = (2 * reach) / bins;
  const filled = new Float64Array(bins);
  histogram.counts.forEach((count, i) => {
    if (count === 0) return;
    const from = ((histogram.edges[i] ?? 0) + reach) / width;
    const to = ((histogram.edges[i + 1] ?? 0) + reach) / width;
    for (let bin = Math.max(0, Math.floor(from)); bin <= Math.min(bins - 1, Math.floor(to)); bin += 1) {
      const inside = to > from ? (Math.min(to, bin + 1) - Math.max(from, bin)) / (to - from) : 1;
      filled[bin] = (filled[bin] ?? 0) + count * Math.max(0, inside);
    }
  });
  const top = Math.max(1e-30, ...filled);
  const points = [...filled].map((v, i) => `${(((i + 0.5) / bins) * w).toFixed(1)} ${(h - (v / top) * (h - 1)).toFixed(1)}`);
  const line = `M0 ${h}L${points.join("L")}L${w} ${h}`;
  return { line, area: `${line}Z` };
}
