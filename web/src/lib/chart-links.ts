/** Addresses of a card's data as files, and of the card itself. */
import { api } from "./base.ts";
import { board } from "./board.ts";
import { grouped, nameOf, type Card } from "./card.ts";
import { encode } from "./url-state.ts";
import { COLOURS } from "./palette.ts";
import { schema } from "./scalar-keys.ts";
import { keys, place, type Ask } from "./scalars.ts";

const path = (endpoint: string): string => `/experiments/${encodeURIComponent(board.experiment)}/${endpoint}`;
const what = (card: Card): Record<string, string | undefined> => (card.match ? { tag: undefined, match: card.match } : { tag: card.tag });

/** Every point of the shown runs; smoothing and window do not touch it. */
export function exportAddress(card: Card, asks: readonly Ask[], format: "csv" | "json" | "parquet"): string {
  const all = asks.every((ask) => ask.runs === null);
  return api(path("export"), {
    ...what(card),
    runs: all ? undefined : board.shown.map((run) => run.id).join(","),
    superseded: board.state.values.seg ? 1 : undefined,
    format,
  });
}

/** Start, end, extremes and change of each run; of the groups, their bands. */
export function summaryAddress(asks: readonly Ask[]): string | undefined {
  const [ask] = asks;
  if (!ask || asks.length > 1) return undefined;
  if (grouped()) return place(ask, "bands", { format: "csv" });
  return place({ ...ask, window: board.state.values.sel ?? ask.window }, "stats", { format: "csv", smoothing: undefined });
}

/** The card as a drawing with its legend, in the colours of the page. */
export function drawingAddress(card: Card, asks: readonly Ask[], size: { width: number; height: number; log: boolean; theme: "light" | "dark" }): string {
  const { xl, out, band } = board.state.values;
  const [ask] = asks;
  const named = grouped() ? board.groups.names : board.shown.map((run) => run.id);
  const paint = named.flatMap((id) => {
    const slot = grouped() ? board.groups.slots.get(id) : board.slot(id);
    return slot ? [`${id}:${slot.dash * COLOURS + slot.colour}`] : [];
  });
  return api(path("scalars.svg"), {
    ...(ask ? keys({ ...ask, runs: asks.every((one) => one.runs === null) ? null : board.shown.map((run) => run.id) }) : {}),
    ...what(card),
    width: size.width,
    height: size.height,
    log: size.log ? 1 : undefined,
    logx: xl ? 1 : undefined,
    outliers: out ? 1 : undefined,
    band: grouped() ? band : undefined,
    theme: size.theme === "dark" ? "dark" : undefined,
    paint: paint.some((one) => one.slice(0, one.lastIndexOf(":")).includes(",")) ? undefined : paint.join(","),
  });
}

/** This page with the card at full width. */
export function cardLink(card: Card): string {
  const search = encode(schema, { ...board.state.values, full: nameOf(card) }, location.search);
  return `${location.origin}${location.pathname}?${search}`;
}
