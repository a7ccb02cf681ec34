import assert from "node:assert/strict";
import { test } from "node:test";
import { ranks, shared, spearman, top } from "../src/lib/agreement.ts";

test("ranks: equal values share the mean of their ranks", () => {
  assert.deepEqual([...ranks([10, 20, 10, 5])], [1.5, 3, 1.5, 0]);
});

// scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) = 0.8207826816681233
test("spearman: as scipy has it, with ties", () => {
  assert.ok(Math.abs(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) - 0.8207826816681233) < 1e-12);
  assert.equal(spearman([1, 2, 3], [3, 2, 1]), -1);
  assert.ok(Number.isNaN(spearman([1, 1, 1], [1, 2, 3])));
  assert.throws(() => spearman([1], [1, 2]));
});

test("top and shared go by magnitude", () => {
  assert.deepEqual(top([0.1, -3, 2, 2], 3), [1, 2, 3]);
  assert.equal(shared([0.1, -3, 2, 0], [5, 4, 0, 0], 2), 1);
});
