// Where outlines of histograms are, and what lies under a point.
import assert from "node:assert/strict";
import { test } from "node:test";
import { COLUMNS, binAt, columnsOf, nearestStep, ridgeUnder, ridges, topAt } from "../src/lib/ridges.ts";

const box = { left: 0, right: 480, top: 0, bottom: 200 };
const at = (step, bins) => ({ step, wall: 100 + step, bins });
const hill = (step, height) => at(step, [[-1, 0, 0], [0, 1, height], [1, 2, 4 * height], [2, 3, height], [3, 4, 0]]);

test("counts are spread over columns and none is lost", () => {
  const columns = columnsOf([[0, 1, 10], [1, 1.001, 5], [2, 2, 3]], 0, 4);
  assert.ok(Math.abs(columns.reduce((a, b) => a + b, 0) - 18) < 1e-9);
  assert.equal(columns.length, COLUMNS);
});

test("feet are where the axis says, shapes keep inside the box", () => {
  const all = [hill(0, 1), hill(10, 2), hill(100, 8)];
  const laid = ridges(all, [0, 10, 100], box, false);
  const share = (laid.all[1].foot - laid.all[0].foot) / (laid.all[2].foot - laid.all[0].foot);
  assert.ok(Math.abs(share - 0.1) < 1e-9);
  assert.equal(laid.all[2].foot, box.bottom);
  for (const { tops, foot } of laid.all) assert.ok(tops.every((top) => top >= box.top - 1e-6 && top <= foot));
  const over = ridges(all, [0, 10, 100], box, true);
  assert.ok(over.all.every(({ foot }) => foot === box.bottom));
  assert.ok(Math.abs(Math.min(...over.all[2].tops) - box.top) < 1e-6);
});

test("one spike does not press the others flat", () => {
  const all = [...Array.from({ length: 9 }, (_, i) => hill(i, 2)), at(9, [[0, 3, 0], [1, 1, 10_000]])];
  const laid = ridges(all, all.map((one) => one.step), box, true);
  assert.ok(box.bottom - Math.min(...laid.all[0].tops) > 20);
});

test("a point is in the outline that covers it, the one in front before the others", () => {
  const laid = ridges([hill(0, 4), hill(50, 4), hill(100, 4)], [0, 50, 100], box, false);
  const x = laid.x(1.5);
  assert.equal(ridgeUnder(laid, x, laid.all[2].foot - 5), 2);
  assert.equal(ridgeUnder(laid, x, topAt(laid, laid.all[1], 1.5) + 2), 1);
  // Where nothing is high, the nearest foot.
  assert.equal(ridgeUnder(laid, laid.x(0.02), laid.all[0].foot + 2), 0);
});

test("bins hold their left edge, the last one both", () => {
  const bins = [[0, 1, 5], [1, 1, 7], [2, 3, 9]];
  assert.deepEqual([binAt(bins, 0), binAt(bins, 1), binAt(bins, 3)], [bins[0], bins[1], bins[2]]);
  assert.deepEqual([binAt(bins, 1.5), binAt(bins, -1), binAt(bins, 4)], [undefined, undefined, undefined]);
});

test("the nearest step; without anything to draw there is nothing", () => {
  assert.equal(nearestStep([hill(0, 1), hill(10, 1), hill(30, 1)], 19), 1);
  assert.equal(nearestStep([], 3), -1);
  assert.equal(ridges([at(0, [])], [0], box, false), undefined);
  assert.equal(ridges([], [], box, false), undefined);
});
