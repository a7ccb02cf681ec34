import assert from "node:assert/strict";
import { test } from "node:test";
import { paramsKey } from "../src/lib/params-key.ts";

const cases = [
  [{}, ""],
  [{ occlusion: { window: 8, stride: 4 } }, "occlusion.stride:4,occlusion.window:8"],
  [{ saliency: { abs: false }, smoothgrad: { kind: "vargrad", noise: 0.25 } }, "saliency.abs:false,smoothgrad.kind:vargrad,smoothgrad.noise:0.25"],
  [{ grad_cam: { layer: "/a,b/Conv:0" } }, "grad_cam.layer:/a%2Cb/Conv:0"],
];

test("parameters survive the address, in one order", () => {
  for (const [value, text] of cases) {
    assert.equal(paramsKey.format(value), text);
    assert.deepEqual(paramsKey.parse(text), value);
  }
});

test("an address that is no parameter is not understood", () => {
  assert.equal(paramsKey.parse("window:8"), undefined);
  assert.equal(paramsKey.parse("a.b"), undefined);
});
