import { compare, sides } from "../lib/comparison.ts";
import { aborted, sentence } from "../lib/http.ts";
import { fetchDocument } from "../lib/renew.ts";
import { say } from "../lib/say.ts";

/**
 * Asks for what the page of two checkpoints lacks: weights and figures. What comes is drawn by the server, so the page
 * is the same with and without this script.
 */
class GbDifference extends HTMLElement {
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    const { signal } = this.stop;
    if (!document.querySelector("[data-weights][data-known]")) void this.ask({ kind: "weights" }, "weights", "Weights");
    if (!document.querySelector("[data-metrics][data-known]")) void this.figures();
    // The choice of A and B goes by itself; the button is for readers without a script.
    document.querySelector(".diff-sides")?.addEventListener("change", (event) => {
      if (!(event.target instanceof HTMLSelectElement)) return;
      const keys = new URLSearchParams(location.search);
      for (const select of document.querySelectorAll<HTMLSelectElement>(".diff-sides select")) keys.set(select.name, select.value);
      keys.delete("i");
      location.assign(`${location.pathname}?${keys}`);
    }, { signal });
    document.querySelector<HTMLElement>(".diff-sides button")?.setAttribute("hidden", "");
    // A link of the server's names A, B and the order; what else was chosen stays.
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-keep]") : null;
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const keys = new URLSearchParams(location.search);
      const own = new URL(link.href).searchParams;
      keys.delete("sort");
      for (const [name, value] of own) keys.set(name, value);
      location.assign(`${location.pathname}?${keys}`);
    }, { signal });
    // The section is drawn anew when figures come, with a form of its own.
    document.addEventListener("submit", (event) => {
      if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-table]")) return;
      event.preventDefault();
      void this.figures();
    }, { signal });
  }

  disconnectedCallback(): void {
    this.stop.abort();
  }

  private async figures(): Promise<void> {
    const table = document.querySelector<HTMLSelectElement>("[data-table] select")?.value;
    if (!table) return;
    await this.ask({ kind: "metrics", inputs: [{ input: table }] }, "metrics", "Metrics", table);
  }

  private async ask(body: Record<string, unknown>, part: string, words: string, table?: string): Promise<void> {
    const told = (text: string): void => {
      const line = document.querySelector(`[data-progress="${part}"]`);
      if (line) line.textContent = text;
    };
    let failure: string | undefined;
    try {
      await compare({ ...body, ...sides(this) }, (done, message) => told(`${Math.round(done * 100)} %, ${message}`), this.stop.signal);
    } catch (error) {
      if (aborted(error)) return;
      failure = sentence(error);
      told(failure);
    }
    const keys = new URLSearchParams(location.search);
    if (table) keys.set("table", table);
    const newer = await fetchDocument(`${location.pathname}?${keys}`).catch(() => undefined);
    const [now, next] = [document.querySelector(`[data-${part}]`), newer?.querySelector(`[data-${part}]`)];
    if (now && next) {
      const focus = now.contains(document.activeElement);
      now.replaceWith(document.importNode(next, true));
      if (focus) document.querySelector<HTMLElement>(`[data-${part}] select`)?.focus();
      say(failure ?? `${words} compared`);
    }
  }
}

if (!customElements.get("gb-difference")) customElements.define("gb-difference", GbDifference);
