/**
 * Where somebody says the object of a picture is: painted, or a file. It is kept for this input in the session of the
 * browser's tab, always as a PNG, so that the same mask is the same question.
 */
import type { Mask } from "./mask.ts";

export interface ObjectMask {
  /** PNG in base64: white is the object. */
  readonly png: string;
  /** What people are told about it. */
  readonly what: string;
}

/** A file larger than this does not fit beside others in the tab's storage. */
export const LARGEST = 1_000_000;

const key = (input: string, row: number): string => `glassboard-object:${input}:${row}`;

export function recall(input: string, row: number): ObjectMask | undefined {
  try {
    const held = JSON.parse(sessionStorage.getItem(key(input, row)) ?? "null") as Partial<ObjectMask> | null;
    return typeof held?.png === "string" && typeof held.what === "string" ? { png: held.png, what: held.what } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a mask, or forgets it; false where the browser keeps nothing. */
export function remember(input: string, row: number, mask: ObjectMask | undefined): boolean {
  try {
    if (mask) sessionStorage.setItem(key(input, row), JSON.stringify(mask));
    else sessionStorage.removeItem(key(input, row));
    return true;
  } catch {
    return false;
  }
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

const big = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

function chunk(name: string, data: readonly number[]): number[] {
  const body = [...name].map((letter) => letter.charCodeAt(0)).concat(data);
  return [...big(data.length), ...body, ...big(crc32(Uint8Array.from(body)))];
}

/**
 * A mask as a PNG of one bit a pixel, stored without compression: a canvas writes other bytes in other browsers, and
 * noise in those that guard against being recognised.
 */
export function toPng(mask: Mask): Uint8Array {
  const { width, height } = mask;
  const line = Math.ceil(width / 8);
  const raw = new Uint8Array(height * (line + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) if (mask.has(y * width + x)) { const at = y * (line + 1) + 1 + (x >> 3); raw[at] = (raw[at] ?? 0) | (0x80 >> (x & 7)); }
  }
  const stream = [0x78, 0x01];
  for (let i = 0; i < raw.length; i += 0xffff) {
    const block = raw.subarray(i, i + 0xffff);
    const size = block.length;
    stream.push(i + size >= raw.length ? 1 : 0, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255);
    for (const byte of block) stream.push(byte);
  }
  stream.push(...big(adler32(raw)));
  return Uint8Array.from([...SIGNATURE, ...chunk("IHDR", [...big(width), ...big(height), 1, 0, 0, 0, 0]), ...chunk("IDAT", stream), ...chunk("IEND", [])]);
}
