/** Scales, colours and layouts of the plots over all rows of a table. No DOM but the theme's. */
import { divDark, divLight, seqDark, seqLight } from "./colour.ts";
import { tick } from "./format.ts";

export interface Scale { (v: number): number; readonly low: number; readonly high: number; readonly ticks: readonly number[] }

/** Numbers that are easy to read, at most about `most`. */
export function ticksOf(low: number, high: number, most: number): number[] {
  const raw = (high - low) / Math.max(1, most);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw * 0.999) ?? 10);
  const out: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) out.push(Number((k * step).toPrecision(12)) + 0);
  return out;
}

export function linear(low: number, high: number, from: number, to: number, most = 5): Scale {
  const [a, b] = low < high ? [low, high] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  return Object.assign((v: number) => from + ((v - a) / (b - a)) * (to - from), { low: a, high: b, ticks: ticksOf(a, b, most) });
}

/** The least and the largest finite number. */
export function extentOf(...all: ArrayLike<number>[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of all) {
    for (let i = 0; i < values.length; i += 1) {
      const v = values[i] ?? Number.NaN;
      if (v < low && v > -Infinity) low = v;
      if (v > high && v < Infinity) high = v;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

export const padded = ([low, high]: readonly [number, number], by = 0.04): [number, number] => {
  const room = (high - low || Math.abs(high) || 1) * by;
  return [low - room, high + room];
};

export const isDark = (): boolean => {
  const set = document.documentElement.dataset["theme"];
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Colours a dot may have; `GREY` is for what has no place between low and high. */
export const SHADES = 48;
export const GREY = SHADES;

/** The signed colour of `t` (−1 to 1): `[r, g, b]`. */
export function signed(t: number, dark = isDark()): [number, number, number] {
  const table = dark ? divDark : divLight;
  const at = Math.round((Math.max(-1, Math.min(1, t)) * 0.5 + 0.5) * 255) * 3;
  return [table[at] ?? 0, table[at + 1] ?? 0, table[at + 2] ?? 0];
}

/** The colour of `t` (0 to 1) of what has no sign. */
export function sequential(t: number, dark = isDark()): string {
  const table = dark ? seqDark : seqLight;
  const at = Math.round(Math.max(0, Math.min(1, t)) * 255) * 3;
  return `rgb(${table[at] ?? 0} ${table[at + 1] ?? 0} ${table[at + 2] ?? 0})`;
}

/** The colours of dots from low to high: the palest middle of the signed scale is left out, or they would vanish. */
export function shades(): string[] {
  const dark = isDark();
  return Array.from({ length: SHADES }, (_, i) => {
    const t = (i + 0.5) / SHADES * 2 - 1;
    const [r, g, b] = signed(t < 0 ? t * 0.72 - 0.24 : t * 0.72 + 0.24, dark);
    return `rgb(${r} ${g} ${b})`;
  });
}

/** The place of each value between the 5th and 95th percentile, as a shade. */
export function shadeOf(values: ArrayLike<number>, labels: number | undefined): Uint8Array {
  const out = new Uint8Array(values.length).fill(GREY);
  if (labels !== undefined && labels > 2) return out;
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return out;
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  let [low, high] = [at(0.05), at(0.95)];
  if (low === high) [low, high] = [at(0), at(1)];
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i] ?? Number.NaN;
    if (Number.isFinite(v)) out[i] = low === high ? SHADES / 2 : Math.max(0, Math.min(SHADES - 1, Math.floor(((v - low) / (high - low)) * SHADES)));
  }
  return out;
}

/** Each label's place among the colours of runs. */
export function labelShade(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: values.length }, (_, i) => (Number.isFinite(values[i]) ? (values[i] ?? 0) % 12 : GREY));
}

/** Stacks dots of one band by how many are at the same place: the distance of each from the band's middle. */
export function stack(x: ArrayLike<number>, radius: number, room: number): Float32Array {
  const width = radius * 1.6;
  const [low, high] = extentOf(x);
  const first = Math.round(low / width);
  const bins = new Int32Array(Math.round(high / width) - first + 1);
  const place = new Int32Array(x.length);
  let most = 1;
  for (let i = 0; i < x.length; i += 1) {
    const bin = Math.round((x[i] ?? 0) / width) - first;
    const many = bins[bin] ?? 0;
    place[i] = many;
    bins[bin] = many + 1;
    if (many + 1 > most) most = many + 1;
  }
  const step = Math.min(radius * 1.7, (2 * room) / most);
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += 1) {
    const k = place[i] ?? 0;
    out[i] = (k % 2 === 0 ? 1 : -1) * Math.ceil(k / 2) * step;
  }
  return out;
}

/**
 * The feature whose values go best with the effect of `feature`, near each of its values: as SHAP's
 * `approximate_interactions`, the sum over windows of neighbours of |correlation|. −1: none.
 */
export function interacting(effect: ArrayLike<number>, value: ArrayLike<number>, others: readonly ArrayLike<number>[], feature: number): number {
  const order = Array.from({ length: value.length }, (_, i) => i).filter((i) => Number.isFinite(value[i])).sort((a, b) => (value[a] ?? 0) - (value[b] ?? 0) || a - b);
  const size = Math.max(Math.min(Math.floor(order.length / 10), 50), 1);
  let [best, most] = [-1, 0];
  for (const [j, other] of others.entries()) {
    if (j === feature) continue;
    let sum = 0;
    for (let from = 0; from < order.length; from += size) sum += Math.abs(correlation(effect, other, order, from, Math.min(order.length, from + size)));
    if (sum > most) [best, most] = [j, sum];
  }
  return best;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>, order: readonly number[], from: number, to: number): number {
  let [n, ma, mb, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  for (let k = from; k < to; k += 1) {
    const i = order[k] ?? 0;
    const [x, y] = [a[i] ?? Number.NaN, b[i] ?? Number.NaN];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    n += 1;
    const [dx, dy] = [x - ma, y - mb];
    ma += dx / n;
    mb += dy / n;
    aa += dx * (x - ma);
    bb += dy * (y - mb);
    ab += dx * (y - mb);
  }
  return aa > 1e-12 && bb > 1e-12 ? ab / Math.sqrt(aa * bb) : 0;
}

export const tickText = (v: number): string => tick(v);
