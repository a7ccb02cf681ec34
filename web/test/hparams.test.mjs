// What the hparams page computes: filters, brushes in the address, groups.
import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, formatBrush, groupsOf, inside, parseBrush, parseFilter, scaleOf } from "../src/lib/hparams.ts";

const session = (name, hparams, acc) => ({ run: name, name, group: "", status: "success", started: null, ended: null, model: "", monitor: "", hparams, metrics: { acc: { last: acc, step: 1, min: acc, max: acc } } });
const all = {
  experiment: "e", name: "", description: "",
  hparams: [["lr", "number"], ["opt", "text"], ["seed", "number"]].map(([name, kind]) => ({ name, title: "", description: "", kind, differs: true, domain: null })),
  metrics: [{ name: "acc", title: "", description: "", goal: "max", shown: true }],
  sessions: [session("a", { lr: 0.001, opt: "adam", seed: 0 }, 0.9), session("b", { lr: 0.001, opt: "adam", seed: 1 }, 0.8), session("c", { lr: 0.1, opt: "sgd", seed: 0 }, 0.5)],
};
const columns = columnsOf(all);
const names = (filter) => all.sessions.filter(parseFilter(filter, columns, "last")).map((s) => s.name).join("");

test("filters are conditions on columns, or a pattern for the name", () => {
  assert.equal(names("lr < 1e-2"), "ab");
  assert.equal(names("lr < 1e-2, acc >= 0.9"), "a");
  assert.equal(names("opt = sgd"), "c");
  assert.equal(names("opt != sgd and seed = 1"), "b");
  assert.equal(names("opt ~ ^A"), "ab");
  assert.equal(names("[ac]"), "ac");
  assert.equal(names("["), "abc");
});

test("a brush survives the address", () => {
  for (const brush of [{ name: "l~r", from: 0.1, to: 2 }, { name: "acc", from: 0.5 }, { name: "opt", values: ["a|b", "c~"] }, { name: "run", pattern: "x~y" }]) assert.deepEqual(parseBrush(formatBrush(brush)), brush);
  assert.equal(parseBrush("lr~x~y"), undefined);
  assert.ok(inside(0.5, { name: "", from: 0.5 }) && !inside(undefined, { name: "", from: 0 }) && inside("b", { name: "", values: ["b"] }));
});

test("groups leave the seed out and have the sample deviation", () => {
  const metric = columns.find((c) => c.name === "acc");
  const [first, second] = groupsOf(all.sessions, "", columns, metric, "last");
  assert.equal(first.sessions.length, 2);
  assert.ok(Math.abs(first.mean - 0.85) < 1e-12 && Math.abs(first.std - Math.SQRT1_2 / 10) < 1e-12);
  assert.deepEqual([first.best, second.std], [0.9, 0]);
  assert.deepEqual(groupsOf(all.sessions, "opt", columns, metric, "last").map((g) => g.key), ["adam", "sgd"]);
  assert.equal(columns.find((c) => c.name === "seed").shown, false);
});

test("a scale is logarithmic over decades and inverts", () => {
  const lr = columns.find((c) => c.name === "lr");
  const scale = scaleOf(lr, [0.001, 0.1]);
  assert.ok(scale.log && Math.abs(scale.at(0.01) - 0.5) < 1e-9 && Math.abs(scale.invert(0.5) - 0.01) < 1e-12);
  assert.deepEqual(scaleOf(columns.find((c) => c.name === "opt"), ["b", "a", undefined]).categories, ["a", "b"]);
});
