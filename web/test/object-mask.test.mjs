import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { Mask } from "../src/lib/mask.ts";
import { isPng, recall, remember, toBase64, toPng } from "../src/lib/object-mask.ts";

/** Pixels of a PNG of one bit a pixel, read by other code than wrote it. */
function read(png) {
  const bytes = Buffer.from(png);
  const data = [];
  let head;
  for (let at = 8; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const name = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (zlib.crc32) assert.equal(bytes.readUInt32BE(at + 8 + size), zlib.crc32(bytes.subarray(at + 4, at + 8 + size)), `checksum of ${name}`);
    if (name === "IHDR") head = { width: body.readUInt32BE(0), height: body.readUInt32BE(4), depth: body[8], colour: body[9] };
    if (name === "IDAT") data.push(body);
    at += 12 + size;
  }
  const raw = zlib.inflateSync(Buffer.concat(data));
  const line = Math.ceil(head.width / 8) + 1;
  const pixels = Array.from({ length: head.width * head.height }, (_, i) => (raw[Math.floor(i / head.width) * line + 1 + ((i % head.width) >> 3)] >> (7 - ((i % head.width) & 7))) & 1);
  return { ...head, pixels };
}

for (const [width, height] of [[5, 3], [8, 2], [28, 28], [1000, 900]]) {
  test(`a painted mask of ${width} × ${height} is read back from its PNG`, () => {
    const mask = new Mask(width, height);
    for (let i = 0; i < width * height; i += 1) if ((i * 7919) % 5 < 2) mask.add(i);
    const png = toPng(mask);
    assert.ok(isPng(png));
    const found = read(png);
    assert.deepEqual([found.width, found.height, found.depth, found.colour], [width, height, 1, 0]);
    assert.deepEqual(found.pixels, Array.from({ length: width * height }, (_, i) => Number(mask.has(i))));
    assert.deepEqual(Buffer.from(toBase64(png), "base64"), Buffer.from(png));
  });
}

test("a mask belongs to one row of one input, and can be forgotten", () => {
  const kept = new Map();
  globalThis.sessionStorage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k) };
  assert.ok(remember("digit", 0, { png: "AA==", what: "painted" }));
  assert.deepEqual(recall("digit", 0), { png: "AA==", what: "painted" });
  assert.equal(recall("digit", 1), undefined);
  assert.equal(recall("other", 0), undefined);
  remember("digit", 0, undefined);
  assert.equal(recall("digit", 0), undefined);
  kept.set("glassboard-object:digit:0", "{not json");
  assert.equal(recall("digit", 0), undefined, "what is broken is no mask");
  globalThis.sessionStorage = { setItem: () => { throw new Error("full"); } };
  assert.equal(remember("digit", 0, { png: "AA==", what: "painted" }), false);
});
