// Sentences: which tokens are shown, how they are written, what a head's matrix is called.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelector: () => null, getElementById: () => null, addEventListener: () => {}, hidden: false };
const { head, maps, matrix, pattern, placed, tokenEffects } = await import("../src/lib/sentence.ts");

const token = (text, from, to, special = false) => ({ id: 1, token: text, from, to, special, unknown: false, word: 0 });
const encoded = [token("[CLS]", 0, 0, true), token("très", 0, 4), token("un", 5, 7), token("##stable", 7, 13), token("[SEP]", 0, 0, true), token("[PAD]", 0, 0, true), token("[PAD]", 0, 0, true)];

test("padding is left out, marks where they are not wanted, and tokens are written as in the sentence", () => {
  const shown = (marks) => placed(encoded, "Très unstable", marks).map((one) => `${one.at}:${one.text}`);
  assert.deepEqual(shown(true), ["0:[CLS]", "1:Très", "2:un", "3:stable", "4:[SEP]"]);
  assert.deepEqual(shown(false), ["1:Très", "2:un", "3:stable"]);
});

test("effects are those of the places of their tokens", () => {
  const values = Float32Array.from([9, 1, -2, 3, 9, 9, 9]);
  const run = { result: { tokens: encoded, sentence: "Très unstable" }, columns: { meta: {}, columns: new Map([["attribution", { shape: [7], values }]]) } };
  assert.deepEqual(tokenEffects(run).map(({ name, effect }) => [name, effect]), [["Très", 1], ["un", -2], ["stable", 3]]);
});

test("a head's matrix is cut out of all of them and named for what it does", () => {
  const shown = placed(encoded, "Très unstable", false);
  const values = Float32Array.from({ length: 2 * 2 * 7 * 7 }, (_, i) => i);
  const all = maps({ columns: { columns: new Map([["attention", { shape: [2, 2, 7, 7], values }]]) } });
  assert.deepEqual(matrix(all.values, head(all, 1, 0), all.tokens, shown)[0], [98 + 8, 98 + 9, 98 + 10]);
  assert.equal(pattern([[1, 0, 0], [0, 1, 0], [0, 0, 1]], shown), "same token");
  assert.equal(pattern([[1, 0, 0], [1, 0, 0], [0, 1, 0]], shown).startsWith("previous") || pattern([[1, 0, 0], [1, 0, 0], [0, 1, 0]], shown).startsWith("to"), true);
  assert.equal(pattern([[0, 1, 0], [0, 1, 0], [0, 1, 0]], shown), "to “un”");
  assert.equal(pattern([[1 / 3, 1 / 3, 1 / 3], [1 / 3, 1 / 3, 1 / 3], [1 / 3, 1 / 3, 1 / 3]], shown), "broad");
});
