// TensorBoard event files, written by the rules of the format: for browser tests that need runs of their own.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function masked(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  c = (c ^ 0xffffffff) >>> 0;
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0;
}

function varint(n) {
  const out = [];
  let rest = BigInt.asUintN(64, BigInt(n));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(out);
}

const field = (number, bytes) => Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
const float = (value) => { const b = Buffer.alloc(4); b.writeFloatLE(value); return b; };
const double = (value) => { const b = Buffer.alloc(8); b.writeDoubleLE(value); return b; };

function framed(record) {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(record.length));
  head.writeUInt32LE(masked(head.subarray(0, 8)), 8);
  const foot = Buffer.alloc(4);
  foot.writeUInt32LE(masked(record));
  return Buffer.concat([head, record, foot]);
}

const scalar = (tag, value) => field(1, Buffer.concat([field(1, Buffer.from(tag)), Buffer.from([0x15]), float(value)]));
const event = (wall, step, summary) => framed(Buffer.concat([Buffer.from([0x09]), double(wall), Buffer.from([0x10]), varint(step), field(5, summary)]));

// The hyperparameters of a run, as SessionStartInfo in a summary's metadata.
function hparams(values) {
  const entries = Object.entries(values).map(([name, value]) => {
    const written = typeof value === "number" ? Buffer.concat([Buffer.from([0x11]), double(value)]) : field(3, Buffer.from(String(value)));
    return field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, written)]));
  });
  const content = field(3, Buffer.concat(entries));
  const plugin = field(1, Buffer.concat([field(1, Buffer.from("hparams")), field(2, content)]));
  return field(1, Buffer.concat([field(1, Buffer.from("_hparams_/session_start_info")), field(9, plugin)]));
}

/** Writes a run: `points` is [{step, wall, values: {tag: value}}]. */
export function writeRun(path, points, given) {
  const parts = [framed(Buffer.concat([Buffer.from([0x09]), double(points[0]?.wall ?? 1), field(3, Buffer.from("brain.Event:2"))]))];
  if (given) parts.push(event(points[0]?.wall ?? 1, 0, hparams(given)));
  for (const { step, wall, values } of points) {
    parts.push(event(wall, step, Buffer.concat(Object.entries(values).map(([tag, value]) => scalar(tag, value)))));
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat(parts));
}
