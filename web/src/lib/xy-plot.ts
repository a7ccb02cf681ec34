/**
 * Lines and bands over numbers: uPlot draws axes and grid and keeps the scales, the marks are painted here, back to
 * front. For charts whose marks are no series of one value a step: percentiles, precision over recall, margins.
 */
import uPlot from "uplot";
import { duration, tick } from "./format.ts";
import { token } from "./palette.ts";
import { logTicks } from "./plot-scale.ts";

export type Column = ArrayLike<number>;

/** A line; `name` is the run's whose line it is. */
export interface XyLine {
  readonly name: string;
  readonly x: Column;
  readonly y: Column;
  readonly colour: string;
  readonly width?: number;
  readonly alpha?: number;
  readonly dash?: readonly number[];
  /** Follows its run when that is pointed at. */
  readonly lights?: boolean;
}

/** What lies between two lines. */
export interface XyBand {
  readonly x: Column;
  readonly low: Column;
  readonly high: Column;
  readonly colour: string;
  readonly alpha: number;
}

export type Axis = "step" | "relative" | "wall" | "plain";

export interface XyScene {
  readonly axis: Axis;
  readonly log: boolean;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly bands: readonly XyBand[];
  readonly lines: readonly XyLine[];
  /** Where a value is no number: hollow triangles on the foot. */
  readonly faults?: readonly { readonly x: number; readonly colour: string }[];
  /** Names of the axes, for plots whose title does not say them. */
  readonly names?: readonly [string, string];
}

export interface XyHooks {
  /** Where the pointer is, in numbers and in pixels of the plot; null when it left. */
  cursor(at: { x: number; y: number; left: number; top: number } | null): void;
  /** A stretch was dragged; plots without it do not zoom. */
  zoom?(from: number, to: number): void;
  reset?(): void;
  click?(x: number): void;
}

export interface Dot { readonly x: number; readonly y: number; readonly colour: string }

/** A press that moves less is a click. */
const STILL = 4;

/** The kinds of plot between which nothing but a new one helps. */
export const kindOf = (scene: XyScene): string => `${scene.axis} ${scene.log}`;

/** The smallest and the largest finite number, with `room` around them. */
export function extent(columns: Iterable<Column>, log: boolean, room: number): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const column of columns) {
    for (let i = 0; i < column.length; i += 1) {
      const v = column[i] ?? Number.NaN;
      if (!Number.isFinite(v) || (log && v <= 0)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  if (low > high) return log ? [0.1, 10] : [0, 1];
  if (log) return low === high ? [low / 2, high * 2] : room === 0 ? [low, high] : [low / 1.12, high * 1.12];
  if (low === high) return room === 0 ? [low - 1, high + 1] : [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
  return [low - (high - low) * room, high + (high - low) * room];
}

/** The index of the number nearest to `at` in a column that only goes up; −1 of none. */
export function nearestIn(column: Column, at: number): number {
  let [from, to] = [0, column.length - 1];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if ((column[middle] ?? 0) < at) from = middle;
    else to = middle;
  }
  return Math.abs((column[from] ?? 0) - at) <= Math.abs((column[to] ?? 0) - at) ? Math.min(from, column.length - 1) : to;
}

export class XyPlot {
  private readonly u: uPlot;
  private readonly dots: HTMLElement[] = [];
  private lit: string | null = null;
  private placing = false;

  constructor(private readonly host: HTMLElement, private scene: XyScene, private readonly hooks: XyHooks) {
    this.u = new uPlot(this.options(), [[...scene.x], [null, null]], host);
  }

  private options(): uPlot.Options {
    const { axis, log, names } = this.scene;
    const font = `11px "Inter Variable", system-ui, sans-serif`;
    const all = { font, labelFont: font, labelSize: 16, labelGap: 0, stroke: () => token("--axis"), ticks: { show: false }, border: { show: false } };
    const across = (splits: number[]): string[] => splits.map((v) => (axis === "relative" ? duration(v) : tick(v)));
    return {
      width: Math.max(60, this.host.clientWidth),
      height: Math.max(60, this.host.clientHeight),
      pxAlign: 1,
      legend: { show: false },
      padding: [8, 14, 0, 0],
      scales: {
        x: { time: axis === "wall", range: () => [...this.scene.x] },
        y: { distr: log ? 3 : 1, range: () => [...this.scene.y] },
      },
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      axes: [
        { ...all, grid: { show: false }, space: axis === "step" || axis === "plain" ? 52 : 78, size: 24, gap: 4, ...(names ? { label: names[0] } : {}), ...(axis === "wall" ? {} : { values: (_u: uPlot, splits: number[]) => across(splits) }) },
        {
          ...all, grid: { stroke: () => token("--grid"), width: 1 }, space: 30, size: 44, gap: 6, ...(names ? { label: names[1] } : {}),
          values: (_u: uPlot, splits: number[]) => splits.map((v) => (v === null ? "" : tick(v))),
          ...(log ? { splits: (u: uPlot, _i: number, low: number, high: number) => logTicks(low, high, (u.height - 32) / 36), filter: (_u: uPlot, splits: number[]) => splits } : {}),
        },
      ],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: this.hooks.zoom !== undefined, y: false, setScale: false },
        bind: {
          dblclick: () => () => { this.hooks.reset?.(); return null; },
          mousedown: (_u: uPlot, _target: HTMLElement, handler: (event: MouseEvent) => null) => (event: MouseEvent) => {
            if (event.button !== 0) return null;
            addEventListener("mouseup", (up) => {
              if (up.detail <= 1 && Math.hypot(up.clientX - event.clientX, up.clientY - event.clientY) < STILL) this.hooks.click?.(this.u.posToVal(event.clientX - this.box.left, "x"));
            }, { once: true });
            return handler(event);
          },
        },
      },
      hooks: {
        draw: [() => this.paint()],
        setCursor: [(u) => {
          if (this.placing) return;
          const { left = -1, top = -1 } = u.cursor;
          this.hooks.cursor(left < 0 ? null : { x: u.posToVal(left, "x"), y: u.posToVal(top, "y"), left, top });
        }],
        setSelect: [(u) => {
          if (u.select.width < STILL) return;
          const [from, to] = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          this.hooks.zoom?.(from, to);
        }],
      },
    };
  }

  get root(): HTMLElement {
    return this.u.root;
  }

  private get box(): DOMRect {
    return this.u.over.getBoundingClientRect();
  }

  /** Draws another scene of the same kind. */
  show(scene: XyScene): void {
    this.scene = scene;
    this.u.setData([[...scene.x], [null, null]]);
  }

  redraw(): void {
    this.u.redraw(false);
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width > 60 && height > 60 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height });
  }

  /** Draws the lines of one run stronger, over the others. */
  highlight(name: string | null): void {
    if (name === this.lit) return;
    this.lit = name;
    this.u.redraw(false);
  }

  /** Columns of pixels the marks have. */
  get columns(): number {
    return Math.max(50, Math.round(this.u.over.clientWidth));
  }

  left(x: number): number {
    return this.u.valToPos(x, "x");
  }

  top(y: number): number {
    return this.u.valToPos(y, "y");
  }

  /** A point of the window for a point of the plot, in pixels. */
  client(left: number, top: number): { x: number; y: number } {
    return { x: this.box.left + left, y: this.box.top + top };
  }

  /** Puts the cursor line at `x`, and the dots; null takes both away. */
  cursor(x: number | null, points: readonly Dot[]): void {
    this.placing = true;
    const left = x === null ? -10 : this.left(x);
    const inside = left >= 0 && left <= this.u.over.clientWidth;
    this.u.setCursor({ left: inside ? left : -10, top: inside ? 0 : -10 }, false);
    this.placing = false;
    while (this.dots.length < points.length) {
      const dot = document.createElement("i");
      dot.className = "cursor-dot";
      this.u.over.append(dot);
      this.dots.push(dot);
    }
    for (const [i, dot] of this.dots.entries()) {
      const at = points[i];
      dot.hidden = at === undefined || x === null || !Number.isFinite(at.y);
      if (!at || dot.hidden) continue;
      dot.style.transform = `translate(${this.left(at.x)}px, ${this.top(at.y)}px)`;
      dot.style.background = at.colour;
    }
  }

  destroy(): void {
    this.u.destroy();
  }

  private paint(): void {
    const { u, scene } = this;
    const { ctx } = u;
    const px = uPlot.pxRatio;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top - px, width + 2 * px, height + 2 * px);
    ctx.clip();
    const x = scale(u, "x", left, width, false, false);
    const y = scale(u, "y", top, height, true, scene.log);
    const foot = top + height;
    for (const band of scene.bands) {
      ctx.fillStyle = band.colour;
      ctx.globalAlpha = band.alpha;
      fill(ctx, band, x, y, scene.log ? foot : Infinity);
    }
    const lit = this.lit;
    for (const pass of lit === null ? [false] : [false, true]) {
      for (const line of scene.lines) {
        if ((lit !== null && line.lights !== false && line.name === lit) !== pass) continue;
        ctx.strokeStyle = line.colour;
        ctx.globalAlpha = pass ? Math.max(line.alpha ?? 1, 0.32) : (line.alpha ?? 1);
        ctx.lineWidth = px * ((line.width ?? 1.5) + (pass ? 0.7 : 0));
        ctx.setLineDash((line.dash ?? []).map((n) => n * px));
        stroke(ctx, line, x, y, scene.log, px);
      }
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 1.2 * px;
    let before = -Infinity;
    for (const fault of scene.faults ?? []) {
      const at = x(fault.x);
      if (Math.abs(at - before) < 9 * px) continue;
      before = at;
      ctx.strokeStyle = fault.colour;
      ctx.beginPath();
      ctx.moveTo(at - 4 * px, foot - 9 * px);
      ctx.lineTo(at + 4 * px, foot - 9 * px);
      ctx.lineTo(at, foot - 2 * px);
      ctx.closePath();
      ctx.stroke();
    }
    ctx.restore();
  }
}

/** A scale as a plain function, in canvas pixels: uPlot's own looks everything up again for every point. */
function scale(u: uPlot, key: string, from: number, size: number, up: boolean, log: boolean): (v: number) => number {
  const { min = 0, max = 1 } = u.scales[key] ?? {};
  const low = log ? Math.log(min) : min;
  const each = size / ((log ? Math.log(max) : max) - low || 1);
  const along = log ? (v: number) => (Math.log(v) - low) * each : (v: number) => (v - low) * each;
  return up ? (v) => from + size - along(v) : (v) => from + along(v);
}

type Place = (v: number) => number;

function stroke(ctx: CanvasRenderingContext2D, { x, y }: XyLine, atX: Place, atY: Place, log: boolean, px: number): void {
  ctx.lineJoin = "round";
  ctx.beginPath();
  let down = 0;
  let last: [number, number] | undefined;
  for (let i = 0; i < x.length; i += 1) {
    const v = y[i] ?? Number.NaN;
    if (!Number.isFinite(v) || (log && v <= 0)) { down = 0; continue; }
    const [left, top] = [atX(x[i] ?? 0), atY(v)];
    if (down > 0) ctx.lineTo(left, top);
    else {
      ctx.moveTo(left, top);
      last = [left, top];
    }
    down += 1;
  }
  ctx.stroke();
  // A line of one point is a dot.
  if (x.length === 1 && last) {
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.arc(last[0], last[1], 2.5 * px, 0, 7);
    ctx.fill();
  }
}

/** `foot` is where what has no logarithm ends. */
function fill(ctx: CanvasRenderingContext2D, { x, low, high }: XyBand, atX: Place, atY: Place, foot: number): void {
  const log = Number.isFinite(foot);
  const shown = (i: number): boolean => Number.isFinite(low[i]) && Number.isFinite(high[i]) && (!log || (high[i] ?? 0) > 0);
  const below = (i: number): number => (log && (low[i] ?? 0) <= 0 ? foot : atY(low[i] ?? 0));
  let start = 0;
  for (let i = 0; i <= x.length; i += 1) {
    if (i < x.length && shown(i)) continue;
    if (i - start > 1) {
      ctx.beginPath();
      for (let k = start; k < i; k += 1) ctx.lineTo(atX(x[k] ?? 0), atY(high[k] ?? 0));
      for (let k = i - 1; k >= start; k -= 1) ctx.lineTo(atX(x[k] ?? 0), below(k));
      ctx.fill();
    }
    start = i + 1;
  }
}
