/** Colour maps as 256-entry tables. Zero of a signed map is always the centre. */
type Rgb = readonly [number, number, number];

const hex = (text: string): Rgb => [Number.parseInt(text.slice(1, 3), 16), Number.parseInt(text.slice(3, 5), 16), Number.parseInt(text.slice(5, 7), 16)];

function table(stops: readonly string[]): Uint8ClampedArray {
  const colours = stops.map(hex);
  const out = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i += 1) {
    const at = (i / 255) * (colours.length - 1);
    const low = Math.min(colours.length - 2, Math.floor(at));
    const [a, b] = [colours[low] ?? [0, 0, 0], colours[low + 1] ?? [0, 0, 0]];
    for (let c = 0; c < 3; c += 1) out[i * 3 + c] = (a[c] ?? 0) + ((b[c] ?? 0) - (a[c] ?? 0)) * (at - low);
  }
  return out;
}

export const viridis = table(["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"]);
export const inferno = table(["#000004", "#160b39", "#420a68", "#6a176e", "#932667", "#bc3754", "#dd513a", "#f37819", "#fca50a", "#f6d746", "#fcffa4"]);
export const divLight = table(["#0a3a86", "#1f62c8", "#6fa4ea", "#cfe0f6", "#f6f5f3", "#fad7c5", "#f09468", "#c2410f", "#7c2205"]);
export const divDark = table(["#b3d3ff", "#5b9bf7", "#2161b8", "#143356", "#191f1f", "#4d2412", "#ad4419", "#ff7d49", "#ffd0b8"]);
/** `glass-seq`: from little to much, for what has no sign. */
export const seqLight = table(["#f4f8f7", "#cfe9e5", "#93cfc7", "#4fada2", "#1c8277", "#075a52", "#03332f"]);
export const seqDark = table(["#10201e", "#123d38", "#155f57", "#1d8a7e", "#3bb5a5", "#7fdccf", "#d8fff8"]);

/** `glass-over`: the ends of the signed overlay; alpha carries the size. */
const OVER = { pos: [[255, 92, 32], [255, 202, 122]], neg: [[64, 140, 255], [54, 180, 255]] } as const;

/** The overlay's colour at size `t` (0 to 1) on one side of zero. */
export function over(positive: boolean, t: number): Rgb {
  const [from, to] = positive ? OVER.pos : OVER.neg;
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t];
}

/** A token's colour as the canvas needs it, in the present theme. */
export function token(name: string): string {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.setProperty("color", `var(${name})`);
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** The swatch colour of a method, stable by its place in the list. */
export const methodColour = (index: number): string => `var(--run-${[3, 1, 5, 8, 7, 6, 2, 4, 9, 10, 11, 12][index % 12] ?? 1})`;
