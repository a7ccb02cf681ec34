// What the projector's page computes itself: known answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { distances, nearest, sample, spherize } from "../src/lib/projection.ts";

/** Three clusters far apart in `width` dimensions. */
function clusters(n, width) {
  const values = new Float32Array(n * width);
  for (let i = 0; i < n; i += 1) for (let d = 0; d < width; d += 1) values[i * width + d] = (d === i % 3 ? 10 : 0) + ((i * 7919 + d * 31) % 97) / 97;
  return { n, width, values };
}

test("spherized points lie on the unit sphere", () => {
  const { values } = spherize(clusters(9, 4));
  for (let i = 0; i < 9; i += 1) assert.ok(Math.abs(Math.hypot(...values.subarray(i * 4, i * 4 + 4)) - 1) < 1e-5);
});

test("neighbours are the nearest, in both distances", () => {
  const points = { n: 4, width: 2, values: Float32Array.from([1, 0, 10, 0.1, 0, 1, 1.5, 1]) };
  assert.deepEqual(nearest(distances(points, 0, "cosine"), 0, 2), [1, 3]);
  assert.deepEqual(nearest(distances(points, 0, "euclidean"), 0, 2), [3, 2]);
  assert.deepEqual([...sample(10, 4)], [0, 2, 5, 7]);
});
