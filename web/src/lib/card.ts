/** What a chart card is of: one tag, or every tag that an expression matches. */
import { board, pattern } from "./board.ts";
import type { Ask } from "./scalars.ts";

/** Tags of one card; an expression that matches more is too wide for one picture. */
export const MOST_TAGS = 12;
/** Points one picture asks for, whatever the number of runs. */
const MOST_POINTS = 240_000;

export interface Card {
  readonly tag: string;
  /** The expression of a card of the reader's own; empty for a card of one tag. */
  readonly match: string;
}

/** What `log` and `full` call a card. */
export const nameOf = (card: Card): string => (card.match ? `re:${card.match}` : card.tag);

export function tagsOf(card: Card): readonly string[] {
  if (!card.match) return [card.tag];
  const filter = pattern(card.match);
  if (!filter) return [];
  return board.tags.filter((tag) => tag.kind === "scalar" && filter.test(tag.tag)).map((tag) => tag.tag).slice(0, MOST_TAGS);
}

/** Whether the charts show groups instead of runs. */
export const grouped = (): boolean => board.state.values.by !== "" && board.state.values.band !== "runs";

/** The axis as the charts have it: groups are lines over steps. */
export function axis(): "step" | "relative" | "wall" | "metric" {
  const { x } = board.state.values;
  if (grouped()) return "step";
  return x === "relative" || x === "wall" || x === "step" ? x : "metric";
}

/** The shown runs that have a tag; `all` where these are all that have it. */
function runsOf(tag: string): { runs: readonly string[]; all: boolean } {
  const having = board.having(tag);
  const here = new Set(having);
  // A run whose tags are not known yet may have this one.
  const runs = board.shown.filter((run) => here.has(run.id) || !board.isKnown(run.id)).map((run) => run.id);
  return { runs, all: runs.filter((id) => here.has(id)).length === having.length };
}

/** One question a tag; none for a tag of which no run is shown. */
export function asksOf(card: Card, width: number): Ask[] {
  const { x, z, s, seg, lin, by } = board.state.values;
  const asks: Ask[] = [];
  for (const tag of tagsOf(card)) {
    const { runs, all } = runsOf(tag);
    if (runs.length === 0) continue;
    const most = Math.floor(MOST_POINTS / 4 / (grouped() ? 20 : runs.length));
    asks.push({
      experiment: board.experiment,
      tag,
      runs: all && runs.length > 12 ? null : runs,
      axis: axis(),
      metric: x.startsWith("m:") ? x.slice(2) : "",
      linear: lin,
      window: z,
      columns: Math.max(30, Math.min(4000, Math.round(width), most)),
      smoothing: s,
      superseded: seg,
      by: grouped() ? by : "",
    });
  }
  return asks;
}

/** A run as people call it; a group is called by its name. */
export function runName(id: string): string {
  return board.runs.find((run) => run.id === id)?.name ?? id;
}
