/** What a worker does for a question, followed to its end. */
import { api } from "./base.ts";
import { getJson } from "./http.ts";
import { onLive } from "./live.ts";
import type { State } from "./types.ts";

const POLL = 1500;

export interface Standing { readonly id: string; readonly state: State; readonly job?: string | null; readonly progress?: number; readonly error?: string | null }
/** How far it is, what the worker does, and the job, where it can be stopped. */
export type Tell = (part: number, message: string, job: string | null) => void;

export const over = (state: State): boolean => state === "done" || state === "failed" || state === "cancelled";

/** Waits for the end: the live stream says it at once, a poll of `path` where that is lost. `signal` stops following, not the work. */
export function ended(path: string, asked: Standing, told: Tell, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const off: (() => void)[] = [];
    const stop = (end: () => void): void => {
      for (const one of off) one();
      clearInterval(timer);
      signal.removeEventListener("abort", gone);
      end();
    };
    const gone = (): void => stop(() => reject(new DOMException("", "AbortError")));
    const look = async (): Promise<void> => {
      try {
        const now = await getJson<Standing>(api(path), signal);
        if (over(now.state)) stop(resolve);
      } catch (error) {
        stop(() => reject(error instanceof Error ? error : new Error("What was asked is gone.")));
      }
    };
    const timer = setInterval(() => void look(), POLL);
    off.push(onLive("job", (job) => {
      if (job.id !== asked.job) return;
      if (job.state === "running") told(job.progress, job.message || "working", job.id);
      if (["done", "failed", "cancelled"].includes(job.state)) void look();
    }));
    off.push(onLive("result", ({ id }) => { if (id === asked.id) void look(); }));
    signal.addEventListener("abort", gone);
    void look();
  });
}
