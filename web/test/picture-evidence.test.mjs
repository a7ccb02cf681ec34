import assert from "node:assert/strict";
import { test } from "node:test";
import { beside, headSentences, linesOf, mostPasses, mprtPoints, overall, setSizes, standsOut, strips, verdict } from "../src/lib/picture-evidence.ts";

const score = (value, random, beaten) => ({ value, inverted: null, random, beaten });

test("scores of one measurement share an axis that holds zero", () => {
  const [a, b] = strips([score(0.8, [0.1, 0.3, 0.2], 3), score(-0.2, [-0.1, 0.2], 0)]);
  const near = (x, y) => assert.ok(Math.abs(x - y) < 1e-12, `${x} and ${y}`);
  near(a.at, 1);
  near(b.at, 0);
  near(a.low, 0.3);
  near(a.high, 0.5);
  near(a.median, 0.4);
  assert.deepEqual([a.rank, a.of], [1, 4], "it beats all three, so it is the first of four");
  assert.deepEqual([b.rank, b.of], [3, 3], "below all of them");
  const [c] = strips([score(0.2, [0.1, 0.3], 1)]);
  near(c.low, 1 / 3);
});

test("a score without a value or without moved maps has no place", () => {
  assert.deepEqual(strips([score(null, [1, 2], 0), score(1, [], 0)]), [undefined, undefined]);
  const [flat] = strips([score(0, [0, 0], 0)]);
  assert.deepEqual([flat.at, flat.low, flat.high], [0, 0, 0]);
  assert.equal(beside(score(1, [], 0)), "");
  assert.equal(beside(score(1, [0.4, null, 0.1, 0.3], 3)), "moved maps: median 0.300, from 0.100 to 0.400");
});

test("where baselines disagree, it is said", () => {
  const claim = (measurement, verdict) => ({ measurement, verdict, beaten: [1], of: [6] });
  const claims = [claim("pixel_flipping", "holds"), claim("irof", "depends_on_the_baseline"), claim("road", "depends_on_the_baseline")];
  assert.deepEqual(verdict(claims, "irof"), ["depends on the baseline", "chip-warn"]);
  assert.deepEqual(verdict(claims, "road"), ["depends on the share", "chip-warn"], "ROAD has no baseline");
  assert.equal(verdict(claims, "sensitivity_n"), undefined);
  assert.match(overall(claims)[0], /Depends on the baseline/);
  assert.match(overall([claims[0], claims[2]])[0], /every baseline/, "ROAD does not speak of baselines");
  assert.match(overall([claim("irof", "not_shown")])[0], /Not set apart/);
  assert.match(overall([claim("irof", "not_shown"), claims[0]])[0], /measurement/);
  assert.equal(overall([]), undefined);
});

test("lines and sizes are those that were measured", () => {
  const under = [
    { baseline: "zeros", sensitivity_n: [{ size: 16, correlation: score(1, [], 0) }, { size: 4, correlation: score(1, [], 0) }], irof: { gap: score(0.5, [0.1], 1) } },
    { baseline: "mean", sensitivity_n: [], irof: null },
  ];
  assert.deepEqual(linesOf(under, (u) => u.irof?.gap).map((line) => line.name), ["zeros"]);
  assert.deepEqual(setSizes(under), [4, 16]);
});

test("the passes of everything are an upper bound that grows with the method", () => {
  // By hand, 28 x 28: curves 2 * 101 * 20; per baseline 3 * (2 + 2 * 21 * 9) + 3 * 101 + 22; ROAD 3 * 2 * 21; shuffled models 99.
  assert.equal(mostPasses(28 * 28, 1), 1 + 4040 + 4 * (1140 + 303 + 22) + 126 + 99);
  assert.ok(mostPasses(28 * 28, 10_000) <= 10_000 + 4040 + 4 * 1465 + 126 + 50_000);
  assert.ok(mostPasses(224 * 224, 1) < mostPasses(28 * 28, 1), "large pictures have fewer comparisons");
});

test("the curve of shuffled layers begins with the trained model and leaves out what has no order", () => {
  assert.deepEqual(mprtPoints([1, 3, 5], [0.5, null, 0.1]), [{ layers: 0, value: 1 }, { layers: 1, value: 0.5 }, { layers: 5, value: 0.1 }]);
});

test("nine in ten moved maps must be beaten to stand out", () => {
  const of = (beaten, count) => standsOut(score(1, Array(count).fill(0), beaten));
  assert.deepEqual([of(9, 10), of(8, 10), of(18, 20), of(17, 20), of(5, 6), of(6, 6), of(0, 0)], [true, false, true, false, false, true, false]);
});

test("what the baselines disagree about is said first, and the rest is folded away", () => {
  const warn = (n) => `The baselines disagree: ${n}`;
  assert.deepEqual(headSentences(["a", "b", warn(1), "c", warn(2)]), [[warn(1), warn(2)], ["a", "b", "c"]]);
  assert.deepEqual(headSentences(["a", "b", warn(1)]), [[warn(1), "a", "b"], []]);
  assert.deepEqual(headSentences(["a", "b", "c", "d"]), [["a", "b"], ["c", "d"]]);
  assert.deepEqual(headSentences([]), [[], []]);
});
