// Runs with histograms, precision-recall curves and a layout of charts, written byte by byte.
import { join } from "node:path";
import { eventFile, field, record, whole } from "./logdirs.mjs";

const START = 1_700_000_000;
const double = (number, n) => { const b = Buffer.alloc(9); b[0] = (number << 3) | 1; b.writeDoubleLE(n, 1); return b; };
const doubles = (numbers) => { const b = Buffer.alloc(8 * numbers.length); numbers.forEach((n, i) => b.writeDoubleLE(n, 8 * i)); return b; };
const floats = (numbers) => { const b = Buffer.alloc(4 * numbers.length); numbers.forEach((n, i) => b.writeFloatLE(n, 4 * i)); return b; };
const plugin = (name) => field(9, field(1, field(1, name)));

/** An event of some values, `step` seconds times ten after the start. */
export const event = (step, ...values) => record(START + 10 * step, whole(2, step), field(5, Buffer.concat(values.map((value) => field(1, value)))));

export function scalar(tag, value) {
  const b = Buffer.alloc(5);
  b[0] = (2 << 3) | 5;
  b.writeFloatLE(value, 1);
  return Buffer.concat([field(1, tag), b]);
}

/** Counts between edges, as `HistogramProto`. */
export function histogram(tag, edges, counts) {
  const total = counts.reduce((a, b) => a + b, 0);
  const message = Buffer.concat([double(1, edges[0]), double(2, edges.at(-1)), double(3, total), field(6, doubles(edges.slice(1))), field(7, doubles(counts))]);
  return Buffer.concat([field(1, tag), field(5, message)]);
}

/** Rows of true positives, false positives, true negatives, false negatives, precision and recall. */
export function prCurve(tag, rows) {
  const dim = (size) => field(2, whole(1, size));
  const tensor = Buffer.concat([whole(1, 1), field(2, Buffer.concat([dim(6), dim(rows[0].length)])), field(4, floats(rows.flat()))]);
  return Buffer.concat([field(1, tag), field(8, tensor), plugin("pr_curves")]);
}

/** `[title, closed, [chart..]]` a category; a chart is `[title, [expression..]]` or `[title, [[value, lower, upper]..]]`. */
export function layout(categories) {
  const chart = ([title, content]) => {
    const margins = Array.isArray(content[0]);
    const inner = content.map((one) => field(1, margins ? Buffer.concat(one.map((tag, i) => field(i + 1, tag))) : one));
    return field(2, Buffer.concat([field(1, title), field(margins ? 3 : 2, Buffer.concat(inner))]));
  };
  const message = Buffer.concat(categories.map(([title, closed, charts]) => field(2, Buffer.concat([field(1, title), ...charts.map(chart), ...(closed ? [whole(3, 1)] : [])]))));
  const tensor = Buffer.concat([whole(1, 7), field(2, Buffer.alloc(0)), field(8, message)]);
  return Buffer.concat([field(1, "custom_scalars__config__"), field(8, tensor), plugin("custom_scalars")]);
}

/** What a classifier of this sharpness has at eleven thresholds over fifty positives and fifty negatives. */
function rows(sharp) {
  const at = Array.from({ length: 11 }, (_, i) => i / 10);
  const tp = at.map((t) => Math.round(50 * (1 - t ** (1 + 3 * sharp))));
  const fp = at.map((t) => Math.round(50 * (1 - t) ** (1 + 3 * sharp)));
  const called = (i) => tp[i] + fp[i];
  return [tp, fp, fp.map((n) => 50 - n), tp.map((n) => 50 - n), tp.map((n, i) => (called(i) ? n / called(i) : 0)), tp.map((n) => n / 50)];
}

const LAYOUT = [
  ["quality", false, [["losses", ["loss/(train|val)"]], ["accuracy", [["acc/mean", "acc/low", "acc/high"]]]]],
  ["odd", true, [["broken", ["loss(", "nothing/.*"]]]],
];

/** Two runs below `folder`, of forty scalars a tag, ten histograms a tag and five curves a tag. */
export function curveLogs(folder) {
  for (const [r, name] of ["resnet-a", "resnet-b"].entries()) {
    const records = r === 0 ? [event(0, layout(LAYOUT))] : [];
    for (let step = 0; step < 40; step += 1) {
      const loss = Math.exp(-step / 12) + 0.1 * r + 0.02 * Math.sin(3 * step);
      const mean = 0.9 - 0.6 * Math.exp(-step / (9 + 4 * r));
      records.push(event(step, scalar("loss/train", loss), scalar("loss/val", loss + 0.1), scalar("acc/mean", mean), scalar("acc/low", mean - 0.1), scalar("acc/high", mean + 0.05)));
      if (step % 4 === 0) {
        const width = 0.5 + step / 20;
        const edges = Array.from({ length: 21 }, (_, i) => width * (i / 10 - 1));
        const counts = Array.from({ length: 20 }, (_, i) => Math.round(200 * Math.exp(-(((i - 9.5) / 4) ** 2))));
        records.push(event(step, histogram("layer1/weight", edges, counts), histogram("layer2/weight", edges.map((edge) => edge + 0.02 * step), counts)));
      }
      if (step % 8 === 0) records.push(event(step, prCurve("val/cat", rows(0.2 + r * 0.2 + step / 60)), prCurve("val/dog", rows(0.1 + r * 0.3 + step / 90))));
    }
    eventFile(join(folder, name), ...records);
  }
}
