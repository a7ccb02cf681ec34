/** The canvas of a line chart: uPlot draws axes and grid and keeps the scales, `Marks` draws the marks. */
import uPlot from "uplot";
import { duration, tick } from "./format.ts";
import { paint, token, type Slot } from "./palette.ts";
import { Marks, type Places } from "./plot-marks.ts";
import { logTicks, xRange, yRange, type Scene } from "./plot-scale.ts";

export interface Hooks {
  cursor(x: number | null, top: number): void;
  /** `done` at the end of a gesture; in its midst the address changes without a history entry. */
  zoom(from: number, to: number, done: boolean): void;
  select(from: number, to: number, done: boolean): void;
  click(x: number, top: number): void;
  reset(): void;
}

/** One notch of Alt + wheel. */
const NOTCH = 1.25;
/** A gesture asks for points this often at most. */
const GESTURE_MS = 60;
/** Ticks of an axis of steps: nothing was logged between two. */
const WHOLE = Array.from({ length: 48 }, (_, i) => ([1, 2, 5][i % 3] as number) * 10 ** Math.floor(i / 3));
/** A press that moves less is a click. */
const STILL = 4;

/** The kinds of plot between which nothing but a new one helps. */
export const kindOf = (scene: Scene): string => `${scene.axis} ${scene.log} ${scene.logX}`;

export class LinePlot {
  private readonly u: uPlot;
  private readonly marks: Marks;
  private readonly dots: HTMLElement[] = [];
  private ranges: { x: [number, number]; y: [number, number] };

  constructor(private readonly host: HTMLElement, private scene: Scene, private readonly hooks: Hooks) {
    this.ranges = { x: xRange(scene), y: yRange(scene) };
    this.u = new uPlot(this.options(host, scene), [this.ranges.x, [null, null]], host);
    this.marks = new Marks(this.u.over);
    this.u.over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.paint();
  }
  private placing = false;

  private options(host: HTMLElement, scene: Scene): uPlot.Options {
    const font = `11px "Inter Variable", system-ui, sans-serif`;
    const axis = { font, stroke: () => token("--axis"), ticks: { show: false }, border: { show: false } };
    const labels = (splits: number[]): string[] => (scene.axis === "relative" ? splits.map(duration) : alike(splits));
    const log = (gap: number) => (u: uPlot, index: number, low: number, high: number): number[] =>
      logTicks(low, high, (index === 0 ? u.width - 58 : u.height - 32) / gap);
    return {
      width: Math.max(60, host.clientWidth),
      height: Math.max(60, host.clientHeight),
      pxAlign: 1,
      legend: { show: false },
      padding: [8, 14, 0, 0],
      scales: {
        x: { time: scene.axis === "wall", distr: scene.logX ? 3 : 1, range: () => this.ranges.x },
        y: { distr: scene.log ? 3 : 1, range: () => this.ranges.y },
      },
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      axes: [
        {
          ...axis, grid: { show: false }, ...(scene.axis === "step" ? { incrs: WHOLE } : {}), space: scene.axis === "step" || scene.axis === "metric" ? 52 : 78, size: 24, gap: 4,
          ...(scene.axis === "wall" && !scene.logX ? {} : { values: (_u: uPlot, splits: number[]) => labels(splits) }),
          ...(scene.logX ? { splits: log(60), filter: (_u: uPlot, splits: number[]) => splits } : {}),
        },
        {
          ...axis, grid: { stroke: () => token("--grid"), width: 1 }, space: 30, size: 44, gap: 6,
          values: (_u: uPlot, splits: number[]) => splits.map((v) => (v === null ? "" : tick(v))),
          ...(scene.log ? { splits: log(36), filter: (_u: uPlot, splits: number[]) => splits } : {}),
        },
      ],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => { this.hooks.reset(); return null; },
          mousedown: (_u: uPlot, _target: HTMLElement, handler: (event: MouseEvent) => null) => (event: MouseEvent) => {
            if (event.button !== 0) return null;
            if (event.shiftKey) this.pan(event);
            else if (event.ctrlKey || event.metaKey) this.selecting(event);
            else {
              addEventListener("mouseup", (up) => this.released(event, up), { once: true });
              return handler(event);
            }
            return null;
          },
        },
      },
      hooks: {
        draw: [() => this.paint()],
        setCursor: [(u) => {
          if (this.placing) return;
          const left = u.cursor.left ?? -1;
          this.hooks.cursor(left < 0 ? null : u.posToVal(left, "x"), u.cursor.top ?? 0);
        }],
        setSelect: [(u) => {
          if (u.select.width < STILL) return;
          const from = u.posToVal(u.select.left, "x");
          const to = u.posToVal(u.select.left + u.select.width, "x");
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          this.hooks.zoom(from, to, true);
        }],
      },
    };
  }

  private get width(): number {
    return this.u.over.clientWidth;
  }

  private at(event: MouseEvent): number {
    return event.clientX - this.u.over.getBoundingClientRect().left;
  }

  private value(left: number): number {
    return this.u.posToVal(left, "x");
  }

  /** Alt + wheel zooms at the pointer; a plain wheel scrolls the page. */
  private wheel(event: WheelEvent): void {
    if (!event.altKey || event.deltaY === 0) return;
    event.preventDefault();
    this.scale(event.deltaY < 0 ? 1 / NOTCH : NOTCH, this.at(event), false);
  }

  /** Zooms around a pixel, which stays where it is; on a logarithmic axis too. */
  scale(by: number, around: number, done: boolean): void {
    this.hooks.zoom(this.value(around - around * by), this.value(around + (this.width - around) * by), done);
  }

  /** Calls `move` during a press, then once more with `done`. */
  private during(move: (now: MouseEvent, done: boolean) => void): void {
    let asked = 0;
    const moved = (now: MouseEvent): void => {
      if (now.timeStamp - asked < GESTURE_MS) return;
      asked = now.timeStamp;
      move(now, false);
    };
    this.host.closest("figure")?.focus({ preventScroll: true });
    addEventListener("mousemove", moved);
    addEventListener("mouseup", (now) => { removeEventListener("mousemove", moved); move(now, true); }, { once: true });
  }

  /** Shift + drag moves the window. */
  private pan(event: MouseEvent): void {
    const [from, to] = this.range;
    const { logX } = this.scene;
    const each = (logX ? Math.log(to / from) : to - from) / Math.max(1, this.width);
    this.during((now, done) => {
      const by = (event.clientX - now.clientX) * each;
      if (by !== 0) this.hooks.zoom(logX ? from * Math.exp(by) : from + by, logX ? to * Math.exp(by) : to + by, done);
    });
  }

  /** Ctrl + drag selects a stretch for the table of numbers. */
  private selecting(event: MouseEvent): void {
    const start = this.at(event);
    this.during((now, done) => {
      const end = Math.max(0, Math.min(this.width, this.at(now)));
      const [a, b] = Math.abs(end - start) < STILL ? [start, start] : [Math.min(start, end), Math.max(start, end)];
      this.hooks.select(this.value(a), this.value(b), done);
    });
  }

  private released(down: MouseEvent, up: MouseEvent): void {
    if (up.detail > 1 || Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) >= STILL) return;
    this.hooks.click(this.value(this.at(up)), up.clientY - this.u.over.getBoundingClientRect().top);
  }

  /** Draws another scene of the same kind. */
  show(scene: Scene): void {
    this.scene = scene;
    this.ranges = { x: xRange(scene), y: yRange(scene) };
    this.u.setData([this.ranges.x, [null, null]]);
  }

  redraw(): void {
    this.u.redraw(false);
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width > 60 && height > 60 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height });
  }

  highlight(run: string | null): void {
    this.marks.highlight(run);
  }

  get range(): [number, number] {
    return [this.u.scales["x"]?.min ?? 0, this.u.scales["x"]?.max ?? 1];
  }

  /** Columns of pixels the marks have. */
  get columns(): number {
    return Math.max(50, Math.round(this.width));
  }

  /** Where a value is, in pixels from the plot's left or top. */
  left(x: number): number {
    return this.u.valToPos(x, "x");
  }

  top(value: number): number {
    return this.u.valToPos(value, "y");
  }

  /** A point of the window for a point of the plot. */
  client(x: number, top: number): { x: number; y: number } {
    const box = this.u.over.getBoundingClientRect();
    return { x: box.left + this.left(x), y: box.top + top };
  }

  /** Puts the cursor line at `x`, with a dot for each value; null takes it away. */
  cursor(x: number | null, values: readonly { x: number; value: number; slot: Slot | undefined }[]): void {
    this.placing = true;
    const left = x === null ? -10 : this.left(x);
    const inside = left >= 0 && left <= this.width;
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
      dot.style.transform = `translate(${this.scene.axis === "metric" ? this.left(at.x) : left}px, ${this.top(at.value)}px)`;
      dot.style.background = paint(at.slot);
    }
  }

  destroy(): void {
    this.marks.destroy();
    this.u.destroy();
  }

  private paint(): void {
    // uPlot draws once inside its constructor, before the marks are there.
    if (!this.marks) return;
    this.marks.paint(this.scene, places(this.u));
  }
}

/** Scales as plain functions: uPlot's own look each one up again for every point. */
function places(u: uPlot): Places {
  const { clientWidth: width, clientHeight: height } = u.over;
  const along = (key: string, size: number, up: boolean): ((v: number) => number) => {
    const { min = 0, max = 1, distr } = u.scales[key] ?? {};
    const log = distr === 3;
    const low = log ? Math.log(min) : min;
    const each = size / ((log ? Math.log(max) : max) - low);
    if (log) return up ? (v) => size - (Math.log(v) - low) * each : (v) => (Math.log(v) - low) * each;
    return up ? (v) => size - (v - low) * each : (v) => (v - low) * each;
  };
  return { width, height, x: along("x", width, false), y: along("y", height, true) };
}

/** One unit along one axis: 5k beside 10k, and 1500 where nothing is larger. */
function alike(splits: number[]): string[] {
  const thousands = splits.some((v) => Math.abs(v) >= 1e4);
  return splits.map((v) => (thousands && Math.abs(v) >= 1e3 && Math.abs(v) < 1e4 ? `${tick(v / 1e3)}k` : tick(v)));
}
