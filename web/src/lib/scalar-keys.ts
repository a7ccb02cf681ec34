/** The keys of an experiment's pages; `docs/runs.md` says what each means. Defaults are never written. */
import { choice, flag, list, number, span, text, type Key } from "./url-state.ts";

/** `step`, `relative`, `wall`, or `m:` and the tag that is x. */
const horizontal: Key<string> = {
  initial: "step",
  parse: (t) => (t === "step" || t === "relative" || t === "wall" || /^m:./.test(t) ? t : undefined),
  format: (v) => v,
};

/** A place on the x axis, or null. */
const place: Key<number | null> = {
  initial: null,
  parse: (t) => (t.trim() !== "" && Number.isFinite(Number(t)) ? Number(t) : undefined),
  format: (v) => (v === null ? "" : String(Number(v.toPrecision(12)))),
};

/** `x` for one step, `x0:x1` for a range. */
const stretch: Key<readonly [number, number] | null> = {
  initial: null,
  parse: (t) => {
    const [from, to = from, more] = t.split(":").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (from === undefined || to === undefined || more !== undefined) return undefined;
    return Number.isFinite(from) && Number.isFinite(to) && from <= to ? [from, to] : undefined;
  },
  format: (v) => (v ? (v[0] === v[1] ? place.format(v[0]) : span.format(v)) : ""),
};

export const schema = {
  runs: text(),
  q: text(),
  tags: text(),
  x: horizontal,
  xl: flag(false),
  lin: flag(false),
  s: number(0.6, 0, 0.999),
  log: list(),
  out: flag(false),
  sync: flag(true),
  seg: flag(false),
  mk: flag(false),
  he: flag(false),
  z: span,
  cur: place,
  sel: stretch,
  cols: number(3, 1, 6),
  h: number(188, 100, 800),
  full: text(),
  pin: list(),
  own: list(),
  shut: list(),
  col: list(),
  by: text(),
  band: choice<"both" | "std" | "minmax" | "none" | "runs">("both", "std", "minmax", "none", "runs"),
  ts: choice<"desc" | "asc" | "default" | "nearest">("desc", "asc", "default", "nearest"),
  tn: number(12, 1, 100),
  at: number(-1, -1, 1e15),
  view: choice<"offset" | "overlay">("offset", "overlay"),
};
