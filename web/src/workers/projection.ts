/** Own axes and neighbours, off the page's thread. */
import { distances, nearest, spherize, type Distance, type Points } from "../lib/projection.ts";

export interface Ask {
  readonly id: number; readonly kind: "axes" | "near"; readonly spherize?: boolean;
  /** Points at the low and the high end of each axis. */
  readonly axes?: readonly { readonly low: readonly number[]; readonly high: readonly number[] }[];
  readonly from?: number; readonly how?: Distance; readonly k?: number;
}

let original: Points = { n: 0, width: 0, values: new Float32Array() };
let round: Points | undefined;

/** Each point's place between what is at the ends of each axis. */
function onAxes(points: Points, axes: NonNullable<Ask["axes"]>): Float32Array {
  const at = new Float32Array(points.n * 3);
  for (const [d, axis] of axes.slice(0, 3).entries()) {
    const way = new Float64Array(points.width);
    for (const [list, sign] of [[axis.low, -1], [axis.high, 1]] as const) for (const i of list) for (let w = 0; w < points.width; w += 1) way[w] = (way[w] as number) + (sign * (points.values[i * points.width + w] as number)) / list.length;
    const size = Math.sqrt(way.reduce((sum, v) => sum + v * v, 0)) || 1;
    for (let i = 0; i < points.n; i += 1) {
      let sum = 0;
      for (let w = 0; w < points.width; w += 1) sum += (points.values[i * points.width + w] as number) * (way[w] as number);
      at[i * 3 + d] = sum / size;
    }
  }
  return at;
}

addEventListener("message", (event: MessageEvent<Ask | { readonly points: Points }>) => {
  const ask = event.data;
  if ("points" in ask) { original = ask.points; round = undefined; return; }
  const points = ask.spherize ? (round ??= spherize(original)) : original;
  if (ask.kind === "axes") { postMessage({ id: ask.id, at: onAxes(points, ask.axes ?? []) }); return; }
  const all = distances(points, ask.from ?? 0, ask.how ?? "cosine");
  const near = nearest(all, ask.from ?? 0, ask.k ?? 50);
  postMessage({ id: ask.id, near: near.map((i) => ({ i, far: all[i] as number })) });
});
