import assert from "node:assert/strict";
import { test } from "node:test";
import { Mask } from "../src/lib/mask.ts";

test("the first pixel is the lowest bit of the first byte", () => {
  const mask = new Mask(5, 2);
  for (const i of [0, 2, 9]) mask.add(i);
  assert.deepEqual([...mask.bits], [0b101, 0b10]);
  assert.equal(mask.base64(), btoa("\x05\x02"));
  assert.equal(mask.count, 3);
});

test("a brush smaller than a pixel paints the pixel it is in", () => {
  const mask = new Mask(4, 4);
  mask.disc(2.9, 1.1, 0.2);
  assert.ok(mask.has(1 * 4 + 2));
  assert.equal(mask.count, 1);
  mask.disc(-3, 9, 0.5);
  assert.equal(mask.count, 1, "outside is nothing");
});

test("a stroke has no gaps", () => {
  const mask = new Mask(32, 4);
  mask.line(0.5, 1.5, 31.5, 1.5, 0.6);
  for (let x = 0; x < 32; x += 1) assert.ok(mask.has(32 + x), `column ${x}`);
});

test("the top share and all others are the whole picture", () => {
  const values = Float32Array.from([3, -1, 3, 0.5, 2, 9]);
  const top = Mask.top(values, 3, 2, 0.5);
  assert.deepEqual([0, 1, 2, 3, 4, 5].filter((i) => top.has(i)), [0, 2, 5]);
  const rest = Mask.top(values, 3, 2, 0.5, true);
  assert.deepEqual([0, 1, 2, 3, 4, 5].filter((i) => rest.has(i)), [1, 3, 4]);
});
