/** Parameters of methods in the address: `par=occlusion.window:8,smoothgrad.samples:50`. */
import { list, type Key } from "./url-state.ts";

export type ParamsByMethod = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const items = list();

function read(raw: string): unknown {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "object" && value !== null ? raw : value;
  } catch {
    return raw;
  }
}

export const paramsKey: Key<ParamsByMethod> = {
  initial: {},
  parse: (text) => {
    const out: Record<string, Record<string, unknown>> = {};
    for (const item of items.parse(text) ?? []) {
      const [, method, name, raw] = /^([^.:]+)\.([^:]+):(.*)$/s.exec(item) ?? [];
      if (!method || !name || raw === undefined) return undefined;
      (out[method] ??= {})[name] = read(raw);
    }
    return out;
  },
  format: (value) => items.format(Object.keys(value).sort().flatMap((method) =>
    Object.entries(value[method] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, v]) => `${method}.${name}:${typeof v === "string" ? v : JSON.stringify(v)}`))),
};
