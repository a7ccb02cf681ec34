/** Where the outlines of histograms are: one behind the other along an axis, or all over each other. No pixels drawn here. */

export type Bin = readonly [left: number, right: number, count: number];

export interface At {
  readonly step: number;
  readonly wall: number;
  readonly bins: readonly Bin[];
}

/** Columns a histogram is drawn in: a writer's bins are exponentially narrow near zero. */
export const COLUMNS = 48;

/** Counts spread over equal columns of `low` to `high`, each bin by its share of a column. */
export function columnsOf(bins: readonly Bin[], low: number, high: number): Float64Array {
  const out = new Float64Array(COLUMNS);
  const wide = (high - low) / COLUMNS;
  for (const [left, right, n] of bins) {
    if (n <= 0 || !Number.isFinite(left) || !Number.isFinite(right)) continue;
    const first = Math.max(0, Math.min(COLUMNS - 1, Math.floor((left - low) / wide)));
    const last = Math.max(first, Math.min(COLUMNS - 1, Math.ceil((right - low) / wide) - 1));
    for (let i = first; i <= last; i += 1) {
      const share = right > left ? Math.max(0, Math.min(right, low + (i + 1) * wide) - Math.max(left, low + i * wide)) / (right - left) : 1;
      out[i] = (out[i] ?? 0) + n * share;
    }
  }
  return out;
}

/** From the left edge of the first bin that holds something to the right edge of the last, over all of them. */
export function rangeOf(all: readonly At[]): [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const { bins } of all) {
    for (const [left, right, n] of bins) {
      if (n <= 0 || !Number.isFinite(left) || !Number.isFinite(right)) continue;
      low = Math.min(low, left);
      high = Math.max(high, right);
    }
  }
  if (!Number.isFinite(low)) return undefined;
  return low === high ? [low - 1, high + 1] : [low, high];
}

export interface Box { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** One histogram's outline: its foot, and its height at each column. */
export interface Ridge {
  readonly at: At;
  /** 0 for the first on the axis, 1 for the last. */
  readonly age: number;
  readonly foot: number;
  readonly tops: Float64Array;
  /** The first and the last column that hold something; −1 where none does. */
  readonly from: number;
  readonly to: number;
}

export interface Ridges {
  readonly low: number;
  readonly high: number;
  readonly box: Box;
  readonly all: readonly Ridge[];
  x(value: number): number;
}

/** Lays them out in a box; `places` are where they are on the axis. */
export function ridges(all: readonly At[], places: ArrayLike<number>, box: Box, overlay: boolean): Ridges | undefined {
  const range = rangeOf(all);
  if (!range) return undefined;
  const [low, high] = range;
  const drawn = all.map(({ bins }) => columnsOf(bins, low, high));
  const peaks = drawn.map((column) => Math.max(...column));
  // One that is a single spike must not press the others flat: it is cut at four times what half of them reach.
  const dense = Math.max(1e-300, Math.min(Math.max(...peaks), 4 * ([...peaks].sort((x, y) => x - y)[peaks.length >> 1] ?? 1)));
  const [first, last] = [places[0] ?? 0, places[places.length - 1] ?? 0];
  const tall = box.bottom - box.top;
  // What lies at one place lies over one another; without any room between first and last, in order.
  const ages = all.map((_, i) => (all.length === 1 ? 1 : last > first ? Math.max(0, Math.min(1, ((places[i] ?? 0) - first) / (last - first))) : i / (all.length - 1)));
  // As high as the one with the least room above it allows; less spread where that is too low.
  const fit = (spread: number): number => Math.min(tall * (overlay ? 1 : 0.62), ...ages.map((age, i) => (tall - spread * (1 - age)) / Math.max(1e-9, Math.min(1, (peaks[i] ?? 0) / dense))));
  const spread = overlay ? 0 : tall * ([0.86, 0.78, 0.7].find((share) => fit(tall * share) >= tall * 0.5) ?? 0.6);
  const height = fit(spread);
  return {
    low,
    high,
    box,
    x: (value) => box.left + ((value - low) / (high - low)) * (box.right - box.left),
    all: all.map((at, i) => {
      const age = ages[i] ?? 1;
      const foot = box.bottom - spread * (1 - age);
      const column = drawn[i] ?? new Float64Array(COLUMNS);
      return {
        at,
        age,
        foot,
        tops: column.map((n) => foot - Math.min(1, n / dense) * height),
        from: column.findIndex((n) => n > 0),
        to: column.findLastIndex((n) => n > 0),
      };
    }),
  };
}

/** The height of an outline at a value. */
export function topAt({ low, high }: Ridges, ridge: Ridge, value: number): number {
  const wide = (high - low) / COLUMNS;
  const place = (value - low) / wide - 0.5;
  const [before, after] = [Math.floor(place), Math.floor(place) + 1];
  const [a, b] = [ridge.tops[before] ?? ridge.foot, ridge.tops[after] ?? ridge.foot];
  return a + (b - a) * (place - before);
}

/** The outline under a point: of those that cover it the one in front, else the nearest; −1 of none. */
export function ridgeUnder(of: Ridges, x: number, y: number): number {
  const value = of.low + ((x - of.box.left) / (of.box.right - of.box.left)) * (of.high - of.low);
  let [best, far] = [-1, Infinity];
  for (let i = of.all.length - 1; i >= 0; i -= 1) {
    const ridge = of.all[i];
    if (!ridge) continue;
    const top = topAt(of, ridge, value);
    // One that is flat here covers nothing.
    if (ridge.foot - top > 2 && y >= top - 1 && y <= ridge.foot + 1) return i;
    const away = Math.min(Math.abs(top - y), Math.abs(ridge.foot - y));
    if (away < far) [best, far] = [i, away];
  }
  return best;
}

/** The bin that holds a value; undefined between bins and beyond them. */
export function binAt(bins: readonly Bin[], value: number): Bin | undefined {
  const inside = ([left, right]: Bin): boolean => value >= left && (value < right || (left === right && value === left));
  return bins.find(inside) ?? (bins.at(-1)?.[1] === value ? bins.at(-1) : undefined);
}

/** The histogram whose step is nearest; −1 of none. */
export function nearestStep(all: readonly At[], step: number): number {
  let best = -1;
  for (const [i, at] of all.entries()) if (best < 0 || Math.abs(at.step - step) < Math.abs((all[best]?.step ?? 0) - step)) best = i;
  return best;
}
