import type { ReactiveController, ReactiveControllerHost } from "lit";

/** The width an element has on the page, in whole CSS pixels; a change redraws the host. */
export class Width implements ReactiveController {
  value: number;
  private readonly observer: ResizeObserver;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement, initial: number) {
    this.value = initial;
    this.observer = new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== this.value) {
        this.value = width;
        this.host.requestUpdate();
      }
    });
    host.addController(this);
  }

  hostConnected(): void {
    const width = Math.round(this.host.getBoundingClientRect().width);
    if (width > 0) this.value = width;
    this.observer.observe(this.host);
  }

  hostDisconnected(): void {
    this.observer.disconnect();
  }
}
