/** What a line chart shows of its numbers: ranges and ticks. No pixels here. */
import type { Slot } from "./palette.ts";
import type { Series } from "./scalars.ts";

export interface Line {
  readonly series: Series;
  readonly slot: Slot | undefined;
  /** Beside the run's own dash: which of several tags it is. */
  readonly dash: number;
}

export interface Scene {
  readonly lines: readonly Line[];
  readonly smoothed: boolean;
  readonly log: boolean;
  readonly logX: boolean;
  readonly axis: "step" | "relative" | "wall" | "metric";
  readonly window: readonly [number, number] | null;
  readonly selected: readonly [number, number] | null;
  readonly ignoreOutliers: boolean;
  readonly ends: boolean;
  readonly band: "both" | "std" | "minmax" | "none" | "runs";
  /** Where runs went wrong. */
  readonly faults: readonly { readonly x: number; readonly slot: Slot | undefined }[];
}

/** Every column whose extremes must be inside the range. */
function* drawn(scene: Scene): Generator<{ series: Series; at: (i: number) => number }> {
  for (const { series } of scene.lines) {
    const { y, smooth, band } = series;
    yield { series, at: (i) => y[i] ?? Number.NaN };
    if (scene.smoothed) yield { series, at: (i) => smooth[i] ?? Number.NaN };
    if (!band) continue;
    if (scene.band === "both" || scene.band === "std") {
      yield { series, at: (i) => (y[i] ?? Number.NaN) - (band.std[i] ?? 0) };
      yield { series, at: (i) => (y[i] ?? Number.NaN) + (band.std[i] ?? 0) };
    }
    if (scene.band === "both" || scene.band === "minmax") {
      yield { series, at: (i) => band.min[i] ?? Number.NaN };
      yield { series, at: (i) => band.max[i] ?? Number.NaN };
    }
  }
}

/** The most values that are sorted to find outliers; of more, every n-th. */
const SORTED = 60_000;

/** The range of all finite values drawn, padded; logarithmic ranges keep to what is above zero. */
export function yRange(scene: Scene): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  let count = 0;
  const each = (take: (v: number) => void): void => {
    for (const { series, at } of drawn(scene)) {
      for (let i = 0; i < series.x.length; i += 1) {
        const v = at(i);
        if (!Number.isFinite(v) || (scene.log && v <= 0)) continue;
        const x = series.x[i] ?? 0;
        if (scene.window && (x < scene.window[0] || x > scene.window[1])) continue;
        take(v);
      }
    }
  };
  each((v) => { if (v < low) low = v; if (v > high) high = v; count += 1; });
  if (count === 0) return scene.log ? [0.1, 10] : [0, 1];
  if (scene.ignoreOutliers && count > 20) {
    const every = Math.ceil(count / SORTED);
    const values = new Float64Array(Math.ceil(count / every));
    let seen = 0;
    each((v) => { if (seen % every === 0) values[seen / every] = v; seen += 1; });
    values.sort();
    low = values[Math.floor(values.length * 0.05)] ?? 0;
    high = values[Math.ceil(values.length * 0.95) - 1] ?? 1;
  }
  if (scene.log) return low === high ? [low / 2, high * 2] : [low / 1.12, high * 1.12];
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

export function xRange(scene: Scene): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  if (scene.window) [low, high] = scene.window;
  if (!scene.window || (scene.logX && low <= 0)) {
    const top = scene.window?.[1];
    low = Infinity;
    for (const { series } of scene.lines) {
      const ends = series.ordered && !scene.logX ? [series.x[0] ?? Infinity, series.x[series.x.length - 1] ?? -Infinity] : series.x;
      for (const x of ends) {
        if (!Number.isFinite(x) || (scene.logX && x <= 0)) continue;
        if (x < low) low = x;
        if (top === undefined && x > high) high = x;
      }
    }
  }
  if (!Number.isFinite(low)) return scene.logX ? [1, 10] : [0, 1];
  if (low < high) return [low, high];
  return scene.logX ? [low / 2, low * 2] : [low - 1, low + 1];
}

/** Ticks of a logarithmic axis: 1, 2, 5 under 2.2 decades, else powers of ten, thinned to about `wanted`. */
export function logTicks(low: number, high: number, wanted: number): number[] {
  if (!(low > 0 && high > low)) return [];
  const decades = Math.log10(high / low);
  const times = decades < 2.2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, wanted)));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    if (power % every !== 0) continue;
    for (const n of times) {
      const tick = Number(`${n}e${power}`);
      if (tick >= low * 0.999999 && tick <= high * 1.000001) ticks.push(tick);
    }
  }
  if (ticks.length >= 2) return ticks;
  // Less than one step of 1-2-5 is in sight: plain steps tell more.
  const step = 10 ** Math.floor(Math.log10((high - low) / 2));
  const first = Math.ceil(low / step);
  const many = Math.floor(high / step) - first + 1;
  const by = Math.ceil(many / Math.max(1, wanted));
  return Array.from({ length: Math.ceil(many / by) }, (_, i) => Number(((first + i * by) * step).toPrecision(12)));
}
