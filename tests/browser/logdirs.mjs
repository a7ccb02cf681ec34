// Folders of logs written here, byte by byte, for tests that need more than the demo has.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TABLE = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k += 1) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
const crc = (bytes) => { let c = 0xffffffff; for (const b of bytes) c = TABLE[(c ^ b) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
const masked = (bytes) => { const c = crc(bytes); return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0; };
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };
const varint = (n) => { const out = []; while (n > 127) { out.push((n & 127) | 128); n = Math.floor(n / 128); } out.push(n); return Buffer.from(out); };

/** A length-delimited field. */
export const field = (number, body) => { const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body); return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]); };
export const whole = (number, n) => Buffer.concat([varint(number << 3), varint(n)]);
const time = (n) => { const b = Buffer.alloc(9); b[0] = 9; b.writeDoubleLE(n, 1); return b; };

/** One framed record of an event. */
export function record(wall, ...fields) {
  const event = Buffer.concat([time(wall), ...fields]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(event.length));
  return Buffer.concat([length, u32(masked(length)), event, u32(masked(event))]);
}

export function eventFile(folder, ...records) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "events.out.tfevents.1700000000.host"), Buffer.concat([record(1_700_000_000, field(3, "brain.Event:2")), ...records]));
}

/** A `GraphDef` of `[name, op, ...inputs]`. */
export const graphDef = (nodes) => Buffer.concat(nodes.map(([name, op, ...inputs]) => field(1, Buffer.concat([field(1, name), field(2, op), ...inputs.map((input) => field(3, input)), field(4, "/device:CPU:0")]))));
