import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { drawFlat } from "../lib/mesh-2d.ts";
import { drawByGl } from "../lib/mesh-gl.ts";
import { firstCamera, turned, type Camera, type Mesh } from "../lib/mesh.ts";
import { onTheme, token } from "../lib/palette.ts";

/** What a camera event says: where the eye is now, and whether the hand is still at it. */
export interface Look { readonly camera: Camera; readonly done: boolean }

const STEP = 0.12;

/** A mesh one can turn, move and enlarge, by pointer and by key. Fires `gb-look`. */
export class GbMesh extends GbElement {
  static override properties = { mesh: { attribute: false }, camera: { attribute: false }, ink: {}, size: { type: Number }, wire: { type: Boolean }, label: {}, note: { state: true } };
  declare mesh: Mesh | undefined;
  /** Nothing is the mesh's own first look. */
  declare camera: Camera | undefined;
  /** The token of what has no colour of its own. */
  declare ink: string;
  declare size: number;
  declare wire: boolean;
  declare label: string;
  declare note: string;
  private readonly pointers = new Map<number, [number, number]>();
  private frame = 0;
  private visible = false;
  private offs: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    const seen = new IntersectionObserver((entries) => { this.visible = entries.at(-1)?.isIntersecting ?? false; if (this.visible) this.draw(); }, { rootMargin: "100px" });
    seen.observe(this);
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this);
    this.offs = [() => seen.disconnect(), () => resized.disconnect(), onTheme(() => this.draw())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  protected override updated(): void {
    this.draw();
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    const canvas = this.querySelector("canvas");
    const context = canvas?.getContext("2d");
    const { mesh } = this;
    if (!canvas || !context || !mesh || !this.visible) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [wide, high] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (wide < 2 || high < 2) return;
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    const [r = 127, g = 127, b = 127] = (token(this.ink).match(/[\d.]+/g) ?? []).map(Number);
    const material = mesh.meta.config?.material;
    const style = { tint: [r / 255, g / 255, b / 255] as const, size: this.size * ratio, wire: this.wire || material?.wireframe === true };
    const camera = this.now;
    const drawn = drawByGl(context, mesh, camera, style);
    this.dataset["by"] = drawn ? "webgl2" : "canvas";
    this.note = drawn ? "" : drawFlat(context, mesh, camera, style);
  }

  private get now(): Camera {
    return this.camera ?? (this.mesh ? firstCamera(this.mesh) : { yaw: 0, pitch: 0, zoom: 1, x: 0, y: 0 });
  }

  private look(by: Partial<Camera>, done: boolean): void {
    this.camera = turned(this.now, by);
    this.dispatchEvent(new CustomEvent<Look>("gb-look", { detail: { camera: this.camera, done }, bubbles: true }));
  }

  /** Enlarges, around a place of the frame from -1 to 1. */
  magnify(by: number, x = 0, y = 0, done = true): void {
    const { zoom, x: left, y: up } = this.now;
    const next = Math.max(0.1, Math.min(100, zoom * by));
    const real = next / zoom;
    this.look({ zoom: next, x: x + (left - x) * real, y: y + (up - y) * real }, done);
  }

  private press(event: PointerEvent): void {
    if (event.button > 2) return;
    const canvas = event.currentTarget as HTMLCanvasElement;
    canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  private move(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const canvas = event.currentTarget as HTMLCanvasElement;
    const now: [number, number] = [event.clientX, event.clientY];
    const [dx, dy] = [now[0] - last[0], now[1] - last[1]];
    const { yaw, pitch, x, y } = this.now;
    const shift = (a: number, b: number): Partial<Camera> => ({ x: x + (2 * a) / canvas.clientWidth, y: y - (2 * b) / canvas.clientHeight });
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1] ?? now;
      const was = Math.hypot(last[0] - other[0], last[1] - other[1]);
      this.look(shift(dx / 2, dy / 2), false);
      if (was > 8) this.magnify(Math.hypot(now[0] - other[0], now[1] - other[1]) / was, 0, 0, false);
    } else if (event.shiftKey || event.altKey || (event.buttons & 6) !== 0) this.look(shift(dx, dy), false);
    else this.look({ yaw: yaw - dx * 0.01, pitch: pitch + dy * 0.01 }, false);
    this.pointers.set(event.pointerId, now);
  }

  private release(event: PointerEvent): void {
    if (this.pointers.delete(event.pointerId)) this.look({}, true);
  }

  /** The wheel scrolls the page, unless the picture was chosen first or Ctrl or Alt is down. */
  private wheel(event: WheelEvent): void {
    const canvas = event.currentTarget as HTMLCanvasElement;
    if (!event.ctrlKey && !event.altKey && document.activeElement !== canvas) return;
    event.preventDefault();
    const frame = canvas.getBoundingClientRect();
    this.magnify(Math.exp(-event.deltaY * 0.0015), ((event.clientX - frame.left) / frame.width) * 2 - 1, 1 - ((event.clientY - frame.top) / frame.height) * 2);
  }

  private keys(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as Record<string, [number, number]>)[event.key];
    const { yaw, pitch, x, y } = this.now;
    if (way && event.shiftKey) this.look({ x: x + way[0] * 0.08, y: y + way[1] * 0.08 }, true);
    else if (way) this.look({ yaw: yaw - way[0] * STEP, pitch: pitch - way[1] * STEP }, true);
    else if (event.key === "+" || event.key === "=") this.magnify(1.2);
    else if (event.key === "-") this.magnify(1 / 1.2);
    else if (event.key === "0" && this.mesh) this.look(firstCamera(this.mesh), true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  protected override render(): TemplateResult {
    const { mesh } = this;
    const words = mesh ? `${integer(mesh.vertex.length / 3)} points, ${integer(mesh.face.length / 3)} faces` : "";
    return html`<canvas tabindex="0" role="img" aria-label=${`${this.label}: ${words}; arrows turn, with Shift move, plus and minus zoom, 0 resets`} @pointerdown=${(e: PointerEvent) => this.press(e)} @pointermove=${(e: PointerEvent) => this.move(e)} @pointerup=${(e: PointerEvent) => this.release(e)} @pointercancel=${(e: PointerEvent) => this.release(e)} @contextmenu=${(e: Event) => e.preventDefault()} @wheel=${(e: WheelEvent) => this.wheel(e)} @keydown=${(e: KeyboardEvent) => this.keys(e)}></canvas>
      ${this.note ? html`<p class="mesh-note xs muted">${this.note}</p>` : nothing}`;
  }
}
define("gb-mesh", GbMesh);
