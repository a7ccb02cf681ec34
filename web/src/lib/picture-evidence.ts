/** What `docs/evidence.md` promises for pictures, and how it is put into words and places. */
import { integer, value } from "./format.ts";
import type { Explanation, MethodParameter } from "./types.ts";

export interface Scored { readonly value: number | null; readonly inverted: number | null; readonly random: readonly (number | null)[]; readonly beaten: number }
export interface Flipped { readonly fraction: readonly number[]; readonly morf: readonly number[]; readonly lerf: readonly number[]; readonly gap: Scored }
export interface Under {
  readonly baseline: string; readonly pixel_flipping: Flipped; readonly region_perturbation?: Flipped | null; readonly irof?: Flipped | null;
  readonly sensitivity_n: readonly { readonly size: number; readonly correlation: Scored }[];
  readonly faithfulness_correlation?: Scored | null; readonly faithfulness_estimate?: number | null;
}
export interface Localised {
  readonly inside: number; readonly top: number; readonly pointing_game: Scored; readonly attribution_localisation: Scored; readonly top_k_intersection: Scored;
  readonly relevance_rank_accuracy: Scored; readonly relevance_mass_accuracy: Scored; readonly localisation_auc: Scored;
}
export interface Claim { readonly measurement: string; readonly verdict: string; readonly beaten: readonly number[]; readonly of: readonly number[] }
export interface PictureEvidence {
  readonly parts: number; readonly under: readonly Under[]; readonly road: readonly { readonly fraction: number; readonly morf: number; readonly lerf: number; readonly gap: Scored }[];
  readonly localisation?: Localised | null; readonly sparseness: number; readonly complexity: number; readonly effective_complexity: number; readonly claims: readonly Claim[];
}
export interface Mprt { readonly layers: number; readonly shuffled: readonly number[]; readonly similarity: readonly (number | null)[]; readonly smooth?: readonly (number | null)[] | null; readonly entropy_rise?: number | null }
export interface Randomisation { readonly mprt?: Mprt; readonly random_logit?: { readonly class: number; readonly similarity: number | null } }

type Held = { readonly picture?: PictureEvidence | null; readonly randomisation?: Randomisation | null } | null | undefined;
export const pictureOf = (e: Explanation | undefined): PictureEvidence | undefined => (e?.evidence as Held)?.picture ?? undefined;
export const randomisationOf = (e: Explanation | undefined): Randomisation | undefined => (e?.evidence as Held)?.randomisation ?? undefined;

/** One line of figures: where it was measured, what came out, beside what. */
export interface Line { readonly name: string; readonly score: Scored }

/** Where a score lies beside those of moved maps, each as a share of one axis; `rank` counts the map among all, from the best. */
export interface Strip { readonly at: number; readonly low: number; readonly high: number; readonly median: number; readonly rank: number; readonly of: number }

const finite = (values: readonly (number | null | undefined)[]): number[] => values.filter((v): v is number => typeof v === "number" && Number.isFinite(v));

/** Places on an axis that all lines of one measurement share, which always holds zero. */
export function strips(scores: readonly Scored[]): (Strip | undefined)[] {
  const all = [0, ...scores.flatMap((s) => finite([s.value, ...s.random]))];
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const at = (v: number): number => (v - from) / (to - from || 1);
  return scores.map((score) => {
    const moved = finite(score.random).sort((a, b) => a - b);
    if (typeof score.value !== "number" || moved.length === 0) return undefined;
    const [low, high] = [moved[0] ?? 0, moved.at(-1) ?? 0];
    return { at: at(score.value), low: at(low), high: at(high), median: at(median(moved)), rank: 1 + score.random.length - score.beaten, of: score.random.length + 1 };
  });
}

/** Whether a score stands out from moved maps, as the sentences have it: at least nine in ten of them are beaten. */
export const standsOut = (score: Scored): boolean => score.random.length > 0 && score.beaten * 10 >= score.random.length * 9;

/** Of sorted numbers. */
function median(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? 0) + upper) / 2 : upper;
}

/** The moved maps in words: their median, and from where to where they go. */
export function beside(score: Scored): string {
  const moved = finite(score.random).sort((a, b) => a - b);
  if (moved.length === 0) return "";
  return `moved maps: median ${value(median(moved), 3)}, from ${value(moved[0], 3)} to ${value(moved.at(-1), 3)}`;
}

const VERDICTS: Readonly<Record<string, readonly [string, string]>> = { holds: ["beats moved maps", "chip-ok"], depends_on_the_baseline: ["depends on the baseline", "chip-warn"], not_shown: ["not shown", ""] };
/** Words and the look of a chip for what the comparisons of one measurement say together. */
export const verdict = (claims: readonly Claim[], measurement: string): readonly [string, string] | undefined => {
  const claim = claims.find((one) => one.measurement === measurement);
  if (!claim) return undefined;
  // ROAD takes no baseline: what differs there is how much is removed.
  if (measurement === "road" && claim.verdict === "depends_on_the_baseline") return ["depends on the share", "chip-warn"];
  return VERDICTS[claim.verdict] ?? [claim.verdict, ""];
};

/** What all comparisons say together, for the head of the page. */
export function overall(claims: readonly Claim[]): readonly [string, string] | undefined {
  const asked = claims.filter((claim) => claim.measurement !== "road");
  if (asked.length === 0) return undefined;
  if (asked.every((claim) => claim.verdict === "holds")) return ["Beats moved maps under every baseline", "chip-ok"];
  if (asked.every((claim) => claim.verdict === "not_shown")) return ["Not set apart from moved maps", ""];
  if (asked.some((claim) => claim.verdict === "depends_on_the_baseline")) return ["Depends on the baseline", "chip-warn"];
  return ["Depends on the measurement", "chip-warn"];
}

/** Figures by baseline of one measurement; baselines without one are left out. */
export const linesOf = (under: readonly Under[], read: (u: Under) => Scored | null | undefined): Line[] => under.flatMap((u) => { const score = read(u); return score ? [{ name: u.baseline, score }] : []; });

/** Sizes of the random sets that were drawn under any baseline. */
export const setSizes = (under: readonly Under[]): number[] => [...new Set(under.flatMap((u) => u.sensitivity_n.map((at) => at.size)))].sort((a, b) => a - b);

/** Title, figure, what it means. Better: higher. */
export const localisationLines = (found: Localised): readonly (readonly [string, Scored, string])[] => [
  ["Pointing game", found.pointing_game, "1: the highest pixel lies inside."],
  ["Rank accuracy", found.relevance_rank_accuracy, `Of the ${integer(found.inside)} highest pixels, as many as the object has, the share inside.`],
  ["Mass accuracy", found.relevance_mass_accuracy, "Attribution inside over the whole; signs cancel."],
  ["Positive attribution inside", found.attribution_localisation, "Share of the positive attribution."],
  ["Top-k intersection", found.top_k_intersection, `Of the ${integer(found.top)} highest pixels the share inside.`],
  ["ROC area", found.localisation_auc, "How well the order of the pixels tells inside from outside; a half is chance."],
];

const BASELINES = 4;
/** The limit for the models whose weights are shuffled and the other class (as in the worker). */
const RANDOMISED = 50_000;

/**
 * Most passes of everything about one picture of `pixels` pixels, for a method that takes `each` itself: the method, the
 * two curves, what `docs/evidence.md` lists under `all`, and eight models with shuffled weights on eleven copies each.
 */
export function mostPasses(pixels: number, each: number): number {
  const large = pixels > 128 * 128;
  const steps = 10;
  const [moved, sets, groups] = large ? [10, 30, 20] : [20, 100, 20];
  const curve = 2 + 2 * (1 + moved) * (steps - 1);
  const road = pixels <= 64 * 64 ? 3 * 2 * (1 + moved) : 0;
  const evidence = BASELINES * (3 * curve + 3 * (sets + 1) + groups + 2) + road;
  const curves = 2 * (1 + (pixels * 3 > 50_000 ? 20 : 100)) * 20;
  return each + curves + evidence + Math.min(RANDOMISED, 8 * 11 * each + 10 * each + each);
}

/** What a method takes by itself, from its estimate; what is not known is not guessed. */
export const passesOf = (method: { readonly parameters: readonly MethodParameter[]; readonly estimate?: { readonly forward?: number; readonly backward?: number } | null }): number | undefined =>
  method.estimate?.forward === undefined ? undefined : method.estimate.forward + (method.estimate.backward ?? 0);

/** How many more layers are shuffled in each model against the correlation that is left, beginning with the trained one. */
export function mprtPoints(shuffled: readonly number[], similarity: readonly (number | null)[]): { readonly layers: number; readonly value: number }[] {
  const measured = shuffled.flatMap((layers, i) => { const v = similarity[i]; return typeof v === "number" ? [{ layers, value: v }] : []; });
  return [{ layers: 0, value: 1 }, ...measured];
}

/** How many sentences stand open at the head of the page. */
const OPEN = 2;

/** Sentences for the head, and those that are folded away: where the baselines disagree comes first, as nothing else warns of it. */
export function headSentences(all: readonly string[]): readonly [readonly string[], readonly string[]] {
  const warns = (sentence: string): boolean => sentence.startsWith("The baselines disagree");
  const ordered = [...all.filter(warns), ...all.filter((one) => !warns(one))];
  // One sentence alone is not worth folding away.
  const open = ordered.length <= OPEN + 1 ? ordered.length : OPEN;
  return [ordered.slice(0, open), ordered.slice(open)];
}
