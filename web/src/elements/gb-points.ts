import { html, type PropertyValues, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { onTheme, token } from "../lib/palette.ts";
import { Width } from "../lib/width.ts";

export interface Box { readonly inside: readonly number[] }

const rgb = (colour: string): number => {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return 0xff000000 | (b << 16) | (g << 8) | r;
};

/** Points on a canvas, a splat each: 100,000 of them in one frame without a GPU. Two dimensions pan, three turn.
 * Fires `gb-point` with an index (or -1), `gb-box` with what a drawn box holds. */
export class GbPoints extends GbElement {
  static override properties = { at: { attribute: false }, slots: { attribute: false }, colours: { attribute: false }, dim: { type: Number }, marked: { attribute: false }, selected: { type: Number }, labels: { attribute: false }, shown: { attribute: false }, sprite: { attribute: false }, high: { state: true } };
  /** Three numbers a point. */
  declare at: Float32Array;
  /** Place in `colours` of each point. */
  declare slots: Uint16Array;
  declare colours: readonly string[];
  declare dim: number;
  declare marked: ReadonlySet<number>;
  declare selected: number;
  declare labels: readonly { readonly i: number; readonly text: string; readonly strong?: boolean; readonly at?: readonly [number, number, number] }[];
  /** Which points are drawn; all where undefined. */
  declare shown: ReadonlySet<number> | undefined;
  declare sprite: { readonly image: ImageBitmap; readonly width: number; readonly height: number; readonly index: (i: number) => number } | undefined;
  declare high: number;
  private readonly width = new Width(this, 600);
  private zoom = 1;
  private pan: [number, number] = [0, 0];
  private turn: [number, number] = [0.6, 0.35];
  private screen = new Float32Array();
  private scale = 1;
  private centre: [number, number, number] = [0, 0, 0];
  private box: [number, number, number, number] | undefined;
  private off: (() => void) | undefined;
  private frame = 0;

  constructor() {
    super();
    this.high = 600;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.off = onTheme(() => this.draw());
    new ResizeObserver(([entry]) => { const high = Math.round(entry?.contentRect.height ?? 0); if (high > 60 && high !== this.high) this.high = high; }).observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
  }

  protected override render(): TemplateResult {
    return html`<canvas tabindex="0" role="img" aria-label=${`${this.at.length / 3} points in ${this.dim} dimensions; arrows ${this.dim === 3 ? "turn" : "move"}, plus and minus zoom, 0 resets`} @pointerdown=${(e: PointerEvent) => this.press(e)} @wheel=${(e: WheelEvent) => this.wheel(e)} @keydown=${(e: KeyboardEvent) => this.keys(e)} @dblclick=${() => this.reset()}></canvas>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (changed.has("at")) this.fit();
    this.draw();
  }

  reset(): void {
    this.zoom = 1;
    this.pan = [0, 0];
    this.turn = [0.6, 0.35];
    this.draw();
  }

  private fit(): void {
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < this.at.length; i += 1) { const d = i % 3; const v = this.at[i] as number; if (v < (low[d] as number)) low[d] = v; if (v > (high[d] as number)) high[d] = v; }
    this.centre = [0, 1, 2].map((d) => ((low[d] as number) + (high[d] as number)) / 2) as [number, number, number];
    this.scale = 2 / Math.max(1e-12, (high[0] ?? 1) - (low[0] ?? 0), (high[1] ?? 1) - (low[1] ?? 0), this.dim === 3 ? (high[2] ?? 1) - (low[2] ?? 0) : 0);
  }

  /** Where a point of the space lies on the canvas, with its depth. */
  private place(x: number, y: number, z: number, wide: number, high: number): [number, number, number] {
    const s = this.scale;
    let [a, b, c] = [(x - this.centre[0]) * s, (y - this.centre[1]) * s, (z - this.centre[2]) * s];
    let near = 1;
    if (this.dim === 3) {
      const [cy, sy, cp, sp] = [Math.cos(this.turn[0]), Math.sin(this.turn[0]), Math.cos(this.turn[1]), Math.sin(this.turn[1])];
      [a, c] = [a * cy + c * sy, c * cy - a * sy];
      [b, c] = [b * cp - c * sp, c * cp + b * sp];
      near = 3.2 / (3.2 + c);
    }
    const unit = Math.min(wide, high) * 0.45 * this.zoom;
    return [wide / 2 + this.pan[0] + a * unit * near, high / 2 + this.pan[1] - b * unit * near, c];
  }

  draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    const canvas = this.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [wide, high] = [Math.round(this.width.value * ratio), Math.round(this.high * ratio)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    const n = this.at.length / 3;
    const picture = context.createImageData(wide, high);
    const pixels = new Uint32Array(picture.data.buffer);
    const depth = this.dim === 3 ? new Float32Array(wide * high).fill(Infinity) : undefined;
    if (this.screen.length !== n * 2) this.screen = new Float32Array(n * 2);
    const inks = this.colours.map((c) => rgb(token(c)));
    const some = this.marked.size > 0;
    const pale = rgb(token("--border-strong"));
    const r = Math.max(1, Math.round((n > 30_000 ? 1.1 : n > 4000 ? 1.8 : 2.8) * ratio));
    const disc: [number, number][] = [];
    for (let y = -r; y <= r; y += 1) for (let x = -r; x <= r; x += 1) if (x * x + y * y <= r * r + r * 0.8) disc.push([x, y]);
    const sprites = this.sprite && n <= 5000 ? this.sprite : undefined;
    // `place`, written out: a hundred thousand little arrays a frame are what a frame has no time for.
    const { at, screen, slots, shown, marked, scale: s } = this;
    const [mx, my, mz] = this.centre;
    const [cy, sy, cp, sp] = [Math.cos(this.turn[0]), Math.sin(this.turn[0]), Math.cos(this.turn[1]), Math.sin(this.turn[1])];
    const unit = Math.min(wide, high) * 0.45 * this.zoom;
    const [left, top] = [wide / 2 + this.pan[0], high / 2 + this.pan[1]];
    const steps = Int32Array.from(disc, ([dx, dy]) => dy * wide + dx);
    const reach = r + 1;
    for (let i = 0; i < n; i += 1) {
      if (shown && !shown.has(i)) { screen[i * 2] = -1e6; continue; }
      let a = ((at[i * 3] as number) - mx) * s;
      let b = ((at[i * 3 + 1] as number) - my) * s;
      let z = 0;
      let near = unit;
      if (depth) {
        const c = ((at[i * 3 + 2] as number) - mz) * s;
        const back = c * cy - a * sy;
        a = a * cy + c * sy;
        z = back * cp + b * sp;
        b = b * cp - back * sp;
        near = (unit * 3.2) / (3.2 + z);
      }
      const fx = left + a * near;
      const fy = top - b * near;
      screen[i * 2] = fx;
      screen[i * 2 + 1] = fy;
      const px = fx | 0;
      const py = fy | 0;
      // A splat that would reach over the edge is left out whole.
      if (sprites || px < reach || py < reach || px >= wide - reach || py >= high - reach) continue;
      const ink = some && !marked.has(i) ? pale : (inks[slots[i] as number] as number);
      const to = py * wide + px;
      if (!depth) for (let d = 0; d < steps.length; d += 1) pixels[to + (steps[d] as number)] = ink;
      else for (let d = 0; d < steps.length; d += 1) {
        const spot = to + (steps[d] as number);
        if ((depth[spot] as number) >= z) { depth[spot] = z; pixels[spot] = ink; }
      }
    }
    // What is marked lies above what is not.
    if (some && !sprites) for (const i of marked) {
      const [px, py] = [(screen[i * 2] as number) | 0, (screen[i * 2 + 1] as number) | 0];
      if (!(px >= reach && py >= reach && px < wide - reach && py < high - reach)) continue;
      const ink = inks[slots[i] as number] as number;
      for (const step of steps) pixels[py * wide + px + step] = ink;
    }
    context.putImageData(picture, 0, 0);
    if (sprites) {
      const across = Math.max(1, Math.floor(sprites.image.width / sprites.width));
      const size = Math.max(12, Math.min(32, 900 / Math.sqrt(n))) * ratio;
      for (let i = 0; i < n; i += 1) {
        const s = sprites.index(i);
        const [x, y] = [this.screen[i * 2] as number, this.screen[i * 2 + 1] as number];
        if (x < -size || y < -size || x > wide + size || y > high + size) continue;
        context.globalAlpha = some && !this.marked.has(i) ? 0.2 : 1;
        context.drawImage(sprites.image, (s % across) * sprites.width, Math.floor(s / across) * sprites.height, sprites.width, sprites.height, x - size / 2, y - size / 2, size, size);
      }
      context.globalAlpha = 1;
    }
    this.over(context, ratio, wide, high);
  }

  private over(context: CanvasRenderingContext2D, ratio: number, wide: number, high: number): void {
    const text = token("--text");
    if (this.selected >= 0 && (this.screen[this.selected * 2] ?? -1e6) > -1e5) {
      context.lineWidth = 2 * ratio;
      context.strokeStyle = text;
      context.beginPath();
      context.arc(this.screen[this.selected * 2] as number, this.screen[this.selected * 2 + 1] as number, 7 * ratio, 0, 7);
      context.stroke();
    }
    context.textAlign = "center";
    context.lineJoin = "round";
    for (const label of this.labels) {
      const [x, y] = label.at ? this.place(...label.at, wide, high) : [this.screen[label.i * 2] as number, this.screen[label.i * 2 + 1] as number];
      if (x < 0 || y < 0 || x > wide || y > high) continue;
      context.font = `${label.strong ? 640 : 500} ${(label.strong ? 14 : 11) * ratio}px "Inter Variable", system-ui, sans-serif`;
      context.lineWidth = 4 * ratio;
      context.strokeStyle = token("--bg");
      context.fillStyle = text;
      const lift = label.strong ? 5 * ratio : -10 * ratio;
      context.strokeText(label.text, x, y + lift);
      context.fillText(label.text, x, y + lift);
    }
    if (this.box) {
      const [x0, y0, x1, y1] = this.box.map((v) => v * ratio) as [number, number, number, number];
      context.strokeStyle = token("--accent");
      context.lineWidth = 1.5 * ratio;
      context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    }
  }

  /** The drawn point nearest to a place of the canvas, in CSS pixels. */
  private hit(x: number, y: number): number {
    const ratio = Math.min(2, devicePixelRatio || 1);
    let [best, far] = [-1, (14 * ratio) ** 2];
    for (let i = 0; i * 2 < this.screen.length; i += 1) {
      const d = ((this.screen[i * 2] as number) - x * ratio) ** 2 + ((this.screen[i * 2 + 1] as number) - y * ratio) ** 2;
      if (d < far) [best, far] = [i, d];
    }
    return best;
  }

  private press(event: PointerEvent): void {
    const canvas = event.currentTarget as HTMLCanvasElement;
    const frame = canvas.getBoundingClientRect();
    const ratio = Math.min(2, devicePixelRatio || 1);
    canvas.setPointerCapture(event.pointerId);
    const boxing = event.shiftKey;
    let last: [number, number] = [event.clientX, event.clientY];
    let moved = 0;
    const move = (e: PointerEvent): void => {
      const [dx, dy] = [e.clientX - last[0], e.clientY - last[1]];
      moved += Math.abs(dx) + Math.abs(dy);
      last = [e.clientX, e.clientY];
      if (boxing) this.box = [event.clientX - frame.left, event.clientY - frame.top, e.clientX - frame.left, e.clientY - frame.top];
      else if (this.dim === 3 && e.buttons === 1 && !e.altKey) this.turn = [this.turn[0] + dx * 0.008, Math.max(-1.5, Math.min(1.5, this.turn[1] + dy * 0.008))];
      else this.pan = [this.pan[0] + dx * ratio, this.pan[1] + dy * ratio];
      this.draw();
    };
    const up = (e: PointerEvent): void => {
      canvas.removeEventListener("pointermove", move);
      if (boxing && this.box) {
        const [x0, y0, x1, y1] = this.box.map((v) => v * ratio) as [number, number, number, number];
        const inside: number[] = [];
        for (let i = 0; i * 2 < this.screen.length; i += 1) {
          const [x, y] = [this.screen[i * 2] as number, this.screen[i * 2 + 1] as number];
          if (x >= Math.min(x0, x1) && x <= Math.max(x0, x1) && y >= Math.min(y0, y1) && y <= Math.max(y0, y1)) inside.push(i);
        }
        this.box = undefined;
        this.dispatchEvent(new CustomEvent("gb-box", { detail: inside, bubbles: true }));
      } else if (moved < 4) this.dispatchEvent(new CustomEvent("gb-point", { detail: this.hit(e.clientX - frame.left, e.clientY - frame.top), bubbles: true }));
      this.draw();
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", up, { once: true });
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const canvas = event.currentTarget as HTMLCanvasElement;
    const frame = canvas.getBoundingClientRect();
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.magnify(Math.exp(-event.deltaY * 0.0015), (event.clientX - frame.left - frame.width / 2) * ratio, (event.clientY - frame.top - frame.height / 2) * ratio);
  }

  magnify(by: number, x = 0, y = 0): void {
    const zoom = Math.max(0.2, Math.min(200, this.zoom * by));
    const real = zoom / this.zoom;
    this.pan = [x + (this.pan[0] - x) * real, y + (this.pan[1] - y) * real];
    this.zoom = zoom;
    this.draw();
  }

  private keys(event: KeyboardEvent): void {
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as Record<string, [number, number]>)[event.key];
    if (way) {
      if (this.dim === 3) this.turn = [this.turn[0] + way[0] * 0.12, this.turn[1] + way[1] * 0.12];
      else this.pan = [this.pan[0] - way[0] * 40, this.pan[1] - way[1] * 40];
      this.draw();
    } else if (event.key === "+" || event.key === "=") this.magnify(1.25);
    else if (event.key === "-") this.magnify(0.8);
    else if (event.key === "0") this.reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

define("gb-points", GbPoints);
