/** Groups of runs: which run belongs to which, as the server makes them. */
import { api } from "./base.ts";
import { getJson } from "./http.ts";
import { COLOURS, assign, type Slot } from "./palette.ts";

export interface Groups {
  readonly names: readonly string[];
  /** The group of each run. */
  readonly of: ReadonlyMap<string, string>;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly hparams: readonly string[];
  /** Why there are none. */
  readonly problem: string | undefined;
}

export const noGroups: Groups = { names: [], of: new Map(), slots: new Map(), hparams: [], problem: undefined };

interface Answer {
  groups: { name: string; runs: string[] }[];
  hparams: string[];
}

/** The slots of groups: in order, so that the first few are told apart best. */
function inOrder(names: readonly string[]): ReadonlyMap<string, Slot> {
  if (names.length > COLOURS * 3) return assign(names);
  // The palette's order by distance: the first colours lie farthest apart.
  return new Map(names.map((name, i) => [name, { colour: i % COLOURS, dash: Math.floor(i / COLOURS) }]));
}

/** Asks for the groups; an empty `by` asks only which hyperparameters there are. */
export async function fetchGroups(experiment: string, by: string): Promise<Groups> {
  const path = `/experiments/${encodeURIComponent(experiment)}/groups`;
  const { groups, hparams } = await getJson<Answer>(api(path, { by }));
  const names = groups.map((group) => group.name);
  return {
    names,
    of: new Map(groups.flatMap((group) => group.runs.map((run) => [run, group.name] as const))),
    slots: inOrder(names),
    hparams,
    problem: undefined,
  };
}
