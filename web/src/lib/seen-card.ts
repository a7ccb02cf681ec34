/** Cards that ask when they are seen, again when points came, and never twice for the same. */
import { board } from "./board.ts";
import { GbElement } from "./element.ts";
import { aborted, sentence } from "./http.ts";
import { onLive } from "./live.ts";
import { onTheme } from "./palette.ts";

/** New points are asked for this often at most. */
const LIVE_MS = 300;

export abstract class SeenCard extends GbElement {
  protected error: string | undefined;
  protected busy = false;
  /** Something was answered. */
  protected ready = false;
  protected visible = false;
  private asked = "";
  private drawnAt = -1;
  private flight: AbortController | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;
  private leave: readonly (() => void)[] = [];

  /** Tags whose new points are news for this card. */
  protected abstract get tags(): readonly string[];
  /** What is asked for, in one string; the same string is not asked for twice. */
  protected abstract question(): string;
  protected abstract load(signal: AbortSignal): Promise<void>;
  /** The card has another size, or the page other colours. */
  protected abstract repaint(what: "size" | "theme"): void;

  /** What else the card listens to while it is on the page; each answers how to stop. */
  protected listen(): readonly (() => void)[] {
    return [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const sight = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1)?.isIntersecting ?? false;
      if (this.visible) this.changed(true);
    }, { rootMargin: "160px" });
    const size = new ResizeObserver(() => this.repaint("size"));
    sight.observe(this);
    size.observe(this);
    this.leave = [
      () => { sight.disconnect(); size.disconnect(); },
      board.watch(() => this.changed()),
      onTheme(() => this.repaint("theme")),
      onLive("points", (event) => {
        if (event.experiment === board.experiment && (event.tags.length === 0 || event.tags.some((tag) => this.tags.includes(tag)))) this.renew();
      }),
      onLive("resync", () => this.renew()),
      ...this.listen(),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.leave) end();
    this.leave = [];
    clearTimeout(this.due);
    this.due = undefined;
    this.flight?.abort();
    this.asked = "";
  }

  private renew(): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      this.asked = "";
      this.changed(true);
    }, LIVE_MS);
  }

  /** Something may have changed: `news` where it is more than what the pointer is at. */
  protected changed(news = false): void {
    if (!this.isConnected || !this.visible || (!news && this.drawnAt === board.version)) return;
    this.drawnAt = board.version;
    const question = this.question();
    if (question !== this.asked) {
      this.asked = question;
      void this.fetch();
    }
    this.requestUpdate();
  }

  private async fetch(): Promise<void> {
    this.flight?.abort();
    const flight = new AbortController();
    this.flight = flight;
    const slow = setTimeout(() => { this.busy = true; this.requestUpdate(); }, 150);
    try {
      await this.load(flight.signal);
      this.error = undefined;
      this.ready = true;
    } catch (error) {
      if (aborted(error)) return;
      this.error = sentence(error);
    } finally {
      clearTimeout(slow);
      if (this.flight === flight) {
        this.busy = false;
        this.requestUpdate();
      }
    }
  }
}
