import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelector: () => null, getElementById: () => null, addEventListener: () => {}, hidden: false };
const { answer, asked, changesKey, classes, effects, output, pairs, sums, words } = await import("../src/lib/row.ts");

const column = (name, shape, values) => [name, { name, dtype: "f64", shape, values: Float64Array.from(values) }];
const run = (method, result, ...columns) => ({ method, result, columns: { meta: {}, columns: new Map(columns) } });
const table = { names: ["age", "housing"], kinds: ["integer", { category: ["own", "rent"] }] };

test("values are said as people say them", () => {
  assert.equal(words("integer", 56), "56");
  assert.equal(words("number", 5.4), "5.4");
  assert.equal(words("number", 0.0151), "0.0151");
  assert.equal(words("number", 26200), "26,200");
  assert.equal(words("number", -3.25), "−3.25");
  assert.equal(words({ category: ["own", "rent"] }, 1), "rent");
  assert.equal(words("number", Number.NaN), "missing");
  assert.equal(words("number", null), "missing");
});

test("edited values survive the address, with colons, commas and missing ones", () => {
  for (const changes of [{}, { "mean radius": 12.5 }, { "a,b:c": "x:y,z %", d: null }, { n: -1e-9 }]) {
    assert.deepEqual(changesKey.parse(changesKey.format(changes)), changes);
  }
  assert.equal(changesKey.parse("nonsense"), undefined);
});

test("effects carry names, labels and errors", () => {
  const one = run({ complete: true }, { columns: table, base: 0.5, target: 0, on: "logit", prediction: [1.75] },
    column("attribution", [1, 2], [1, 0.25]), column("input", [1, 2], [56, 1]), column("error", [1, 2], [0.1, 0.2]));
  assert.deepEqual(effects(one, undefined), [{ name: "age", value: 56, effect: 1, text: "56", error: 0.1 }, { name: "housing", value: 1, effect: 0.25, text: "rent", error: 0.2 }]);
  assert.equal(output(one), 1.75);
  assert.ok(sums(one));
  assert.equal(effects({ method: {}, columns: undefined }, table).length, 0);
});

test("interactions add up by feature, and a pair counts both halves", () => {
  const one = run({ complete: true }, { columns: table, base: 0 }, column("attribution", [1, 2, 2], [1, 0.5, 0.5, -2]), column("input", [1, 2], [3, 0]));
  assert.deepEqual(effects(one, undefined).map((e) => e.effect), [1.5, -1.5]);
  assert.deepEqual(pairs(one, 5), [{ a: "age", b: "housing", effect: 1 }]);
});

test("one probability speaks of two classes", () => {
  const p = { prediction: [-2], probability: [0.12], labels: ["default"], top: [0], classes: ["paid", "default"] };
  assert.deepEqual(classes(p), ["paid", "default"]);
  assert.equal(answer(p), "paid");
  assert.deepEqual(classes({ ...p, classes: undefined }), ["not default", "default"]);
  assert.equal(answer({ prediction: [3.5], probability: null, labels: ["0"], top: [0] }), "3.500");
});

test("what is asked unbidden: the default first, three beside it, examples; nothing that takes long", () => {
  const m = (name, more = {}) => ({ name, ...more });
  const all = ["kernel_shap", "permutation_shap", "lime_tabular", "feature_ablation", "anchors", "counterfactuals", "sampling_shap"].map((name) => m(name));
  assert.deepEqual(asked([...all, m("tree_shap", { default: "trees" })]), ["tree_shap", "kernel_shap", "permutation_shap", "lime_tabular", "counterfactuals", "anchors"]);
  assert.deepEqual(asked([m("kernel_shap", { default: "x" }), m("permutation_shap", { estimate: { seconds: 90 } }), m("anchors")]), ["kernel_shap", "anchors"]);
});
