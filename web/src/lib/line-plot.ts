/** The canvas of a line chart: uPlot draws axes and grid and keeps the scales, we draw the marks. */
import uPlot from "uplot";
import { duration, tick } from "./format.ts";
import { DASHES, paint, token, type Slot } from "./palette.ts";
import type { Series } from "./scalars.ts";

export interface Line {
  readonly series: Series;
  readonly slot: Slot | undefined;
  readonly hovered: boolean;
}

export interface Scene {
  readonly lines: readonly Line[];
  readonly smoothed: boolean;
  readonly log: boolean;
  readonly axis: "step" | "relative" | "wall";
  readonly window: readonly [number, number] | null;
  readonly ignoreOutliers: boolean;
}

export interface Hooks {
  cursor(x: number | null, top: number): void;
  /** `done` at the end of a gesture; in its midst the address changes without a history entry. */
  zoom(from: number, to: number, done: boolean): void;
  reset(): void;
}

/** One notch of Alt + wheel. */
const NOTCH = 1.25;
/** A pan asks for points this often at most. */
const PAN_MS = 60;

/** The range of all finite values drawn, padded; logarithmic ranges keep to what is above zero. */
function yRange(scene: Scene): [number, number] {
  const values: number[] = [];
  for (const { series } of scene.lines) {
    const drawn = scene.smoothed ? [series.smooth, series.y] : [series.y];
    for (const column of drawn) {
      for (const [i, v] of column.entries()) {
        const x = series.x[i] ?? 0;
        if (scene.window && (x < scene.window[0] || x > scene.window[1])) continue;
        if (Number.isFinite(v) && (!scene.log || v > 0)) values.push(v);
      }
    }
  }
  if (values.length === 0) return scene.log ? [0.1, 10] : [0, 1];
  let low: number;
  let high: number;
  if (scene.ignoreOutliers && values.length > 20) {
    values.sort((a, b) => a - b);
    low = values[Math.floor(values.length * 0.05)] ?? 0;
    high = values[Math.ceil(values.length * 0.95) - 1] ?? 1;
  } else {
    low = Infinity;
    high = -Infinity;
    for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  }
  if (scene.log) return low === high ? [low / 2, high * 2] : [low / 1.12, high * 1.12];
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

function xRange(scene: Scene): [number, number] {
  if (scene.window) return [scene.window[0], scene.window[1]];
  let low = Infinity;
  let high = -Infinity;
  for (const { series } of scene.lines) {
    low = Math.min(low, series.x[0] ?? Infinity);
    high = Math.max(high, series.x[series.x.length - 1] ?? -Infinity);
  }
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

export class LinePlot {
  private readonly u: uPlot;
  private readonly dots: HTMLElement[] = [];

  constructor(private readonly host: HTMLElement, private scene: Scene, hooks: Hooks) {
    const font = `11px "Inter Variable", system-ui, sans-serif`;
    // One unit along one axis: 5k beside 10k, and 1500 where nothing is larger.
    const steps = (splits: number[]): string[] => {
      const thousands = splits.some((v) => Math.abs(v) >= 1e4);
      return splits.map((v) => (thousands && Math.abs(v) >= 1e3 && Math.abs(v) < 1e4 ? `${tick(v / 1e3)}k` : tick(v)));
    };
    const labels = (splits: number[]): string[] => (scene.axis === "relative" ? splits.map(duration) : steps(splits));
    const axis = { font, stroke: () => token("--axis"), ticks: { show: false }, border: { show: false } };
    this.u = new uPlot(
      {
        width: Math.max(60, host.clientWidth),
        height: Math.max(60, host.clientHeight),
        pxAlign: 1,
        legend: { show: false },
        padding: [8, 14, 0, 0],
        scales: {
          x: { time: scene.axis === "wall", range: () => xRange(this.scene) },
          y: { distr: scene.log ? 3 : 1, range: () => yRange(this.scene) },
        },
        series: [{}, { show: true, paths: () => null, points: { show: false } }],
        axes: [
          { ...axis, grid: { show: false }, space: scene.axis === "step" ? 52 : 78, size: 24, gap: 4, ...(scene.axis === "wall" ? {} : { values: (_u: uPlot, splits: number[]) => labels(splits) }) },
          { ...axis, grid: { stroke: () => token("--grid"), width: 1 }, space: 30, size: 44, gap: 6, values: (_u: uPlot, splits: number[]) => splits.map((v) => (v === null ? "" : tick(v))) },
        ],
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false },
          bind: {
            dblclick: () => () => { hooks.reset(); return null; },
            mousedown: (_u: uPlot, _target: HTMLElement, handler: (event: MouseEvent) => null) => (event: MouseEvent) => {
              if (!event.shiftKey || event.button !== 0) return handler(event);
              this.pan(event, hooks);
              return null;
            },
          },
        },
        hooks: {
          draw: [(u) => this.draw(u)],
          setCursor: [(u) => {
            if (this.placing) return;
            const left = u.cursor.left ?? -1;
            hooks.cursor(left < 0 ? null : u.posToVal(left, "x"), u.cursor.top ?? 0);
          }],
          setSelect: [(u) => {
            if (u.select.width < 4) return;
            const from = u.posToVal(u.select.left, "x");
            const to = u.posToVal(u.select.left + u.select.width, "x");
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            hooks.zoom(from, to, true);
          }],
        },
      },
      [xRange(scene), [null, null]],
      host,
    );
    this.u.over.addEventListener("wheel", (event) => this.wheel(event, hooks), { passive: false });
  }
  private placing = false;

  /** Alt + wheel zooms at the pointer; a plain wheel scrolls the page. */
  private wheel(event: WheelEvent, hooks: Hooks): void {
    if (!event.altKey || event.deltaY === 0) return;
    event.preventDefault();
    const [from, to] = this.range;
    const at = this.u.posToVal(event.clientX - this.u.over.getBoundingClientRect().left, "x");
    const by = event.deltaY < 0 ? 1 / NOTCH : NOTCH;
    hooks.zoom(at - (at - from) * by, at + (to - at) * by, false);
  }

  /** Shift + drag moves the window. */
  private pan(event: MouseEvent, hooks: Hooks): void {
    const [from, to] = this.range;
    const each = (to - from) / Math.max(1, this.u.over.clientWidth);
    let asked = 0;
    const move = (now: MouseEvent, done: boolean): void => {
      if (!done && now.timeStamp - asked < PAN_MS) return;
      asked = now.timeStamp;
      const by = (event.clientX - now.clientX) * each;
      if (by !== 0) hooks.zoom(from + by, to + by, done);
    };
    const during = (now: MouseEvent): void => move(now, false);
    addEventListener("mousemove", during);
    addEventListener("mouseup", (now) => { removeEventListener("mousemove", during); move(now, true); }, { once: true });
  }

  /** Draws another scene; axis kind and log need a new plot. */
  show(scene: Scene): void {
    this.scene = scene;
    this.u.setData([xRange(scene), [null, null]]);
  }

  redraw(): void {
    this.u.redraw(false);
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width > 60 && height > 60 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height });
  }

  get range(): [number, number] {
    return [this.u.scales["x"]?.min ?? 0, this.u.scales["x"]?.max ?? 1];
  }

  /** Columns of pixels the marks have. */
  get columns(): number {
    return Math.max(50, Math.round(this.u.over.clientWidth));
  }

  /** Where a value is, in pixels from the plot's top. */
  top(value: number): number {
    return this.u.valToPos(value, "y");
  }

  /** A point of the window for a point of the plot. */
  client(x: number, top: number): { x: number; y: number } {
    const box = this.u.over.getBoundingClientRect();
    return { x: box.left + this.u.valToPos(x, "x"), y: box.top + top };
  }

  /** Puts the cursor line at `x`, with a dot for each value; null takes it away. */
  cursor(x: number | null, values: readonly { value: number; slot: Slot | undefined }[]): void {
    this.placing = true;
    const left = x === null ? -10 : this.u.valToPos(x, "x");
    const inside = left >= 0 && left <= this.u.over.clientWidth;
    this.u.setCursor({ left: inside ? left : -10, top: inside ? 0 : -10 }, false);
    this.placing = false;
    while (this.dots.length < values.length) {
      const dot = document.createElement("i");
      dot.className = "cursor-dot";
      this.u.over.append(dot);
      this.dots.push(dot);
    }
    for (const [i, dot] of this.dots.entries()) {
      const at = values[i];
      dot.hidden = !inside || at === undefined;
      if (!at || !inside) continue;
      dot.style.transform = `translate(${left}px, ${this.u.valToPos(at.value, "y")}px)`;
      dot.style.background = paint(at.slot);
    }
  }

  destroy(): void {
    this.u.destroy();
  }

  private draw(u: uPlot): void {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineJoin = "round";
    const px = devicePixelRatio;
    const lines = [...this.scene.lines].sort((a, b) => Number(a.hovered) - Number(b.hovered));
    if (this.scene.smoothed) for (const line of lines) this.stroke(u, line, line.series.y, px, line.hovered ? 0.32 : 0.16);
    for (const line of lines) {
      const values = this.scene.smoothed ? line.series.smooth : line.series.y;
      this.stroke(u, line, values, (line.hovered ? 2.2 : 1.5) * px, line.slot ? 1 : 0.35);
    }
    ctx.globalAlpha = 1;
    for (const { series, slot } of lines) {
      ctx.strokeStyle = paint(slot);
      ctx.lineWidth = 1.2 * px;
      for (const { x } of series.nonfinite) {
        const at = u.valToPos(x, "x", true);
        const foot = bbox.top + bbox.height - 2 * px;
        ctx.beginPath();
        ctx.moveTo(at - 4 * px, foot - 7 * px);
        ctx.lineTo(at + 4 * px, foot - 7 * px);
        ctx.lineTo(at, foot);
        ctx.closePath();
        ctx.stroke();
      }
    }
    ctx.restore();
  }

  private stroke(u: uPlot, line: Line, values: Float64Array, width: number, alpha: number): void {
    const { ctx } = u;
    const { x } = line.series;
    ctx.strokeStyle = paint(line.slot);
    ctx.globalAlpha = alpha;
    ctx.lineWidth = width;
    ctx.setLineDash((DASHES[line.slot?.dash ?? 0] ?? []).map((n) => n * devicePixelRatio));
    ctx.beginPath();
    let down = false;
    for (let i = 0; i < x.length; i += 1) {
      const v = values[i] ?? Number.NaN;
      if (!Number.isFinite(v) || (this.scene.log && v <= 0)) { down = false; continue; }
      const px = u.valToPos(x[i] ?? 0, "x", true);
      const py = u.valToPos(v, "y", true);
      if (down) ctx.lineTo(px, py);
      else ctx.moveTo(px, py);
      down = true;
    }
    if (x.length === 1 && down) {
      const px = u.valToPos(x[0] ?? 0, "x", true);
      ctx.arc(px, u.valToPos(values[0] ?? 0, "y", true), 2 * devicePixelRatio, 0, 7);
    }
    ctx.stroke();
    ctx.setLineDash([]);
  }
}
