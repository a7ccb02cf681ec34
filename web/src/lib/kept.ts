/** Pins and colours: in the address when they are not the default, and in this browser for the next visit. */
import type { UrlState } from "./url-state.ts";
import type { schema } from "./scalar-keys.ts";

const KEPT = ["pin", "own", "col"] as const;
const place = (experiment: string, name: string): string => `gb-${name}:${experiment}`;

/** Storage may be off or full; then the address alone holds them. */
function read(key: string): readonly string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function write(key: string, values: readonly string[]): void {
  try {
    if (values.length > 0) localStorage.setItem(key, JSON.stringify(values));
    else localStorage.removeItem(key);
  } catch {
    // The address still has them.
  }
}

/** Brings back what this browser kept, unless the address says otherwise, and keeps what is changed from now on. */
export function keep(experiment: string, state: UrlState<typeof schema>): void {
  const given = new URLSearchParams(location.search);
  for (const name of KEPT) {
    const kept = given.has(name) ? [] : read(place(experiment, name));
    if (kept.length > 0) state.set({ [name]: kept });
  }
  state.watch((values, changed) => {
    for (const name of KEPT) if (changed.has(name)) write(place(experiment, name), values[name]);
  });
}
