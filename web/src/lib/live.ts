import { api } from "./base.ts";

/** What `GET /events` sends, by event name. */
export interface LiveEvents {
  points: { experiment: string; runs: string[]; tags: string[] };
  job: { id: string; kind: string; title: string; state: string; progress: number; message: string; seconds_left?: number | null; error?: string | null };
  model: { model: string | null; checkpoint?: string; deleted?: boolean };
  result: { id: string };
  /** A running explanation knows more than before. */
  partial: { id: string; step: number };
  /** The stream was lost and is back, or the server could not keep up: read again what is shown. */
  resync: Record<string, never>;
}

type Listener<K extends keyof LiveEvents> = (event: LiveEvents[K]) => void;
export type LiveState = "connecting" | "open" | "lost";

const names = ["points", "job", "model", "result", "partial", "resync"] as const;
const listeners = new Map<keyof LiveEvents, Set<Listener<keyof LiveEvents>>>();
const watchers = new Set<(state: LiveState) => void>();
let source: EventSource | undefined;
let state: LiveState = "connecting";
let everOpen = false;

function emit<K extends keyof LiveEvents>(name: K, event: LiveEvents[K]): void {
  for (const listener of listeners.get(name) ?? []) listener(event);
}

function become(next: LiveState): void {
  state = next;
  for (const watcher of watchers) watcher(next);
}

function open(): void {
  if (source) return;
  source = new EventSource(api("/events", { topics: "logs,jobs,models" }));
  source.onopen = () => {
    become("open");
    if (everOpen) emit("resync", {});
    everOpen = true;
  };
  source.onerror = () => {
    become("lost");
    // A refused stream is not retried by the browser; ask again ourselves.
    if (source?.readyState === EventSource.CLOSED) {
      source = undefined;
      setTimeout(() => { if (!document.hidden) open(); }, 4000);
    }
  };
  for (const name of names) {
    source.addEventListener(name, (message: MessageEvent<string>) => {
      emit(name, JSON.parse(message.data) as LiveEvents[typeof name]);
    });
  }
}

// A browser allows six connections to one host: a page nobody sees gives its stream back.
let hiding: ReturnType<typeof setTimeout> | undefined;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(() => { source?.close(); source = undefined; }, 10_000);
  } else if (listeners.size > 0 || watchers.size > 0) open();
});

/** Calls `listener` for every event of that name until the returned function is called. */
export function onLive<K extends keyof LiveEvents>(name: K, listener: Listener<K>): () => void {
  const set = listeners.get(name) ?? new Set();
  set.add(listener as Listener<keyof LiveEvents>);
  listeners.set(name, set);
  open();
  return () => set.delete(listener as Listener<keyof LiveEvents>);
}

/** Tells every element of this page to read again what it shows. */
export function resync(): void {
  emit("resync", {});
}

/** Calls `watcher` now and whenever the stream opens or is lost. */
export function onLiveState(watcher: (state: LiveState) => void): () => void {
  watchers.add(watcher);
  watcher(state);
  open();
  return () => watchers.delete(watcher);
}
