import { html, nothing, type TemplateResult } from "lit";
import { url } from "../lib/base.ts";
import { board, pattern, type Run } from "../lib/board.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { bind } from "../lib/keys.ts";
import { say } from "../lib/say.ts";

/** Rows beyond the window do not exist; this many above and below do. */
const SPARE = 12;

/** The run list: which runs are drawn, in which colour, with the metric that speaks for them. */
class GbRunsList extends GbElement {
  private at = -1;
  private top = 0;
  private tall = 900;

  override connectedCallback(): void {
    this.replaceChildren();
    super.connectedCallback();
    board.watch(() => this.requestUpdate());
    bind("j", () => this.move(1));
    bind("k", () => this.move(-1));
    bind("x", () => this.withRow((run) => board.toggle(run.id)));
    bind("X", () => this.withRow((run) => board.check([run.id])));
    bind("o", () => this.withRow((run) => location.assign(this.href(run))));
    bind("a", () => board.check(board.runs.map((run) => run.id)));
    bind("i", () => board.check(board.runs.filter((run) => !board.isChecked(run.id)).map((run) => run.id)));
  }

  private href(run: Run): string {
    return url(`/runs/${encodeURIComponent(board.experiment)}/r/${encodeURIComponent(run.id)}`);
  }

  private withRow(action: (run: Run) => void): void {
    const run = board.listed[this.at];
    if (run) action(run);
  }

  private move(by: number): void {
    const count = board.listed.length;
    if (count === 0) return;
    this.at = Math.max(0, Math.min(count - 1, this.at + by));
    const run = board.listed[this.at];
    board.hover(run?.id ?? null);
    const rows = this.querySelector<HTMLElement>(".runs-rows");
    if (rows) {
      const high = this.rowHeight;
      if (this.at * high < rows.scrollTop) rows.scrollTop = this.at * high;
      else if ((this.at + 1) * high > rows.scrollTop + rows.clientHeight) rows.scrollTop = (this.at + 1) * high - rows.clientHeight;
    }
    if (run) say(`${run.name}, ${board.isChecked(run.id) ? "shown" : "hidden"}`);
    this.requestUpdate();
  }

  private async colour(event: Event, run: Run): Promise<void> {
    const button = event.currentTarget as HTMLElement;
    const { openRunColour } = await import("./run-colour.ts");
    openRunColour(button, run.id, run.name);
  }

  private get rowHeight(): number {
    return innerWidth < 760 ? 44 : 34;
  }

  private row(run: Run, index: number): TemplateResult {
    const checked = board.isChecked(run.id);
    const slot = checked ? board.slot(run.id) : undefined;
    const group = board.groups.of.get(run.id);
    return html`<li class="run-row" ?data-off=${!checked} ?data-at=${index === this.at || board.hovered === run.id}
      @pointerenter=${() => board.hover(run.id)} @pointerleave=${() => board.hover(null)}>
      <input class="check" type="checkbox" .checked=${checked} aria-label=${`Show ${run.name}`} @change=${() => board.toggle(run.id)} />
      <button class="swatch-btn" type="button" aria-label=${`Colour of ${run.name}`} title=${group ? `Group ${group}` : "Choose a colour"} ?disabled=${!checked || group !== undefined} @click=${(e: Event) => void this.colour(e, run)}><span class="run-swatch" data-slot=${slot ? slot.colour : nothing} data-dash=${slot ? slot.dash : nothing}></span></button>
      <a class="mono ellipsis tail" href=${this.href(run)} title=${run.name}><bdi>${run.name}</bdi></a>
      ${run.running ? html`<span class="dot dot-ok" title="running"></span><span class="sr-only">running</span>` : nothing}
      <span class="grow"></span><span class="num">${board.latest.has(run.id) ? value(board.latest.get(run.id)) : ""}</span>
    </li>`;
  }

  protected override render(): TemplateResult {
    const listed = board.listed;
    const on = listed.filter((run) => board.isChecked(run.id)).length;
    const high = this.rowHeight;
    const from = Math.max(0, Math.floor(this.top / high) - SPARE);
    const to = Math.min(listed.length, Math.ceil((this.top + this.tall) / high) + SPARE);
    const invalid = board.filter !== "" && pattern(board.filter) === null;
    const toggleAll = (): void => {
      const visible = new Set(listed.map((run) => run.id));
      const rest = board.runs.filter((run) => !visible.has(run.id) && board.isChecked(run.id)).map((run) => run.id);
      board.check(on === listed.length ? rest : board.runs.map((r) => r.id).filter((id) => visible.has(id) || rest.includes(id)));
    };
    return html`
      <div class="runs-tools"><div class="field" ?data-invalid=${invalid}><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <input type="text" placeholder="Filter runs, regex" aria-label="Filter runs, regex" aria-invalid=${invalid} spellcheck="false" autocomplete="off" .value=${board.filter}
          @input=${(e: InputEvent) => { this.at = -1; board.setFilter((e.target as HTMLInputElement).value); }} /></div></div>
      <div class="runs-head">
        <input class="check" type="checkbox" aria-label="Show all runs" .checked=${on === listed.length && on > 0} .indeterminate=${on > 0 && on < listed.length} @change=${toggleAll} />
        <span class="run-swatch-space"></span><span class="grow">Run</span><span class="mono ellipsis">${board.metric ?? ""}</span></div>
      <ul class="runs-rows" tabindex="-1" @scroll=${(e: Event) => this.scrolled(e.target as HTMLElement)}>
        ${from > 0 ? html`<li class="runs-pad" .ariaHidden=${"true"} data-pad=${from * high}></li>` : nothing}
        ${listed.slice(from, to).map((run, i) => this.row(run, from + i))}
        ${to < listed.length ? html`<li class="runs-pad" .ariaHidden=${"true"} data-pad=${(listed.length - to) * high}></li>` : nothing}
        ${listed.length === 0 ? html`<li class="muted runs-none">${board.runs.length === 0 ? "No runs yet." : "No run matches."}</li>` : nothing}
      </ul>
      <div class="runs-foot"><span class="grow">${integer(on)} of ${integer(board.runs.length)} shown</span><kbd>j</kbd><kbd>k</kbd><kbd>x</kbd></div>`;
  }

  private scrolled(rows: HTMLElement): void {
    // Spare rows cover what moves; new ones are made a handful at a time.
    if (Math.abs(rows.scrollTop - this.top) < (SPARE / 2) * this.rowHeight && rows.clientHeight === this.tall) return;
    this.top = rows.scrollTop;
    this.tall = rows.clientHeight;
    this.requestUpdate();
  }

  protected override updated(): void {
    for (const pad of this.querySelectorAll<HTMLElement>(".runs-pad")) pad.style.height = `${pad.dataset["pad"] ?? 0}px`;
  }
}
define("gb-runs-list", GbRunsList);
