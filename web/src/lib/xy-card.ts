/** What the cards of a chart share: they draw when something changed, and say where the cursor is. */
import { html, nothing, type TemplateResult } from "lit";
import { board } from "./board.ts";
import { say } from "./say.ts";
import { SeenCard } from "./seen-card.ts";
import { hideTip } from "./tooltip.ts";
import { XyPlot, kindOf, type XyHooks, type XyScene } from "./xy-plot.ts";

export abstract class XyCard extends SeenCard {
  protected plot: XyPlot | undefined;
  /** Where the keyboard's cursor is. */
  protected key: number | null = null;
  private made = "";
  /** What is drawn. */
  private drawn: XyScene | undefined;

  /** What the card is called, for controls and readers. */
  protected abstract get label(): string;
  /** What `full` in the address calls the card. */
  protected abstract get place(): string;
  /** Undefined where there is nothing to draw. */
  protected abstract scene(): XyScene | undefined;
  protected abstract hooks(): XyHooks;
  /** Places along the longest line, for the arrow keys. */
  protected abstract places(): ArrayLike<number>;
  /** Shows what is at a place; answers it in words. */
  protected abstract point(x: number): string;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.drop();
  }

  protected override repaint(what: "size" | "theme"): void {
    if (what === "size") this.plot?.resize();
    else this.requestUpdate();
  }

  private drop(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.made = "";
  }

  protected override changed(news = false): void {
    if (this.visible) this.plot?.highlight(board.hovered);
    super.changed(news);
  }

  private draw(): void {
    // An element of its own: lit clears what follows its last part, and would take the canvas with it.
    const host = this.querySelector<HTMLElement>(".plot-host");
    if (!host || !this.visible) return;
    const scene = this.drawn;
    if (!scene) return this.drop();
    if (this.plot && this.made === kindOf(scene) && host.contains(this.plot.root)) return this.plot.show(scene);
    this.drop();
    this.made = kindOf(scene);
    this.plot = new XyPlot(host, scene, this.hooks());
    this.plot.highlight(board.hovered);
  }

  /** Until it is seen, a card is what the server wrote. */
  protected override shouldUpdate(): boolean {
    return this.hasUpdated || this.visible;
  }

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.replaceChildren();
    if (this.visible) this.drawn = this.scene();
  }

  protected override updated(): void {
    this.toggleAttribute("data-full", this.full);
    this.draw();
    this.plot?.resize();
  }

  /** Arrows walk along the line, and what is there is said. */
  protected press(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const places = this.places();
    const walk = (by: number): void => {
      if (places.length === 0) return;
      const from = this.key === null ? (by > 0 ? -1 : places.length) : nearestPlace(places, this.key);
      this.key = places[Math.max(0, Math.min(places.length - 1, from + by))] ?? 0;
      say(this.point(this.key));
    };
    switch (event.key) {
      case "ArrowLeft": walk(event.shiftKey ? -10 : -1); break;
      case "ArrowRight": walk(event.shiftKey ? 10 : 1); break;
      case "f": this.toggleFull(); break;
      case "0": this.hooks().reset?.(); break;
      case "Escape": this.rest(); this.hooks().reset?.(); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  protected get full(): boolean {
    return board.state.values.full === this.place;
  }

  protected toggleFull(): void {
    board.state.set({ full: this.full ? "" : this.place }, true);
  }

  /** Nothing is pointed at any more. */
  protected rest(): void {
    this.key = null;
    hideTip();
    this.plot?.cursor(null, []);
  }

  protected tool(icon: string, name: string, href: string | null, action?: (event: Event) => void, on?: boolean): TemplateResult {
    const symbol = html`<svg class="icon icon-s" aria-hidden="true"><use href="#i-${icon}"></use></svg>`;
    return href === null
      ? html`<button class="icon-btn chart-tool" type="button" title=${name} aria-label=${`${name}, ${this.label}`} aria-pressed=${on ?? nothing} @click=${action}>${symbol}</button>`
      : html`<a class="icon-btn chart-tool" title=${name} aria-label=${`${name}, ${this.label}`} href=${href} download>${symbol}</a>`;
  }

  protected expand(): TemplateResult {
    return this.tool("expand", "Full width", null, () => this.toggleFull(), this.full);
  }

  /** The plot, or a sentence in its place. */
  protected body(none: string): TemplateResult {
    const empty = this.ready && this.drawn === undefined;
    return html`<div class="plot"><div class="plot-host"></div>${this.busy ? html`<div class="busy"></div>` : nothing}${this.error ? html`<p class="chart-note bad">${this.error}</p>` : empty ? html`<p class="chart-note muted">${none}</p>` : nothing}</div>`;
  }
}

function nearestPlace(places: ArrayLike<number>, at: number): number {
  let best = 0;
  for (let i = 1; i < places.length; i += 1) if (Math.abs((places[i] ?? 0) - at) < Math.abs((places[best] ?? 0) - at)) best = i;
  return best;
}
