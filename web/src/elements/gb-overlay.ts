import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { methodColour } from "../lib/colour.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { icon } from "../lib/icons.ts";
import { paint, percentile, rank, snapped, type Blend, type Look, type Picture, type Sign } from "../lib/picture.ts";
import type { Run } from "../lib/session.ts";
import { vars } from "../lib/vars.ts";

export type Lay = "over" | "swipe" | "side" | "grid";
export interface OverlayLook { readonly lay: Lay; readonly op: number; readonly p: number; readonly sign: Sign; readonly blend: Blend; readonly gray: boolean; readonly norm: "each" | "shared" | "none"; readonly snap: boolean; readonly sw: number }
export interface LookChange { readonly change: Partial<OverlayLook>; readonly push: boolean }

const LAYOUTS: readonly (readonly [Lay, string])[] = [["over", "Overlay"], ["swipe", "Swipe"], ["side", "Side by side"], ["grid", "Grid"]];

/** The picture with its attribution. The look lives in the address; changes are told by `gb-look`, `gb-point`. */
export class GbOverlay extends GbElement {
  static override properties = { runs: { attribute: false }, main: { attribute: false }, look: { attribute: false }, label: {}, original: { state: true }, version: { attribute: false } };
  declare runs: readonly Run[];
  declare main: string;
  declare look: OverlayLook;
  declare label: string;
  declare version: number;
  declare original: boolean;
  private observer: ResizeObserver | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this);
    document.addEventListener("gb-theme", this.redraw);
    document.addEventListener("keydown", this.hold);
    document.addEventListener("keyup", this.release);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
    document.removeEventListener("gb-theme", this.redraw);
    document.removeEventListener("keydown", this.hold);
    document.removeEventListener("keyup", this.release);
  }

  private readonly redraw = (): void => this.draw();
  /** Space held on the stage shows the picture alone. */
  private readonly hold = (event: KeyboardEvent): void => {
    if (event.key !== " " || !(event.target instanceof Element) || !event.target.closest(".gb-stage") || event.target.closest("button")) return;
    event.preventDefault();
    this.original = true;
  };
  private readonly release = (event: KeyboardEvent): void => {
    if (event.key === " ") this.original = false;
  };

  private get drawn(): readonly Run[] {
    return (this.runs ?? []).filter((run) => run.picture);
  }

  private get shown(): Run | undefined {
    return this.drawn.find((run) => run.method.name === this.main) ?? this.drawn[0];
  }

  /** The map of a run, as it is or with each superpixel at its mean. */
  private mapOf(run: Run | undefined): Picture | undefined {
    return run?.picture && (this.look.snap ? snapped(run.picture) : run.picture);
  }

  /** ±p99.5 of the map, or the largest of all maps where they share a scale; with none, a value of 1 has the full colour. */
  private scaleOf(picture: Picture): number {
    if (this.look.norm === "none") return 1;
    const pictures = this.look.norm === "shared" ? this.drawn.map((run) => this.mapOf(run)).filter((p): p is Picture => p !== undefined) : [picture];
    return Math.max(1e-30, ...pictures.map((p) => percentile(p, 99.5)));
  }

  private lookOf(picture: Picture): Look {
    const { op, p, sign, blend, gray } = this.look;
    return { opacity: op / 100, percentile: p, sign, blend, gray, scale: this.scaleOf(picture) };
  }

  protected override render(): TemplateResult {
    const { lay } = this.look;
    const run = this.shown;
    return html`
      <div class="gb-lay">
        <fieldset class="seg"><legend class="sr-only">Layout</legend>
          ${LAYOUTS.map(([key, name]) => html`<label><input type="radio" name="lay" .checked=${lay === key} @change=${() => this.tell({ lay: key }, true)}>${name}</label>`)}
        </fieldset>
      </div>
      ${run ? this.stage(run) : this.waiting()}
      ${run?.picture ? this.legend(this.mapOf(run) ?? run.picture) : nothing}
      ${this.strip()}`;
  }

  private waiting(): TemplateResult {
    const first = (this.runs ?? []).find((run) => run.state === "running" || run.state === "queued");
    const failed = (this.runs ?? []).find((run) => run.state === "failed");
    return html`<div class="gb-stage gb-stage-wait" data-lay="over"><div class="gb-frame gb-wait">
      ${!first && failed ? html`<p class="notice notice-bad" role="alert"><b>${failed.method.title} failed.</b> ${failed.error}</p>` : html`<p class="muted">${first ? `${first.method.title}: ${first.message || "waiting for a worker"}` : "Asking for explanations…"}</p>`}
    </div></div>`;
  }

  private stage(run: Run): TemplateResult {
    const { lay, sw } = this.look;
    const picture = run.picture;
    if (!picture) return html``;
    if (lay === "grid") {
      return html`<div class="gb-stage" data-lay="grid">${this.drawn.map((one) => html`<figure class="gb-frame" ${this.ratio(one.picture)}>
        <canvas data-run=${one.method.name} role="img" aria-label=${`${one.method.title} over the input`} @pointermove=${(e: PointerEvent) => this.point(e, one)}></canvas><figcaption class="gb-tag">${one.method.title}</figcaption></figure>`)}</div>`;
    }
    const map = html`<canvas data-run=${run.method.name} role="img" aria-label=${`${run.method.title} over the input`}></canvas>`;
    const plain = html`<canvas data-plain role="img" aria-label="The input as the model gets it"></canvas>`;
    const move = (e: PointerEvent): void => this.point(e, run);
    if (lay === "side") {
      return html`<div class="gb-stage" data-lay="side">
        <figure class="gb-frame" ${this.ratio(picture)} @pointermove=${move}>${plain}<figcaption class="gb-tag">Original</figcaption></figure>
        <figure class="gb-frame" ${this.ratio(picture)} @pointermove=${move}>${map}<figcaption class="gb-tag">${run.method.title}</figcaption></figure></div>`;
    }
    return html`<div class="gb-stage" data-lay=${lay}>
      <figure class="gb-frame" tabindex="0" aria-label="Picture. Hold space to see the original." ${this.ratio(picture)} ${vars({ "--sw": `${sw}%` })} @pointermove=${move} @pointerleave=${() => this.point(undefined, run)}>
        ${lay === "swipe" ? plain : nothing}
        ${map}
        ${lay === "swipe" ? html`<span class="gb-tag gb-tag-left">Original</span>
          <div class="gb-swipe" role="slider" tabindex="0" aria-label="Swipe between the original and the explanation" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(sw)}
            @keydown=${this.swipeKey} @pointerdown=${this.swipeStart}><span>${icon("swap")}</span></div>` : nothing}
        <figcaption class="gb-tag ${lay === "swipe" ? "gb-tag-right" : ""}">${this.original ? "Original" : run.method.title}</figcaption>
      </figure></div>`;
  }

  private ratio(picture: Picture | undefined): ReturnType<typeof vars> {
    return vars({ "aspect-ratio": `${picture?.width ?? 1} / ${picture?.height ?? 1}` });
  }

  private legend(picture: Picture): TemplateResult {
    const written = value(this.scaleOf(picture), 2);
    const { sign } = this.look;
    if (sign === "a") return html`<p class="gb-legend small muted"><span>0</span><i class="gb-legend-abs" aria-hidden="true"></i><span>|x| <span class="mono">${written}</span></span></p>`;
    return html`<p class="gb-legend small muted"><span>Against ${this.label}</span><i class="gb-legend-div" aria-hidden="true"></i><span>For ${this.label} <span class="mono">±${written}</span></span></p>`;
  }

  private strip(): TemplateResult {
    return html`<ul class="gb-strip" aria-label="Methods">
      ${(this.runs ?? []).map((run, i) => (run.state === "no" || run.state === "idle" ? nothing : html`<li><button type="button" aria-pressed=${run === this.shown} ?disabled=${!run.picture} @click=${() => this.dispatchEvent(new CustomEvent<Run>("gb-method", { detail: run, bubbles: true }))}>
        ${run.picture ? html`<canvas data-thumb=${run.method.name} aria-hidden="true" ${this.ratio(run.picture)}></canvas>` : html`<span class="gb-thumb-wait" ${vars({ "--swatch": methodColour(i) })}></span>`}
        <b class="ellipsis small">${run.method.title}</b>
        <span class="muted xs">${run.result?.evidence?.insertion ? `ins. ${run.result.evidence.insertion.auc.toFixed(3)}` : run.state === "done" ? "done" : run.state === "failed" ? "failed" : run.state === "cancelled" ? "cancelled" : `${Math.round(run.progress * 100)} %`}</span>
      </button></li>`))}
    </ul>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.draw();
  }

  private draw(): void {
    if (!this.look) return;
    const byName = new Map(this.drawn.map((run) => [run.method.name, run]));
    for (const canvas of this.querySelectorAll<HTMLCanvasElement>("canvas[data-run]")) {
      const picture = this.mapOf(byName.get(canvas.dataset["run"] ?? ""));
      if (picture) paint(canvas, picture, this.original ? undefined : this.lookOf(picture));
    }
    for (const canvas of this.querySelectorAll<HTMLCanvasElement>("canvas[data-plain]")) if (this.shown?.picture) paint(canvas, this.shown.picture);
    for (const canvas of this.querySelectorAll<HTMLCanvasElement>("canvas[data-thumb]")) {
      const picture = this.mapOf(byName.get(canvas.dataset["thumb"] ?? ""));
      if (picture) paint(canvas, picture, this.lookOf(picture));
    }
  }

  private tell(change: Partial<OverlayLook>, push: boolean): void {
    this.dispatchEvent(new CustomEvent<LookChange>("gb-look", { detail: { change, push }, bubbles: true }));
  }

  private point(event: PointerEvent | undefined, run: Run): void {
    const picture = this.mapOf(run);
    let detail: string | undefined;
    let sign = 0;
    if (event && picture && event.currentTarget instanceof Element) {
      const box = event.currentTarget.getBoundingClientRect();
      const x = Math.floor(((event.clientX - box.left) / box.width) * picture.width);
      const y = Math.floor(((event.clientY - box.top) / box.height) * picture.height);
      if (x >= 0 && y >= 0 && x < picture.width && y < picture.height) {
        const v = picture.values[y * picture.width + x] ?? 0;
        sign = Math.sign(v);
        detail = `(${x}, ${y})|${v > 0 ? "+" : ""}${value(v, 3)}|${(rank(picture, v) * 100).toFixed(1)} %`;
      }
    }
    this.dispatchEvent(new CustomEvent("gb-point", { detail: detail ? { text: detail, sign } : undefined, bubbles: true }));
  }

  private readonly swipeKey = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 10 : 1;
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? 100 : by === undefined ? undefined : Math.min(100, Math.max(0, this.look.sw + by));
    if (to === undefined) return;
    event.preventDefault();
    this.tell({ sw: to }, false);
  };

  private readonly swipeStart = (event: PointerEvent): void => {
    const knob = event.currentTarget as HTMLElement;
    const frame = knob.parentElement;
    if (!frame) return;
    event.preventDefault();
    knob.focus();
    knob.setPointerCapture(event.pointerId);
    const move = (e: PointerEvent): void => {
      const box = frame.getBoundingClientRect();
      this.tell({ sw: Math.round(Math.min(100, Math.max(0, ((e.clientX - box.left) / box.width) * 100))) }, false);
    };
    knob.addEventListener("pointermove", move);
    knob.addEventListener("lostpointercapture", () => knob.removeEventListener("pointermove", move), { once: true });
  };
}
define("gb-overlay", GbOverlay);
