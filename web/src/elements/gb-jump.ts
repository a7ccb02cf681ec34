import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { getJson } from "../lib/http.ts";

interface Place {
  readonly icon: string;
  readonly name: string;
  readonly kind: string;
  readonly path: string;
}

const PLACES: readonly Place[] = [
  { icon: "home", name: "Home", kind: "page", path: "/" },
  { icon: "runs", name: "Runs", kind: "page", path: "/runs" },
  { icon: "models", name: "Models", kind: "page", path: "/models" },
  { icon: "explain", name: "Explain", kind: "page", path: "/explain" },
  { icon: "inputs", name: "Inputs", kind: "page", path: "/inputs" },
  { icon: "jobs", name: "Jobs", kind: "page", path: "/jobs" },
  { icon: "keyboard", name: "Keyboard shortcuts", kind: "page", path: "/help/shortcuts" },
];

/** The jump box: a dialog that finds a page, an experiment, a model or an input by name. */
class GbJump extends GbElement {
  private places: readonly Place[] = PLACES;
  private query = "";
  private on = 0;

  open(): void {
    this.query = "";
    this.on = 0;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const dialog = this.querySelector("dialog");
      if (dialog && !dialog.open) dialog.showModal();
      const field = this.querySelector("input");
      if (field) { field.value = ""; field.focus(); }
    });
    void this.load();
  }

  private async load(): Promise<void> {
    const [experiments, models, inputs] = await Promise.allSettled([
      getJson<{ experiments: { slug: string; name: string }[] }>(api("/experiments")),
      getJson<{ models: { slug: string; name: string }[] }>(api("/models")),
      getJson<{ inputs: { slug: string; name: string }[] }>(api("/inputs")),
    ]);
    const found = [...PLACES];
    if (experiments.status === "fulfilled") found.push(...experiments.value.experiments.map((e) => ({ icon: "runs", name: e.name, kind: "experiment", path: `/runs/${encodeURIComponent(e.slug)}/scalars` })));
    if (models.status === "fulfilled") found.push(...models.value.models.map((m) => ({ icon: "models", name: m.name, kind: "model", path: `/models/${encodeURIComponent(m.slug)}/graph` })));
    if (inputs.status === "fulfilled") found.push(...inputs.value.inputs.map((i) => ({ icon: "inputs", name: i.name, kind: "input", path: `/inputs/${encodeURIComponent(i.slug)}` })));
    this.places = found;
    this.requestUpdate();
  }

  private get found(): readonly Place[] {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    return this.places.filter((place) => words.every((word) => `${place.name} ${place.kind}`.toLowerCase().includes(word))).slice(0, 40);
  }

  private press(event: KeyboardEvent): void {
    const count = this.found.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.on = count === 0 ? 0 : (this.on + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      this.requestUpdate();
    } else if (event.key === "Enter") {
      const place = this.found[this.on];
      if (place) location.assign(url(place.path));
    }
  }

  protected override updated(): void {
    this.querySelector("[data-on]")?.scrollIntoView({ block: "nearest" });
  }

  protected override render(): TemplateResult {
    const found = this.found;
    return html`<dialog class="dialog-jump" aria-label="Search or jump to">
      <div class="field jump-field">
        <svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <input type="text" role="combobox" aria-expanded="true" aria-controls="jump-list" aria-activedescendant=${found[this.on] ? `jump-${this.on}` : nothing}
          placeholder="Search or jump to" aria-label="Search or jump to" autocomplete="off" spellcheck="false"
          @input=${(e: InputEvent) => { this.query = (e.target as HTMLInputElement).value; this.on = 0; this.requestUpdate(); }}
          @keydown=${(e: KeyboardEvent) => this.press(e)} />
        <kbd>Esc</kbd>
      </div>
      <div class="jump-list" id="jump-list" role="listbox" aria-label="Places">
        ${found.length === 0 ? html`<p class="card-body muted">Nothing is called that.</p>` : nothing}
        ${found.map((place, i) => html`<a id="jump-${i}" role="option" aria-selected=${i === this.on} ?data-on=${i === this.on} href=${url(place.path)} tabindex="-1">
          <svg class="icon" aria-hidden="true"><use href="#i-${place.icon}"></use></svg><span class="grow ellipsis">${place.name}</span><span class="xs">${place.kind}</span></a>`)}
      </div>
    </dialog>`;
  }
}
define("gb-jump", GbJump);

/** Opens the one jump box of the page. */
export function openJump(): void {
  let box = document.querySelector("gb-jump");
  if (!(box instanceof GbJump)) {
    box = new GbJump();
    document.body.append(box);
  }
  (box as GbJump).open();
}
