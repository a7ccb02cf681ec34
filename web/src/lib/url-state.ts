/**
 * The address bar is the state. Keys are short, sorted and left out at their default, so that two
 * people with the same picture have the same address.
 */

/** How one key is written and read. `parse` answers `undefined` for what it does not understand. */
export interface Key<T> {
  readonly initial: T;
  parse(text: string): T | undefined;
  format(value: T): string;
}

export const text = (initial = ""): Key<string> => ({ initial, parse: (t) => t, format: (v) => v });

export const flag = (initial: boolean): Key<boolean> => ({
  initial,
  parse: (t) => (t === "1" ? true : t === "0" ? false : undefined),
  format: (v) => (v ? "1" : "0"),
});

export const number = (initial: number, min: number, max: number): Key<number> => ({
  initial,
  parse: (t) => {
    const value = t.trim() === "" ? Number.NaN : Number(t);
    return Number.isFinite(value) && value >= min && value <= max ? value : undefined;
  },
  format: (v) => String(Number(v.toPrecision(6))),
});

export const choice = <T extends string>(initial: T, ...all: readonly T[]): Key<T> => ({
  initial,
  parse: (t) => [initial, ...all].find((one) => one === t),
  format: (v) => v,
});

/** A list with commas; a comma or percent sign inside an item is percent-encoded. */
export const list = (initial: readonly string[] = []): Key<readonly string[]> => ({
  initial,
  parse: (t) => (t === "" ? [] : t.split(",").map((item) => item.replaceAll("%2C", ",").replaceAll("%25", "%"))),
  format: (v) => v.map((item) => item.replaceAll("%", "%25").replaceAll(",", "%2C")).join(","),
});

/** `x0:x1`, or null for everything. */
export const span: Key<readonly [number, number] | null> = {
  initial: null,
  parse: (t) => {
    const [from, to, more] = t.split(":").map(Number);
    if (from === undefined || to === undefined || more !== undefined) return undefined;
    return Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : undefined;
  },
  format: (v) => (v ? `${Number(v[0].toPrecision(12))}:${Number(v[1].toPrecision(12))}` : ""),
};

type Values<K> = { [N in keyof K]: K[N] extends Key<infer T> ? T : never };

/** Reads the keys of `schema` out of a query string. */
export function decode<K extends Record<string, Key<unknown>>>(schema: K, search: string): Values<K> {
  const given = new URLSearchParams(search);
  const values: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(schema)) {
    const raw = given.get(name);
    values[name] = raw === null ? key.initial : (key.parse(raw) ?? key.initial);
  }
  return values as Values<K>;
}

/** Writes values back; keys that are not in `schema` stay as they are. */
export function encode<K extends Record<string, Key<unknown>>>(schema: K, values: Values<K>, search: string): string {
  const out = new Map(new URLSearchParams(search));
  for (const [name, key] of Object.entries(schema)) {
    const written = key.format(values[name as keyof K] as never);
    if (written === key.format(key.initial as never)) out.delete(name);
    else out.set(name, written);
  }
  const sorted = [...out].sort(([a], [b]) => (a < b ? -1 : 1));
  // Commas and colons are legal in a query and keep the address readable.
  return sorted.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v).replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/")}`).join("&");
}

/** The page's state in its address, and who wants to know when it changes. */
export class UrlState<K extends Record<string, Key<unknown>>> {
  private current: Values<K>;
  private readonly listeners = new Set<(values: Values<K>, changed: ReadonlySet<keyof K>) => void>();

  constructor(private readonly schema: K) {
    this.current = decode(schema as Record<string, Key<unknown>>, location.search) as Values<K>;
    addEventListener("popstate", () => this.adopt(decode(this.schema as Record<string, Key<unknown>>, location.search) as Values<K>));
  }

  get values(): Readonly<Values<K>> {
    return this.current;
  }

  /** Changes some keys. `push` makes a history entry: for discrete choices, not while dragging. */
  set(change: Partial<Values<K>>, push = false): void {
    const next = { ...this.current, ...change };
    const search = encode(this.schema as Record<string, Key<unknown>>, next as Record<string, unknown>, location.search);
    const address = `${location.pathname}${search ? `?${search}` : ""}`;
    if (address !== location.pathname + location.search) {
      if (push) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    this.adopt(next);
  }

  /** Calls `listener` with the new values after every change. */
  watch(listener: (values: Values<K>, changed: ReadonlySet<keyof K>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private adopt(next: Values<K>): void {
    const format = (name: keyof K, values: Values<K>): string =>
      (this.schema as Record<keyof K, Key<unknown>>)[name].format(values[name]);
    const changed = new Set((Object.keys(this.schema) as (keyof K)[]).filter((name) => format(name, next) !== format(name, this.current)));
    this.current = next;
    if (changed.size > 0) for (const listener of this.listeners) listener(next, changed);
  }
}
