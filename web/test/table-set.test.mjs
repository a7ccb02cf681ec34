// Figures and choices of the pages over a whole table, on data whose answer is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { calibration, callsAt, curves, probabilities, rate } from "../src/lib/performance.ts";
import { interacting, shadeOf, stack, ticksOf } from "../src/lib/set-plot.ts";

const score = [0.1, 0.4, 0.35, 0.8];
const truth = [0, 0, 1, 1];
const rated = rate(Float64Array.from(score.flatMap((p) => [1 - p, p])), 2, truth, 1);

test("area and average precision are those of scikit-learn's own example", () => {
  const { auc, ap, roc } = curves(rated);
  assert.equal(auc, 0.75);
  assert.ok(Math.abs(ap - 0.8333333333333333) < 1e-12);
  assert.deepEqual(roc.x, [0, 0, 0.5, 0.5, 1]);
  assert.deepEqual(roc.y, [0, 0.5, 0.5, 1, 1]);
});

test("ties are one step: equal scores tell nothing", () => {
  const { auc, roc } = curves(rate(Float64Array.from([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), 2, [0, 1, 1], 1));
  assert.equal(auc, 0.5);
  assert.equal(roc.x.length, 2);
});

test("the confusion of a threshold: what is above it is called", () => {
  assert.deepEqual(callsAt(rated, 0.35), { tp: 1, fp: 1, fn: 1, tn: 1 });
  assert.deepEqual(callsAt(rated, 0), { tp: 2, fp: 2, fn: 0, tn: 0 });
  assert.deepEqual(callsAt(rated, 1), { tp: 0, fp: 0, fn: 2, tn: 2 });
});

test("rows without truth are left out", () => {
  assert.equal(rate(Float64Array.from([0.2, 0.8, 0.4, 0.6]), 2, [Number.NaN, 1], 1).score.length, 1);
});

test("outputs become probabilities once", () => {
  assert.deepEqual([...probabilities([0], 1, 1, false).of], [0.5, 0.5]);
  assert.deepEqual([...probabilities([0.25], 1, 1, true).of], [0.75, 0.25]);
  const three = probabilities([1, 1, 1], 1, 3, false).of;
  assert.ok(three.every((p) => Math.abs(p - 1 / 3) < 1e-12));
});

test("a calibration bin holds its rows, and Wilson's interval holds its share", () => {
  const bins = calibration(rated, 2);
  assert.deepEqual(bins.map((bin) => bin.rows), [3, 1]);
  for (const bin of bins) assert.ok(bin.low <= bin.observed && bin.observed <= bin.high);
  // 1 of 3: Wilson's interval from tables.
  assert.ok(Math.abs(bins[0].low - 0.0615) < 5e-4 && Math.abs(bins[0].high - 0.7923) < 5e-4);
});

test("the colour is the feature that changes the effect, not one that merely exists", () => {
  const n = 600;
  let seed = 1;
  const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
  const [a, b, c] = Array.from({ length: 3 }, () => Float64Array.from({ length: n }, random));
  const effect = Float64Array.from({ length: n }, (_, i) => (a[i] - 0.5) * (b[i] - 0.5));
  assert.equal(interacting(effect, a, [a, b, c], 0), 1);
  assert.equal(interacting(effect, a, [a, c, b], 0), 2);
});

test("missing values and columns of many labels have no shade between low and high", () => {
  const grey = shadeOf([1, Number.NaN, 3], undefined);
  assert.ok(grey[0] < grey[2] && grey[1] > grey[2]);
  assert.equal(new Set(shadeOf([0, 1, 2], 3)).size, 1);
});

test("dots of one place are stacked inside their band", () => {
  const off = stack(new Float32Array(500).fill(10), 2, 12);
  assert.ok(off.every((y) => Math.abs(y) <= 12.5));
  assert.equal(new Set(off).size, 500);
});

test("ticks are round numbers inside the range", () => {
  assert.deepEqual(ticksOf(-0.3, 1.2, 4), [0, 0.5, 1]);
  assert.deepEqual(ticksOf(2, 2, 4), [2]);
});
