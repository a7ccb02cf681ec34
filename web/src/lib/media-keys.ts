/** The keys of the pages of pictures, sounds, texts and meshes; `docs/media.md` says what each means. */
import { board } from "./board.ts";
import { flag, list, number, text, UrlState } from "./url-state.ts";

export const media = new UrlState({
  /** Steps of single cards: `run:step:tag`. */
  st: list(),
  /** Texts as they were written. */
  src: flag(false),
  /** Pictures: brightness and contrast in percent, one pixel a pixel, the one that is open as `run:sample:tag`, and
   * its size: 0 fits, else pixels of the screen for one of the picture. */
  bri: number(100, 0, 300),
  con: number(100, 0, 500),
  act: flag(false),
  big: text(),
  mag: number(0, 0, 8),
  /** Meshes: the camera, whether it is one for all, the size of a point (0: by how many there are), edges alone, samples as `run:sample:tag`. */
  cam: text(),
  tie: flag(true),
  pt: number(0, 0, 20),
  wire: flag(false),
  sm: list(),
});

/** `run:number:tag` apart; run ids hold no colon, tags may. */
export function apart(item: string): { run: string; n: number; tag: string } {
  const [run = "", n = "", ...tag] = item.split(":");
  return { run, n: Number(n), tag: tag.join(":") };
}

const same = (item: string, run: string, tag: string): boolean => { const one = apart(item); return one.run === run && one.tag === tag; };

/** The number a list of the address has for a card. */
export function chosen(key: "st" | "sm", run: string, tag: string): number | undefined {
  const item = media.values[key].find((one) => same(one, run, tag));
  const n = item === undefined ? Number.NaN : apart(item).n;
  return Number.isInteger(n) ? n : undefined;
}

/** Gives a card its own number, or takes it back. */
export function choose(key: "st" | "sm", run: string, tag: string, n: number | undefined): void {
  const others = media.values[key].filter((one) => !same(one, run, tag));
  media.set({ [key]: n === undefined ? others : [...others, `${run}:${n}:${tag}`] });
}

/** The step a card shows: its own, or that of all. */
export function wanted(run: string, tag: string): number {
  const own = chosen("st", run, tag);
  const all = board.state.values.at;
  return own ?? (all < 0 ? Infinity : all);
}

/** Moves every card; what single cards had chosen is let go. */
export function moveAll(step: number): void {
  media.set({ st: [] });
  board.state.set({ at: step });
}

/** The last of `steps` (in order) up to `want`; the first where all are later. */
export function nearest(steps: readonly number[], want: number): number {
  return Math.max(0, steps.findLastIndex((step) => step <= want));
}
