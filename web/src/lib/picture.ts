/** A map over a picture: what the model saw and what each pixel got. */
import { inferno, over } from "./colour.ts";
import type { Column } from "./columns.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGB, 0 to 255, what the model was given with its scaling undone. */
  readonly rgb: Uint8ClampedArray;
  /** Attribution, channels summed, one value a pixel. */
  readonly values: Float32Array;
  /** |values| in ascending order: ranks and percentiles come from it. */
  readonly sorted: Float32Array;
  /** The region of every pixel, where the answer has regions. */
  readonly segments?: ArrayLike<number> | undefined;
}

export type Sign = "b" | "p" | "n" | "a";
export type Blend = "over" | "mask" | "contour";
export interface Look { readonly opacity: number; readonly percentile: number; readonly sign: Sign; readonly blend: Blend; readonly gray: boolean; readonly scale: number }

interface Layout { height: number; width: number; channels: number; at(c: number, y: number, x: number): number }

/** Where channel, row and column lie in an array of that shape; undefined where it is no picture. */
export function layoutOf(shape: readonly number[]): Layout | undefined {
  const dims = shape[0] === 1 && shape.length > 2 ? shape.slice(1) : [...shape];
  const [a, b, c] = dims;
  if (dims.length === 2 && a && b) return { height: a, width: b, channels: 1, at: (_, y, x) => y * b + x };
  if (dims.length !== 3 || !a || !b || !c) return undefined;
  if (c <= 4 && a > 4) return { height: a, width: b, channels: c, at: (k, y, x) => (y * b + x) * c + k };
  return { height: b, width: c, channels: a, at: (k, y, x) => (k * b + y) * c + x };
}

/** Builds the picture from the `attribution` and `input` columns. */
export function toPicture(attribution: Column, input: Column, range?: readonly [number, number] | null, segments?: Column): Picture | undefined {
  const from = layoutOf(input.shape);
  const map = layoutOf(attribution.shape);
  if (!from || !map || from.height !== map.height || from.width !== map.width) return undefined;
  const { width, height } = from;
  const given = input.values as Float32Array;
  const raw = attribution.values as Float32Array;
  let low = Infinity;
  let high = -Infinity;
  for (const v of given) { if (v < low) low = v; if (v > high) high = v; }
  if (low > -1e-3) low = 0;
  const top = high <= 1.001 && low >= 0 ? 1 : high > 128 && low >= 0 ? 255 : high;
  const [black, white] = range ?? [low, top];
  const factor = 255 / (white - black || 1);
  const rgb = new Uint8ClampedArray(width * height * 3);
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      for (let c = 0; c < 3; c += 1) rgb[i * 3 + c] = ((given[from.at(from.channels >= 3 ? c : 0, y, x)] ?? 0) - black) * factor;
      let sum = 0;
      for (let c = 0; c < map.channels; c += 1) sum += raw[map.at(c, y, x)] ?? 0;
      values[i] = sum;
    }
  }
  const regions = segments?.shape[0] === height && segments.shape[1] === width ? (segments.values as Uint32Array) : undefined;
  return { width, height, rgb, values, sorted: values.map(Math.abs).sort(), segments: regions };
}

const snaps = new WeakMap<Picture, Picture>();

/** The same map with every region at its mean; a map without regions stays as it is. */
export function snapped(picture: Picture): Picture {
  const { segments, values } = picture;
  if (!segments) return picture;
  const known = snaps.get(picture);
  if (known) return known;
  const [sums, counts] = [new Map<number, number>(), new Map<number, number>()];
  values.forEach((v, i) => { const region = segments[i] ?? 0; sums.set(region, (sums.get(region) ?? 0) + v); counts.set(region, (counts.get(region) ?? 0) + 1); });
  const means = values.map((_, i) => { const region = segments[i] ?? 0; return (sums.get(region) ?? 0) / (counts.get(region) ?? 1); });
  const made: Picture = { ...picture, values: means, sorted: means.map(Math.abs).sort() };
  snaps.set(picture, made);
  return made;
}

/** |value| below which `percent` of the pixels lie. */
export function percentile(picture: Picture, percent: number): number {
  const n = picture.sorted.length;
  return picture.sorted[Math.min(n - 1, Math.max(0, Math.floor((percent / 100) * n)))] ?? 0;
}

/** Share of pixels whose |value| is larger, 0 to 1. */
export function rank(picture: Picture, value: number): number {
  const size = Math.abs(value);
  let low = 0;
  let high = picture.sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((picture.sorted[mid] ?? 0) <= size) low = mid + 1;
    else high = mid;
  }
  return (picture.sorted.length - low) / picture.sorted.length;
}

const wanted = (value: number, sign: Sign): boolean => (sign === "p" ? value > 0 : sign === "n" ? value < 0 : value !== 0);

/** One RGBA per pixel: the picture with the map over it as `look` says; no `look` = the picture alone. */
export function compose(picture: Picture, look?: Look): ImageData {
  const { width, height, rgb, values } = picture;
  const out = new ImageData(width, height);
  const data = out.data;
  const floor = look ? percentile(picture, look.percentile) : 0;
  for (let i = 0; i < width * height; i += 1) {
    let r = rgb[i * 3] ?? 0;
    let g = rgb[i * 3 + 1] ?? 0;
    let b = rgb[i * 3 + 2] ?? 0;
    if (look) {
      if (look.gray) r = g = b = (0.2126 * r + 0.7152 * g + 0.0722 * b) * 0.78;
      const v = values[i] ?? 0;
      const size = Math.abs(v);
      const shown = wanted(v, look.sign) && size >= floor;
      const t = Math.min(1, size / (look.scale || 1));
      if (look.blend === "mask") {
        const keep = shown ? 1 : 1 - 0.9 * look.opacity;
        r *= keep; g *= keep; b *= keep;
      } else if (look.blend === "over" && shown) {
        let colour: readonly [number, number, number];
        if (look.sign === "a") {
          const k = Math.round(t * 255) * 3;
          colour = [inferno[k] ?? 0, inferno[k + 1] ?? 0, inferno[k + 2] ?? 0];
        } else colour = over(v > 0, t);
        const alpha = t * look.opacity;
        r += (colour[0] - r) * alpha; g += (colour[1] - g) * alpha; b += (colour[2] - b) * alpha;
      }
    }
    data[i * 4] = r; data[i * 4 + 1] = g; data[i * 4 + 2] = b; data[i * 4 + 3] = 255;
  }
  return out;
}

/** Draws an image over the whole canvas, nearest neighbour above 4×, then contours where asked. */
export function paint(canvas: HTMLCanvasElement, picture: Picture, look?: Look): void {
  const box = canvas.getBoundingClientRect();
  const ratio = Math.min(2, devicePixelRatio || 1);
  const width = Math.max(1, Math.round((box.width || picture.width * 4) * ratio));
  const height = Math.max(1, Math.round(width * (picture.height / picture.width)));
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext("2d");
  if (!context) return;
  const small = new OffscreenCanvas(picture.width, picture.height);
  small.getContext("2d")?.putImageData(compose(picture, look), 0, 0);
  context.imageSmoothingEnabled = width / ratio / picture.width <= 4;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, width, height);
  if (look?.blend === "contour") contours(context, picture, look, width / picture.width, ratio);
}

/** Outlines of the pixels above the percentile, in the colour of their sign. */
function contours(context: CanvasRenderingContext2D, picture: Picture, look: Look, step: number, ratio: number): void {
  const { width, height, values } = picture;
  const floor = percentile(picture, look.percentile || 80);
  const side = (x: number, y: number): number => {
    if (x < 0 || y < 0 || x >= width || y >= height) return 0;
    const v = values[y * width + x] ?? 0;
    if (Math.abs(v) < floor || !wanted(v, look.sign)) return 0;
    return look.sign === "a" || v > 0 ? 1 : -1;
  };
  for (const sign of [1, -1]) {
    context.beginPath();
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (side(x, y) !== sign) continue;
        const [l, t, r, b] = [x * step, y * step, (x + 1) * step, (y + 1) * step];
        if (side(x - 1, y) !== sign) { context.moveTo(l, t); context.lineTo(l, b); }
        if (side(x + 1, y) !== sign) { context.moveTo(r, t); context.lineTo(r, b); }
        if (side(x, y - 1) !== sign) { context.moveTo(l, t); context.lineTo(r, t); }
        if (side(x, y + 1) !== sign) { context.moveTo(l, b); context.lineTo(r, b); }
      }
    }
    context.globalAlpha = look.opacity;
    context.lineWidth = 4 * ratio; context.strokeStyle = "rgb(8 12 12 / 70%)"; context.stroke();
    context.lineWidth = 2 * ratio; context.strokeStyle = sign > 0 ? "rgb(255 140 80)" : "rgb(84 170 255)"; context.stroke();
    context.globalAlpha = 1;
  }
}
