/** Sessions as columns: values, scales, brushes, groups. Pure: no element, no address. */
import { tick, value as written } from "./format.ts";

export interface Given { readonly name: string; readonly title: string; readonly description: string; readonly kind: "number" | "switch" | "text"; readonly differs: boolean; readonly domain: { values?: readonly unknown[]; min?: number; max?: number } | null }
export interface MetricInfo { readonly name: string; readonly title: string; readonly description: string; readonly goal: "min" | "max"; readonly shown: boolean }
export interface Reached { readonly last: number | null; readonly step: number; readonly min: number | null; readonly max: number | null }
export interface Session {
  readonly run: string; readonly name: string; readonly group: string; readonly status: string; readonly started: number | null; readonly ended: number | null;
  readonly model: string; readonly monitor: string; readonly hparams: Readonly<Record<string, unknown>>; readonly metrics: Readonly<Record<string, Reached>>;
}
export interface Sessions { readonly experiment: string; readonly name: string; readonly description: string; readonly hparams: readonly Given[]; readonly metrics: readonly MetricInfo[]; readonly sessions: readonly Session[] }

/** Names that seeds go by: runs that differ in them alone have one setting. */
const SEED = /^(random_?)?seed$|^(trial|fold|repeat)(_?(id|no|index))?$/i;

export type Of = "last" | "min" | "max";
export type Value = number | string | undefined;

export interface Column { readonly name: string; readonly title: string; readonly description: string; readonly metric: boolean; readonly numeric: boolean; readonly goal: "min" | "max" | null; readonly differs: boolean; readonly shown: boolean }

/** A restriction of one column: an interval, a set of values, or a pattern. */
export interface Brush { readonly name: string; readonly from?: number; readonly to?: number; readonly values?: readonly string[]; readonly pattern?: string }

export function columnsOf(all: Sessions): Column[] {
  const given = all.hparams.map((h): Column => ({ name: h.name, title: h.title || h.name, description: h.description, metric: false, numeric: h.kind === "number", goal: null, differs: h.differs, shown: h.differs && !SEED.test(h.name) }));
  const reached = all.metrics.map((m): Column => ({ name: m.name, title: m.title || m.name, description: m.description, metric: true, numeric: true, goal: m.goal, differs: true, shown: m.shown }));
  return [...given, ...reached];
}

export function valueOf(session: Session, column: Column, of: Of): Value {
  if (column.metric) {
    const at = session.metrics[column.name]?.[of];
    return at === null || at === undefined ? undefined : at;
  }
  const at = session.hparams[column.name];
  return at === undefined || at === null ? undefined : typeof at === "number" && column.numeric ? at : String(at);
}

/** A hyperparameter or metric as the table writes it. */
export function show(value: Value, metric: boolean): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : metric ? written(value) : shortNumber(value);
}

export function shortNumber(n: number): string {
  const size = Math.abs(n);
  const text = n !== 0 && (size < 1e-3 || size >= 1e6) ? Number(n.toPrecision(6)).toExponential().replace("e+", "e") : String(Number(n.toPrecision(9)));
  return text.replaceAll("-", "−");
}

export function inside(value: Value, brush: Brush): boolean {
  if (brush.values) return value !== undefined && brush.values.includes(String(value));
  if (brush.pattern !== undefined) {
    try { return new RegExp(brush.pattern, "i").test(value === undefined ? "" : String(value)); } catch { return true; }
  }
  return typeof value === "number" && value >= (brush.from ?? -Infinity) && value <= (brush.to ?? Infinity);
}

const enc = (text: string): string => text.replaceAll("%", "%25").replaceAll("~", "%7E").replaceAll("|", "%7C");
const dec = (text: string): string => text.replaceAll("%7C", "|").replaceAll("%7E", "~").replaceAll("%25", "%");
const num = (n: number | undefined): string => (n === undefined ? "" : String(Number(n.toPrecision(6))));

/** A brush in the address: `lr~0.001~0.01`, `optimizer~=adam|sgd`, `run~re~cos.*`. */
export function formatBrush(b: Brush): string {
  if (b.values) return `${enc(b.name)}~=${b.values.map(enc).join("|")}`;
  if (b.pattern !== undefined) return `${enc(b.name)}~re~${enc(b.pattern)}`;
  return `${enc(b.name)}~${num(b.from)}~${num(b.to)}`;
}

export function parseBrush(text: string): Brush | undefined {
  const [name, first, second] = text.split("~");
  if (name === undefined || first === undefined) return undefined;
  if (first.startsWith("=")) return { name: dec(name), values: first.slice(1).split("|").map(dec) };
  if (first === "re") return { name: dec(name), pattern: dec(second ?? "") };
  const [from, to] = [first, second ?? ""].map((one) => (one === "" ? undefined : Number(one)));
  if (Number.isNaN(from) || Number.isNaN(to)) return undefined;
  return { name: dec(name), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** `lr < 1e-2, optimizer = adam, cos.*`: conditions on columns; what is none is a pattern for the run's name. */
export function parseFilter(text: string, columns: readonly Column[], of: Of): (session: Session) => boolean {
  const tests = text.split(/\s*(?:,|&&|\band\b)\s*/).filter((part) => part.trim() !== "").map((part): ((s: Session) => boolean) => {
    const match = /^\s*(\S+?)\s*(<=|>=|!=|==?|~|<|>)\s*(.+?)\s*$/.exec(part);
    const column = match && columns.find((c) => c.name === match[1] || c.title === match[1]);
    if (match && (column || match[1] === "status")) {
      const [, , op, wanted = ""] = match;
      const plain = wanted.replace(/^["']|["']$/g, "");
      const number = Number(plain);
      return (s) => {
        const at = column ? valueOf(s, column, of) : s.status;
        if (op === "~") return inside(at, { name: "", pattern: plain });
        if (op === "=" || op === "==") return typeof at === "number" ? at === number : at === plain;
        if (op === "!=") return typeof at === "number" ? at !== number : at !== plain;
        if (typeof at !== "number" || Number.isNaN(number)) return false;
        return op === "<" ? at < number : op === "<=" ? at <= number : op === ">" ? at > number : at >= number;
      };
    }
    try {
      const pattern = new RegExp(part.trim(), "i");
      return (s) => pattern.test(s.name);
    } catch {
      return () => true;
    }
  });
  return (session) => tests.every((test) => test(session));
}

export interface Scale {
  readonly log: boolean;
  /** 0 (low) to 1 (high); undefined where the value has no place. */
  at(value: Value): number | undefined;
  /** The value at a place, for numeric scales. */
  invert(place: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  readonly categories: readonly string[] | undefined;
}

/** The scale of a column: logarithmic where positive values span two decades, a place each for texts and few numbers. */
export function scaleOf(column: Column, values: readonly Value[], most = 6): Scale {
  const numbers = values.filter((v): v is number => typeof v === "number" && Number.isFinite(v));
  if (!column.numeric || numbers.length === 0) {
    const categories = [...new Set(values.filter((v) => v !== undefined).map(String))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const place = (i: number): number => (categories.length < 2 ? 0.5 : 0.06 + (0.88 * i) / (categories.length - 1));
    return {
      log: false, categories, invert: (p) => p,
      at: (v) => { const i = categories.indexOf(String(v)); return v === undefined || i < 0 ? undefined : place(i); },
      ticks: categories.length > 24 ? [] : categories.map((label, i) => ({ at: place(i), label })),
    };
  }
  const different = [...new Set(numbers)].sort((a, b) => a - b);
  let [low, high] = [different[0] ?? 0, different.at(-1) ?? 1];
  const log = low > 0 && high / low >= 50;
  const to = (n: number): number => (log ? Math.log10(n) : n);
  const from = (n: number): number => (log ? 10 ** n : n);
  if (low === high) { low = log ? low / 2 : low - (Math.abs(low) || 1) / 2; high = log ? high * 2 : high + (Math.abs(high) || 1) / 2; }
  const pad = (to(high) - to(low)) * 0.04;
  const [a, b] = [to(low) - pad, to(high) + pad];
  const unit = (n: number): number => (to(n) - a) / (b - a);
  const marks = different.length <= most ? different : log ? decades(low, high) : round(low, high, most);
  return {
    log, categories: undefined, invert: (p) => from(a + p * (b - a)),
    at: (v) => (typeof v === "number" && Number.isFinite(v) ? unit(v) : undefined),
    ticks: marks.map((n) => ({ at: unit(n), label: tick(Number(n.toPrecision(6))) })),
  };
}

function decades(low: number, high: number): number[] {
  const out: number[] = [];
  for (let e = Math.ceil(Math.log10(low)); e <= Math.floor(Math.log10(high)); e += 1) out.push(10 ** e);
  return out.length < 2 ? [low, high] : out;
}

function round(low: number, high: number, most: number): number[] {
  const raw = (high - low) / Math.max(2, most - 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((m) => m * power >= raw) ?? 10);
  const out: number[] = [];
  for (let n = Math.ceil(low / step) * step; n <= high + step * 1e-9; n += step) out.push(Number(n.toPrecision(12)));
  return out;
}

export interface Group { readonly key: string; readonly sessions: readonly Session[]; readonly values: readonly number[]; readonly mean: number; readonly std: number; readonly best: number }

/** Groups by one hyperparameter, or by all but the seed (`setting`), with mean and sample deviation of a metric. */
export function groupsOf(sessions: readonly Session[], by: string, columns: readonly Column[], metric: Column, of: Of): Group[] {
  const given = columns.filter((c) => !c.metric && !SEED.test(c.name) && c.differs);
  const column = columns.find((c) => c.name === by && !c.metric);
  const keyOf = (s: Session): string => {
    if (column) return show(valueOf(s, column, of), false) || "none";
    if (s.group && sessions.some((o) => o !== s && o.group === s.group)) return s.group;
    return given.map((c) => `${c.title} ${show(valueOf(s, c, of), false) || "–"}`).join(", ") || "all";
  };
  const held = new Map<string, Session[]>();
  for (const session of sessions) {
    const key = keyOf(session);
    held.set(key, [...(held.get(key) ?? []), session]);
  }
  const groups = [...held].map(([key, members]): Group => {
    const values = members.map((s) => valueOf(s, metric, of)).filter((v): v is number => typeof v === "number" && Number.isFinite(v));
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const std = values.length > 1 ? Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)) : 0;
    const best = values.length === 0 ? Number.NaN : metric.goal === "min" ? Math.min(...values) : Math.max(...values);
    return { key, sessions: members, values, mean, std, best };
  });
  if (column) {
    const first = (g: Group): Value => (g.sessions[0] ? valueOf(g.sessions[0], column, of) : undefined);
    return groups.sort((a, b) => compare(first(a), first(b)));
  }
  return groups.sort((a, b) => (metric.goal === "min" ? a.mean - b.mean : b.mean - a.mean));
}

/** Numbers by size, texts by name, nothing last. */
export function compare(a: Value, b: Value): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
