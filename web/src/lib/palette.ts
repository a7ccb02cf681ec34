/** The colour of a run: by its id, so that it stays the same wherever the run is drawn. */

/** One place in the palette: a colour (0 to 11) and a dash (0 solid, 1 dashed, 2 dotted). */
export interface Slot {
  readonly colour: number;
  readonly dash: number;
}

export const COLOURS = 12;
export const SLOTS = COLOURS * 3;
/** Those of runs come first; the others tell tags of one chart apart. */
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3], [1, 4], [12, 4]];

function hash(id: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}

/** The first colours of the palette lie farthest apart; few runs are told apart by these alone. */
const FEW = 7;

/**
 * Gives each shown run its slot: its hash's, or the next free one; dashes begin when all twelve
 * colours are taken. Over 36 runs nobody has a colour.
 */
export function assign(ids: readonly string[]): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>();
  if (ids.length > SLOTS) return slots;
  const taken = new Set<number>();
  const colours = ids.length <= FEW ? FEW : COLOURS;
  for (const [i, id] of ids.entries()) {
    const dash = Math.floor(i / COLOURS);
    let colour = hash(id) % colours;
    while (taken.has(dash * COLOURS + colour)) colour = (colour + 1) % colours;
    taken.add(dash * COLOURS + colour);
    slots.set(id, { colour, dash });
  }
  return slots;
}

const resolved = new Map<string, string>();
let probe: HTMLElement | undefined;

/** What a token such as `--run-3` is right now, for a canvas. */
export function token(name: string): string {
  const known = resolved.get(name);
  if (known) return known;
  if (!probe) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  resolved.set(name, colour);
  return colour;
}

/** The colour of a slot for a canvas; runs without a slot have the axis colour. */
export function paint(slot: Slot | undefined): string {
  return slot ? token(`--run-${slot.colour + 1}`) : token("--axis");
}

/** Calls `repaint` when the theme changes. */
export function onTheme(repaint: () => void): () => void {
  const changed = (): void => {
    resolved.clear();
    repaint();
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  document.addEventListener("gb-theme", changed);
  system.addEventListener("change", changed);
  return () => {
    document.removeEventListener("gb-theme", changed);
    system.removeEventListener("change", changed);
  };
}
