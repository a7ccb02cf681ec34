/** One bit a pixel, row by row, the first pixel in the lowest bit of the first byte: as the server reads a mask. */
export class Mask {
  readonly bits: Uint8Array;

  constructor(readonly width: number, readonly height: number) {
    this.bits = new Uint8Array(Math.ceil((width * height) / 8));
  }

  has(i: number): boolean {
    return ((this.bits[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
  }

  add(i: number): void {
    this.bits[i >> 3] = (this.bits[i >> 3] ?? 0) | (1 << (i & 7));
  }

  get count(): number {
    let count = 0;
    for (const byte of this.bits) for (let b = byte; b; b &= b - 1) count += 1;
    return count;
  }

  /** Every pixel whose middle lies within `radius` of (x, y), both in pixels; at least the one it falls in. */
  disc(x: number, y: number, radius: number): void {
    const at = (px: number, py: number): void => { if (px >= 0 && py >= 0 && px < this.width && py < this.height) this.add(py * this.width + px); };
    at(Math.floor(x), Math.floor(y));
    for (let py = Math.floor(y - radius); py <= y + radius; py += 1) {
      for (let px = Math.floor(x - radius); px <= x + radius; px += 1) if (Math.hypot(px + 0.5 - x, py + 0.5 - y) <= radius) at(px, py);
    }
  }

  /** A stroke: discs from one point to the next. */
  line(x0: number, y0: number, x1: number, y1: number, radius: number): void {
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / Math.max(0.5, radius / 2)));
    for (let i = 0; i <= steps; i += 1) this.disc(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps, radius);
  }

  /** The `share` of the pixels with the largest values (0 to 1), or all others; equal values by their place. */
  static top(values: Float32Array, width: number, height: number, share: number, others = false): Mask {
    const mask = new Mask(width, height);
    const order = Array.from(values.keys()).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
    const count = Math.round(order.length * share);
    for (const i of others ? order.slice(count) : order.slice(0, count)) mask.add(i);
    return mask;
  }

  base64(): string {
    let text = "";
    for (let i = 0; i < this.bits.length; i += 0x8000) text += String.fromCharCode(...this.bits.subarray(i, i + 0x8000));
    return btoa(text);
  }
}
