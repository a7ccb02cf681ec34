import { api } from "../lib/base.ts";
import { decodeColumns, type Column } from "../lib/columns.ts";
import { define } from "../lib/element.ts";
import { request } from "../lib/http.ts";
import { onTheme, token } from "../lib/palette.ts";
import { compose, percentile, toPicture } from "../lib/picture.ts";

const BARS = 7;

interface Arrays { readonly attribution: Column; readonly input: Column | undefined; readonly range: readonly [number, number] | null }

/** A small drawing of one explanation over what the server wrote: the map on its picture, or the largest features. */
class GbThumb extends HTMLElement {
  private arrays: Arrays | undefined;

  connectedCallback(): void {
    // Only what is seen is fetched.
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      // Without its array the picture of the input stays: nothing to say.
      void this.load().catch(() => undefined);
    }, { rootMargin: "100px" });
    seen.observe(this);
    onTheme(() => this.draw());
  }

  private async load(): Promise<void> {
    const response = await request(api(`/explanations/${encodeURIComponent(this.getAttribute("explanation") ?? "")}/attribution`, { format: "columns" }));
    const { meta, columns } = decodeColumns<{ range?: readonly [number, number] | null }>(await response.arrayBuffer());
    const attribution = columns.get("attribution");
    if (!attribution) return;
    this.arrays = { attribution, input: columns.get("input"), range: meta.range ?? null };
    this.draw();
  }

  private draw(): void {
    if (!this.arrays) return;
    const { attribution, input, range } = this.arrays;
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    const picture = input && attribution.shape.length > 2 ? toPicture(attribution, input, range) : undefined;
    if (picture) {
      canvas.width = picture.width;
      canvas.height = picture.height;
      const look = { opacity: 0.85, percentile: 0, sign: "b", blend: "over", gray: true, scale: percentile(picture, 99.5) } as const;
      canvas.getContext("2d")?.putImageData(compose(picture, look), 0, 0);
    } else bars(canvas, attribution.values);
    this.replaceChildren(canvas);
  }
}

/** The largest values as bars from the middle: towards the right and warm for the target, else against it. */
function bars(canvas: HTMLCanvasElement, values: Column["values"]): void {
  const size = 240;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const largest = Array.from(values as ArrayLike<number | bigint>, Number).sort((a, b) => Math.abs(b) - Math.abs(a)).slice(0, BARS);
  const most = Math.abs(largest[0] ?? 0) || 1;
  if (!context) return;
  const middle = size / 2;
  context.fillStyle = token("--border-strong");
  context.fillRect(middle - 1, 16, 2, size - 32);
  for (const [i, value] of largest.entries()) {
    const wide = (Math.abs(value) / most) * (middle - 24);
    context.fillStyle = token(value < 0 ? "--neg" : "--pos");
    context.beginPath();
    context.roundRect(value < 0 ? middle - wide : middle, 22 + i * 29, Math.max(2, wide), 20, 4);
    context.fill();
  }
}

define("gb-thumb", GbThumb);
