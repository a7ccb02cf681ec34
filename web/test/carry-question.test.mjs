import assert from "node:assert/strict";
import { test } from "node:test";
import { carried } from "../src/lib/carry-question.ts";

test("what was asked goes along, how it is looked at does not", () => {
  assert.equal(carried("/explain/a/b/metrics", "?m=rise&op=60&lay=grid&row=2"), "/explain/a/b/metrics?m=rise&row=2");
  assert.equal(carried("/explain/a/b/metrics?checkpoint=7&row=1", "?row=3"), "/explain/a/b/metrics?checkpoint=7&row=3");
  assert.equal(carried("/explain/a/b/activations", "?op=60"), "/explain/a/b/activations");
});
