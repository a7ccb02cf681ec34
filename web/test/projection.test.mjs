// The projector's mathematics: known answers, and the same bytes for the same seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { curve, distances, kept, nearest, pca, random, sample, spherize, tsne, umap } from "../src/lib/projection.ts";

/** Three clusters far apart in `width` dimensions. */
function clusters(n, width) {
  const next = random(3);
  const values = new Float32Array(n * width);
  for (let i = 0; i < n; i += 1) for (let d = 0; d < width; d += 1) values[i * width + d] = (d === i % 3 ? 10 : 0) + next() - 0.5;
  return { n, width, values };
}
const quiet = () => {};

test("PCA finds the direction that was put in, whichever way it goes through the points", () => {
  for (const width of [6, 450]) {
    const next = random(5);
    const n = 200;
    const values = new Float32Array(n * width);
    for (let i = 0; i < n; i += 1) {
      const [a, b] = [next() - 0.5, next() - 0.5];
      for (let d = 0; d < width; d += 1) values[i * width + d] = 3 + (d === 1 ? 8 * a : d === 2 ? 2 * b : 0) + (next() - 0.5) * 1e-3;
    }
    const { scores, count, variance } = pca({ n, width, values }, 3);
    assert.ok(variance[0] > 0.9 && variance[1] > 0.03 && variance[2] < 0.01, `${width}: ${variance}`);
    let [xy, xx, yy] = [0, 0, 0];
    for (let i = 0; i < n; i += 1) { const [x, y] = [scores[i * count], values[i * width + 1] - 3]; xy += x * y; xx += x * x; yy += y * y; }
    assert.ok(Math.abs(xy) / Math.sqrt(xx * yy) > 0.98, `${width}: ${xy / Math.sqrt(xx * yy)}`);
    assert.deepEqual(pca({ n, width, values }, 3).scores, scores);
  }
});

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

test("t-SNE and UMAP keep clusters together, and the same seed gives the same bytes", () => {
  const points = clusters(90, 8);
  const runs = { tsne: () => tsne(points, { perplexity: 10, dims: 3, seed: 1, rounds: 250 }, quiet), umap: () => umap(points, { neighbours: 10, minimum: 0.1, dims: 3, seed: 1, epochs: 100 }, quiet) };
  for (const [name, run] of Object.entries(runs)) {
    const at = Float32Array.from(run());
    assert.ok(at.every(Number.isFinite), name);
    let same = 0;
    for (let i = 0; i < 90; i += 1) for (const j of nearest(distances({ n: 90, width: 3, values: at }, i, "euclidean"), i, 5)) same += Number(i % 3 === j % 3);
    assert.ok(same / 450 > 0.98, `${name}: ${same} of 450`);
    assert.deepEqual(Float32Array.from(run()), at, name);
    assert.ok(kept(points, at, 3, 10, 30) > 2, name);
  }
});

test("UMAP's curve is the one of the paper's code", () => {
  const [a, b] = curve(0.1);
  assert.ok(Math.abs(a - 1.577) < 0.06 && Math.abs(b - 0.895) < 0.03, `${a} ${b}`);
});
