/**
 * The marks of a line chart on canvases of their own: bands, lines, triangles, ends. Many lines are painted in
 * slices of a frame, into a picture that is shown when it is whole, so that scrolling never waits for one.
 */
import { DASHES, paint, token } from "./palette.ts";
import type { Line, Scene } from "./plot-scale.ts";
import type { Series } from "./scalars.ts";
import { scrolling } from "./scrolling.ts";

/** Where numbers are, in CSS pixels of the plot. */
export interface Places {
  readonly width: number;
  readonly height: number;
  x(value: number): number;
  y(value: number): number;
}

/** A piece of a picture, and how many points it has. */
interface Job {
  readonly cost: number;
  run(): void;
}

/** Points painted at once, before slices begin. */
const AT_ONCE = 12_000;
/** Points of all slices of a frame, and while the page is scrolled: the browser fills pixels after the script is done. */
const SLICE = 9_000;
const SLICE_SCROLLING = 450;

const waiting = new Set<Marks>();
let running = false;

function turn(): void {
  let left = scrolling() ? SLICE_SCROLLING : SLICE;
  for (const marks of waiting) {
    while (left > 0) {
      const cost = marks.step();
      if (cost === null) { waiting.delete(marks); break; }
      left -= cost;
    }
    if (left <= 0) break;
  }
  running = waiting.size > 0;
  if (running) requestAnimationFrame(turn);
}

function canvas(host: HTMLElement): HTMLCanvasElement {
  const made = document.createElement("canvas");
  made.className = "plot-marks";
  host.prepend(made);
  return made;
}

export class Marks {
  private readonly top: HTMLCanvasElement;
  private readonly base: HTMLCanvasElement;
  private back: HTMLCanvasElement | undefined;
  private jobs: Job[] = [];
  private scene: Scene | undefined;
  private places: Places | undefined;
  private lit = "";

  constructor(host: HTMLElement) {
    this.top = canvas(host);
    this.base = canvas(host);
  }

  /** Paints a scene; the one before stays until it is whole. */
  paint(scene: Scene, places: Places): void {
    this.scene = scene;
    this.places = places;
    const points = scene.lines.reduce((sum, { series }) => sum + series.x.length, 0);
    const direct = points <= AT_ONCE && scene.lines.length <= 60;
    if (!direct) this.back ??= document.createElement("canvas");
    const target = direct ? this.base : (this.back ?? this.base);
    const ctx = this.ready(target, places);
    if (!ctx) return;
    this.jobs = jobs(ctx, scene, places);
    if (direct) {
      for (const job of this.jobs) job.run();
      this.jobs = [];
      waiting.delete(this);
    } else {
      waiting.add(this);
      if (!running) { running = true; requestAnimationFrame(turn); }
    }
    this.lit = "";
    this.highlight(null);
  }

  /** Does a piece of what is waiting; answers what it cost, and null when nothing is left. */
  step(): number | null {
    const job = this.jobs.shift();
    job?.run();
    if (job && this.jobs.length > 0) return job.cost;
    if (this.back && this.places) {
      const ctx = this.ready(this.base, this.places);
      ctx?.setTransform(1, 0, 0, 1, 0, 0);
      ctx?.drawImage(this.back, 0, 0);
    }
    return null;
  }

  /** Draws the lines of one run over the others, stronger. */
  highlight(run: string | null): void {
    const { scene, places } = this;
    if (!scene || !places || this.lit === (run ?? "")) return;
    this.lit = run ?? "";
    const ctx = this.ready(this.top, places);
    if (!ctx || run === null) return;
    for (const line of scene.lines) {
      if (line.series.run !== run) continue;
      if (scene.smoothed) stroke(ctx, scene, places, line, line.series.y, 1, 0.32);
      stroke(ctx, scene, places, line, scene.smoothed ? line.series.smooth : line.series.y, 2.2, 1, line.slot ? undefined : token("--text"));
    }
  }

  destroy(): void {
    waiting.delete(this);
    this.jobs = [];
  }

  /** A canvas of the right size, empty, in CSS pixels. */
  private ready(on: HTMLCanvasElement, { width, height }: Places): CanvasRenderingContext2D | null {
    const px = Math.min(2, devicePixelRatio);
    const [w, h] = [Math.max(1, Math.round(width * px)), Math.max(1, Math.round(height * px))];
    if (on.width !== w || on.height !== h) { on.width = w; on.height = h; }
    const ctx = on.getContext("2d");
    ctx?.setTransform(px, 0, 0, px, 0, 0);
    ctx?.clearRect(0, 0, width, height);
    return ctx;
  }
}

/** What is to be painted, back to front, each piece short. */
function jobs(ctx: CanvasRenderingContext2D, scene: Scene, places: Places): Job[] {
  const { lines, smoothed } = scene;
  const all: Job[] = [];
  const add = (run: () => void, cost = 200): void => { all.push({ run, cost }); };
  // Of very many lines, how dense they lie is what one sees.
  const faint = Math.max(0.08, 0.35 * Math.sqrt(Math.min(1, 36 / lines.length)));
  if (scene.selected) add(() => selection(ctx, scene, places));
  for (const line of lines) if (line.series.band) add(() => bands(ctx, scene, places, line), 2 * line.series.x.length);
  if (smoothed && lines.length <= 60) for (const line of lines) add(() => stroke(ctx, scene, places, line, line.series.y, 1, line.series.band ? 0.3 : 0.16), line.series.x.length);
  for (const line of lines) add(() => stroke(ctx, scene, places, line, smoothed ? line.series.smooth : line.series.y, line.series.band ? 2 : line.slot ? 1.5 : 1, line.slot ? 1 : faint), line.series.x.length);
  add(() => triangles(ctx, scene, places));
  add(() => faults(ctx, scene, places));
  if (scene.ends) add(() => ends(ctx, scene, places));
  return all;
}

function stroke(ctx: CanvasRenderingContext2D, scene: Scene, places: Places, line: Line, values: Float64Array, width: number, alpha: number, colour?: string): void {
  const { x } = line.series;
  ctx.strokeStyle = colour ?? paint(line.slot);
  ctx.globalAlpha = alpha;
  ctx.lineWidth = width;
  ctx.lineJoin = line.slot ? "round" : "bevel";
  ctx.setLineDash([...(DASHES[((line.slot?.dash ?? 0) + line.dash) % DASHES.length] ?? [])]);
  ctx.beginPath();
  let down = false;
  for (let i = 0; i < x.length; i += 1) {
    const v = values[i] ?? Number.NaN;
    const at = x[i] ?? 0;
    if (!Number.isFinite(v) || (scene.log && v <= 0) || (scene.logX && at <= 0)) { down = false; continue; }
    if (down) ctx.lineTo(places.x(at), places.y(v));
    else ctx.moveTo(places.x(at), places.y(v));
    down = true;
  }
  if (x.length === 1 && down) ctx.arc(places.x(x[0] ?? 0), places.y(values[0] ?? 0), 2, 0, 7);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

/** The extremes of the group, and within them one standard deviation around the mean. */
function bands(ctx: CanvasRenderingContext2D, scene: Scene, places: Places, { series, slot }: Line): void {
  const { band, y } = series;
  if (!band) return;
  ctx.fillStyle = paint(slot);
  const at = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;
  if (scene.band === "both" || scene.band === "minmax") fill(ctx, scene, places, series, (i) => at(band.min, i), (i) => at(band.max, i), 0.1);
  if (scene.band === "both" || scene.band === "std") fill(ctx, scene, places, series, (i) => at(y, i) - at(band.std, i), (i) => at(y, i) + at(band.std, i), 0.18);
}

function fill(ctx: CanvasRenderingContext2D, scene: Scene, places: Places, { x }: Series, low: (i: number) => number, high: (i: number) => number, alpha: number): void {
  ctx.globalAlpha = alpha;
  let start = 0;
  const shown = (i: number): boolean => Number.isFinite(low(i)) && Number.isFinite(high(i)) && (!scene.log || high(i) > 0) && (!scene.logX || (x[i] ?? 0) > 0);
  const foot = (i: number): number => (scene.log && low(i) <= 0 ? places.height : places.y(low(i)));
  for (let i = 0; i <= x.length; i += 1) {
    if (i < x.length && shown(i)) continue;
    if (i - start > 1) {
      ctx.beginPath();
      for (let k = start; k < i; k += 1) ctx.lineTo(places.x(x[k] ?? 0), places.y(high(k)));
      for (let k = i - 1; k >= start; k -= 1) ctx.lineTo(places.x(x[k] ?? 0), foot(k));
      ctx.fill();
    }
    start = i + 1;
  }
  ctx.globalAlpha = 1;
}

function selection(ctx: CanvasRenderingContext2D, { selected }: Scene, places: Places): void {
  if (!selected) return;
  const [from, to] = [places.x(selected[0]), places.x(selected[1])];
  ctx.fillStyle = ctx.strokeStyle = token("--accent");
  ctx.globalAlpha = 0.1;
  ctx.fillRect(from, 0, to - from, places.height);
  ctx.globalAlpha = 0.8;
  for (const at of new Set([from, to])) ctx.fillRect(at - 0.5, 0, 1, places.height);
  ctx.globalAlpha = 1;
}

/** A hollow triangle on the foot for every value that is no number. */
function triangles(ctx: CanvasRenderingContext2D, { lines, logX }: Scene, places: Places): void {
  ctx.lineWidth = 1.2;
  const foot = places.height - 2;
  for (const { series, slot } of lines) {
    ctx.strokeStyle = paint(slot);
    ctx.beginPath();
    let before = -Infinity;
    for (const { x } of series.nonfinite) {
      if (logX && x <= 0) continue;
      const at = places.x(x);
      // Of those that would lie over one another one is drawn.
      if (Math.abs(at - before) < 9) continue;
      before = at;
      ctx.moveTo(at - 4, foot - 7);
      ctx.lineTo(at + 4, foot - 7);
      ctx.lineTo(at, foot);
      ctx.closePath();
    }
    ctx.stroke();
  }
}

/** A flag at the top where a run went wrong for the first time. */
function faults(ctx: CanvasRenderingContext2D, scene: Scene, places: Places): void {
  for (const { x, slot } of scene.faults) {
    if (scene.logX && x <= 0) continue;
    const at = places.x(x);
    ctx.strokeStyle = ctx.fillStyle = paint(slot);
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 2]);
    ctx.beginPath();
    ctx.moveTo(at, 0);
    ctx.lineTo(at, places.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(at, 0);
    ctx.lineTo(at + 8, 3.5);
    ctx.lineTo(at, 7);
    ctx.fill();
  }
}

/** A shape at the end of each line, for prints without colour. */
function ends(ctx: CanvasRenderingContext2D, scene: Scene, places: Places): void {
  for (const [n, { series, slot }] of scene.lines.entries()) {
    const values = scene.smoothed ? series.smooth : series.y;
    let last = series.x.length - 1;
    while (last >= 0 && !Number.isFinite(values[last] ?? Number.NaN)) last -= 1;
    if (last < 0) continue;
    const [x, y, r] = [places.x(series.x[last] ?? 0), places.y(values[last] ?? 0), 4];
    ctx.fillStyle = paint(slot);
    ctx.beginPath();
    switch (n % 4) {
      case 0: ctx.arc(x, y, r, 0, 7); break;
      case 1: ctx.moveTo(x, y - r); ctx.lineTo(x + r, y + r); ctx.lineTo(x - r, y + r); break;
      case 2: ctx.rect(x - r, y - r, 2 * r, 2 * r); break;
      default: ctx.moveTo(x, y - r - 1); ctx.lineTo(x + r + 1, y); ctx.lineTo(x, y + r + 1); ctx.lineTo(x - r - 1, y);
    }
    ctx.fill();
  }
}
