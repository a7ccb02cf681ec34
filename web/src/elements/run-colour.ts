/** Choosing the colour of a run: twelve colours, each solid, dashed or dotted. */
import "../../styles/settings.css";
import { html, render } from "lit";
import { board } from "../lib/board.ts";
import { COLOURS } from "../lib/palette.ts";
import { openPopover } from "../lib/popover.ts";

const colours = ["blue", "orange", "green", "magenta", "sky", "crimson", "violet", "gold", "lime", "brown", "navy", "pink"];
const dashes = ["", ", dashed", ", dotted"];

export function openRunColour(button: HTMLElement, id: string, name: string): void {
  openPopover(button, `Colour of ${name}`, "colours", (panel, close) => {
    const now = board.slot(id);
    const swatch = (colour: number, dash: number): unknown =>
      html`<button class="colour" type="button" title=${`${colours[colour] ?? ""}${dashes[dash] ?? ""}`} aria-label=${`${colours[colour] ?? ""}${dashes[dash] ?? ""}`} aria-pressed=${now?.colour === colour && now.dash === dash}
        @click=${() => { board.paint(id, { colour, dash }); close(); }}><span class="run-swatch" data-slot=${colour} data-dash=${dash}></span></button>`;
    render(html`<div class="colour-grid">${[0, 1, 2].flatMap((dash) => Array.from({ length: COLOURS }, (_, colour) => swatch(colour, dash)))}</div>
      <button class="btn" type="button" ?disabled=${!board.state.values.col.some((one) => one.startsWith(`${id}:`))} @click=${() => { board.paint(id, null); close(); }}>Back to the palette's choice</button>`, panel);
  });
}
