/** What a chart says of a place: the value of each line there, in words. */
import { board } from "./board.ts";
import { axis, runName } from "./card.ts";
import { clockTime, duration, integer, value } from "./format.ts";
import type { Line } from "./plot-scale.ts";
import { nearest } from "./scalars.ts";

/** The value of a line at a place. */
export interface Found {
  readonly line: Line;
  readonly at: number;
  readonly shown: number;
  readonly raw: number;
}

/** What is no number comes last, whichever way. */
const order = (a: number, b: number): number => (Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b || 0);

/** The value of each line at `x`, in the order the reader chose; `far` is how far a value is from the pointer. */
export function valuesAt(lines: readonly Line[], x: number, far: (value: number) => number): Found[] {
  const { s, ts } = board.state.values;
  const found = lines
    .map((line) => {
      const { series } = line;
      const at = nearest(series.x, x, series.ordered);
      const raw = series.y[at] ?? Number.NaN;
      return { line, at, raw, shown: s > 0 ? (series.smooth[at] ?? raw) : raw };
    })
    .filter((one) => one.at >= 0);
  switch (ts) {
    case "default": return found;
    case "asc": return found.sort((a, b) => order(a.shown, b.shown));
    case "nearest": return found.sort((a, b) => order(far(a.shown), far(b.shown)) || order(-a.shown, -b.shown));
    default: return found.sort((a, b) => order(-a.shown, -b.shown));
  }
}

/** The run or group; where a chart has several tags, the tag too. */
export function lineName({ series }: Line, several: boolean): string {
  const name = runName(series.run);
  return several ? `${name} · ${series.tag}` : name;
}

/** Smoothed and raw; of a group mean, spread and how many runs. */
export function written({ line, at, shown, raw }: Found): string {
  const { band } = line.series;
  const both = board.state.values.s > 0 ? `${value(shown)}  (${value(raw)})` : value(raw);
  return band ? `${both} ± ${value(band.std[at], 3)}  n=${band.count[at] ?? 0}` : both;
}

/** Where it is, on the axis there is. */
export function headAt({ line: { series }, at }: Found): string {
  const step = `step ${integer(series.step[at] ?? 0)}`;
  const x = series.x[at] ?? 0;
  switch (axis()) {
    case "wall": return `${clockTime(x)}, ${step}`;
    case "relative": return `${duration(x)}, ${step}`;
    case "metric": return `${board.state.values.x.slice(2)} ${value(x)}, ${step}`;
    default: return step;
  }
}
