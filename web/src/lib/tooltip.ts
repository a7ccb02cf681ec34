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

/** A row of several numbers. */
export interface TipNumbers {
  readonly name: string;
  readonly slot: Slot | undefined;
  readonly cells: readonly string[];
  readonly near: boolean;
}

/** The empty box. */
function fresh(): HTMLElement {
  if (!box) {
    box = document.createElement("div");
    box.className = "tip";
    box.setAttribute("aria-hidden", "true");
    document.body.append(box);
  }
  box.replaceChildren();
  return box;
}

function put(at: HTMLElement, x: number, y: number): void {
  at.hidden = false;
  const { offsetWidth: w, offsetHeight: h } = at;
  const left = x + 16 + w > innerWidth ? Math.max(4, x - 16 - w) : x + 16;
  at.style.left = `${left}px`;
  at.style.top = `${Math.max(4, Math.min(innerHeight - h - 4, y - h / 3))}px`;
}

function swatch(slot: Slot | undefined): HTMLElement {
  const made = part("run-swatch");
  if (slot) { made.dataset["slot"] = String(slot.colour); made.dataset["dash"] = String(slot.dash); }
  return made;
}

/** Shows several numbers a row, under their heads. */
export function showTipTable(head: string, columns: readonly string[], rows: readonly TipNumbers[], x: number, y: number): void {
  const tip = fresh();
  const title = document.createElement("div");
  title.className = "tip-head";
  title.textContent = head;
  const table = document.createElement("table");
  table.className = "tip-table";
  const line = (cell: "th" | "td", lead: readonly Node[], cells: readonly string[]): HTMLElement => {
    const row = document.createElement("tr");
    const first = document.createElement(cell);
    first.append(...lead);
    row.append(first, ...cells.map((words) => {
      const made = document.createElement(cell);
      made.textContent = words;
      return made;
    }));
    return row;
  };
  table.append(line("th", [], columns));
  for (const { name, slot, cells, near } of rows.slice(0, MOST)) {
    const lead = part("with-swatch");
    lead.append(swatch(slot), part("mono ellipsis", name));
    const row = line("td", [lead], cells);
    row.classList.toggle("near", near);
    table.append(row);
  }
  tip.append(title, table);
  if (rows.length > MOST) tip.append(part("tip-head", `+ ${rows.length - MOST} more`));
  put(tip, x, y);
}

/** Shows it beside a point of the window. */
export function showTip(head: string, rows: readonly TipRow[], x: number, y: number, most = MOST): void {
  const tip = fresh();
  const shown = rows.slice(0, most);
  const title = document.createElement("div");
  title.className = "tip-head";
  title.textContent = head;
  const lines = shown.map((row) => {
    const line = document.createElement("div");
    line.className = row.near ? "tip-row near" : "tip-row";
    line.append(swatch(row.slot), part("mono", row.name), part("num", row.value));
    return line;
  });
  tip.append(title, ...lines);
  if (rows.length > most) tip.append(part("tip-head", `+ ${rows.length - most} more`));
  put(tip, x, y);
}

export function hideTip(): void {
  if (box) box.hidden = true;
}
