/** The step that is emphasised in every card: pinned in the address, or under the pointer. */
import { UrlState, type Key } from "./url-state.ts";

const step: Key<number | null> = {
  initial: null,
  parse: (t) => (/^-?\d+$/.test(t) ? Number(t) : undefined),
  format: (v) => (v === null ? "" : String(v)),
};

/** Keys of this page: `hs` the pinned step. */
export const histogramState = new UrlState({ hs: step });

let pointed: number | null = null;
const watchers = new Set<() => void>();
histogramState.watch(() => { for (const watcher of watchers) watcher(); });

/** What is pointed at comes before what is pinned. */
export const emphasised = (): number | null => pointed ?? histogramState.values.hs;

export function point(at: number | null): void {
  if (pointed === at) return;
  pointed = at;
  for (const watcher of watchers) watcher();
}

export function pin(at: number): void {
  histogramState.set({ hs: histogramState.values.hs === at ? null : at }, true);
}

export function onEmphasis(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
