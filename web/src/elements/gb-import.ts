import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { board } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";
import { bytes } from "../lib/format.ts";
import { getJson } from "../lib/http.ts";
import { onLive } from "../lib/live.ts";

interface Import {
  readonly bytes: number;
  readonly total: number;
}

/** How far an experiment is read that is still being imported; nothing once it is. */
class GbImport extends GbElement {
  private at: Import | null = null;
  private due: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    onLive("points", (event) => { if (event.experiment === board.experiment && this.at) this.soon(); });
    onLive("resync", () => this.soon());
    void this.ask();
  }

  private soon(): void {
    this.due ??= setTimeout(() => { this.due = undefined; void this.ask(); }, 1000);
  }

  private async ask(): Promise<void> {
    const found = await getJson<{ import?: Import | null }>(api(`/experiments/${encodeURIComponent(board.experiment)}`)).catch(() => ({ import: null }));
    this.at = found.import ?? null;
    this.hidden = this.at === null;
    if (this.at) this.soon();
    this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.at) return nothing;
    const { bytes: read, total } = this.at;
    const percent = total > 0 ? Math.min(100, Math.floor((read / total) * 100)) : 0;
    return html`<span role="status">Importing, ${percent} %</span><progress max=${Math.max(1, total)} .value=${read} aria-label="Imported"></progress><span class="muted">${bytes(read)} of ${bytes(total)}; what is read is shown</span>`;
  }
}
define("gb-import", GbImport);
