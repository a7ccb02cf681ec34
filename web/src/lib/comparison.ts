/** Two checkpoints beside each other: asked for, followed to its end, read. */
import { api } from "./base.ts";
import { ended, over, type Tell } from "./follow.ts";
import { getJson, sendJson } from "./http.ts";
import type { State } from "./types.ts";

export interface SideAsked { readonly model: string; readonly checkpoint: string }
export interface Standing { readonly id: string; readonly kind: string; readonly state: State; readonly job: string | null; readonly progress: number; readonly error: string | null }
export interface Whole<Found> extends Standing { readonly asked: Record<string, unknown>; readonly found: Found | null }

/** What one model says of one input. */
export interface Said { readonly output: number | null; readonly probability: number | null; readonly top: number | null; readonly top_label: string | null }
export interface DriftInput {
  readonly place: number; readonly name: string; readonly row: number; readonly target: number; readonly target_label: string; readonly a: Said; readonly b: Said;
  readonly distance: number | null; readonly in_band: "below" | "inside" | "above" | null; readonly sentence: string; readonly kept: { readonly shape: readonly number[] } | null; readonly features: readonly string[] | null;
}
export interface Drift {
  readonly method: string; readonly title: string; readonly inputs: readonly DriftInput[]; readonly measured: number; readonly undefined: number; readonly above: number; readonly expected_above: number;
  readonly null: { readonly noise: number; readonly draws: number; readonly count: number; readonly low: number | null; readonly high: number | null; readonly sources: readonly { readonly name: string; readonly count: number }[] };
  readonly sentences: readonly string[];
}

/** The two of an element's attributes. */
export function sides(element: Element): { readonly a: SideAsked; readonly b: SideAsked } {
  const of = (name: string): SideAsked => ({ model: element.getAttribute(`model-${name}`) ?? "", checkpoint: element.getAttribute(`checkpoint-${name}`) ?? "" });
  return { a: of("a"), b: of("b") };
}

/**
 * Asks, and gives the comparison once it is over. `told` hears how far it is. A failed one is an error with the
 * worker's sentence; `signal` stops following, not the work.
 */
export async function compare<Found>(body: Record<string, unknown>, told: Tell, signal: AbortSignal): Promise<Whole<Found>> {
  const asked = await sendJson<Standing>("POST", api("/comparisons"), body, signal);
  told(asked.progress, "waiting for a worker", asked.job);
  if (!over(asked.state)) await ended(`/comparisons/${asked.id}`, asked, told, signal);
  const whole = await getJson<Whole<Found>>(api(`/comparisons/${asked.id}`), signal);
  if (whole.state !== "done") throw new Error(whole.error ?? `The comparison was ${whole.state}.`);
  return whole;
}
