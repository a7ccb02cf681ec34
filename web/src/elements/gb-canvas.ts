import { html, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { onTheme } from "../lib/palette.ts";

export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void;

/** A canvas of a size in CSS pixels that is drawn again when the theme, the size or what is drawn changes. */
export class GbCanvas extends GbElement {
  static override properties = { wide: { type: Number }, high: { type: Number }, draw: { attribute: false } };
  declare wide: number;
  declare high: number;
  declare draw: Draw;
  private off: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.off = onTheme(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
  }

  protected override render(): TemplateResult {
    const scale = Math.min(2, devicePixelRatio || 1);
    return html`<canvas width=${Math.round(this.wide * scale)} height=${Math.round(this.high * scale)} aria-hidden="true"></canvas>`;
  }

  protected override updated(): void {
    const canvas = this.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const scale = Math.min(2, devicePixelRatio || 1);
    canvas.style.width = `${this.wide}px`;
    canvas.style.height = `${this.high}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.wide, this.high);
    this.draw(context, this.wide, this.high);
  }
}
define("gb-canvas", GbCanvas);
