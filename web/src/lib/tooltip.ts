/** The page's one tooltip: rows in the order given, so many at most, the nearest bold. */
import type { Slot } from "./palette.ts";

export interface TipRow {
  readonly name: string;
  readonly value: string;
  readonly slot: Slot | undefined;
  readonly near: boolean;
}

/** Rows, where nobody says how many. */
const MOST = 12;
let box: HTMLElement | undefined;

function part(className: string, text = ""): HTMLElement {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

/** Shows it beside a point of the window. */
export function showTip(head: string, rows: readonly TipRow[], x: number, y: number, most = MOST): void {
  if (!box) {
    box = document.createElement("div");
    box.className = "tip";
    box.setAttribute("aria-hidden", "true");
    document.body.append(box);
  }
  const shown = rows.slice(0, most);
  const title = document.createElement("div");
  title.className = "tip-head";
  title.textContent = head;
  const lines = shown.map((row) => {
    const line = document.createElement("div");
    line.className = row.near ? "tip-row near" : "tip-row";
    const swatch = part("run-swatch");
    if (row.slot) { swatch.dataset["slot"] = String(row.slot.colour); swatch.dataset["dash"] = String(row.slot.dash); }
    line.append(swatch, part("mono", row.name), part("num", row.value));
    return line;
  });
  box.replaceChildren(title, ...lines);
  if (rows.length > most) box.append(part("tip-head", `+ ${rows.length - most} more`));
  box.hidden = false;
  const { offsetWidth: w, offsetHeight: h } = box;
  const left = x + 16 + w > innerWidth ? Math.max(4, x - 16 - w) : x + 16;
  box.style.left = `${left}px`;
  box.style.top = `${Math.max(4, Math.min(innerHeight - h - 4, y - h / 3))}px`;
}

export function hideTip(): void {
  if (box) box.hidden = true;
}
