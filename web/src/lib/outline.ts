/** Where the rows, boxes and edges of the layer graph lie. All lengths in CSS pixels. */
import type { Graph, GraphRow } from "./types.ts";

export const ROW = 35;
const INSET = 14;
const LANE = 9;
const MOST_LANES = 4;
const TOP = 4;

export interface Placed {
  readonly row: GraphRow;
  readonly index: number;
  readonly y: number;
  /** Lower end: of the row, or of an open group's box. */
  end: number;
  /** From the left and right edge of the column of boxes. */
  readonly left: number;
  right: number;
  /** Place among its siblings, and how many they are. */
  readonly position: number;
  siblings: number;
}

export interface Skip { readonly from: Placed; readonly to: Placed; readonly lane: number; readonly top: number; readonly bottom: number }
export interface Arrow { readonly y: number; readonly depth: number }
export interface Layout { readonly placed: readonly Placed[]; readonly byId: ReadonlyMap<string, Placed>; readonly skips: readonly Skip[]; readonly arrows: readonly Arrow[]; readonly height: number; readonly depth: number }

interface Scope { readonly depth: number; readonly parent: Scope | undefined; count: number; readonly members: Placed[]; readonly group: Placed | undefined; lanes: number[]; inset: number }

/** Places every row; time grows with rows and edges. */
export function layOut(graph: Graph): Layout {
  const placed: Placed[] = [];
  const scopeOf = new Map<string, Scope>();
  const root: Scope = { depth: 0, parent: undefined, count: 0, members: [], group: undefined, lanes: [], inset: 0 };
  const scopes: Scope[] = [root];
  let scope = root;
  let y = TOP;
  let deepest = 0;
  const leave = (depth: number): void => {
    while (scope.depth > depth && scope.parent) {
      y += 5;
      if (scope.group) scope.group.end = y - 2;
      scope = scope.parent;
    }
  };
  graph.rows.forEach((row, index) => {
    leave(row.depth);
    scope.count += 1;
    const one: Placed = { row, index, y, end: y + ROW, left: row.depth * INSET, right: 0, position: scope.count, siblings: 0 };
    placed.push(one);
    scope.members.push(one);
    scopeOf.set(row.id, scope);
    y += ROW;
    deepest = Math.max(deepest, row.depth);
    if (row.kind === "group" && row.open) {
      scope = { depth: row.depth + 1, parent: scope, count: 0, members: [], group: one, lanes: [], inset: 0 };
      scopes.push(scope);
    }
  });
  leave(0);
  const byId = new Map(placed.map((one) => [one.row.id, one]));
  const skips = placeSkips(graph, byId, scopeOf);
  for (const one of scopes) {
    const lanes = Math.min(MOST_LANES, one.lanes.length) * LANE;
    one.inset = (one.group ? one.group.right + INSET : 0) + lanes;
    for (const member of one.members) {
      member.right = one.inset;
      member.siblings = one.count;
    }
  }
  const measured = skips.map(({ scope: at, lane, ...skip }) => ({ ...skip, lane: at.inset - 9 - lane * LANE }));
  return { placed, byId, skips: measured, arrows: placeArrows(graph, byId, placed), height: y + 12, depth: deepest };
}

/** Each skip edge runs in the innermost group that holds both ends; in the first lane that is free. */
function placeSkips(graph: Graph, byId: ReadonlyMap<string, Placed>, scopeOf: ReadonlyMap<string, Scope>): (Skip & { scope: Scope })[] {
  const skips: (Skip & { scope: Scope })[] = [];
  for (const edge of graph.edges) {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
    let [a, b] = [scopeOf.get(edge.from), scopeOf.get(edge.to)];
    if (!edge.skip || !from || !to) continue;
    while (a && b && a !== b) {
      if (a.depth >= b.depth) a = a.parent;
      else b = b.parent;
    }
    if (!a) continue;
    const [top, bottom] = [from.y + ROW / 2 + 5, to.y + ROW / 2];
    // Edges come by where they end; a lane is free where its last edge has ended.
    let lane = a.lanes.findIndex((until) => until <= top);
    if (lane < 0) lane = a.lanes.length < MOST_LANES ? a.lanes.length : MOST_LANES - 1;
    a.lanes[lane] = Math.max(a.lanes[lane] ?? 0, bottom);
    skips.push({ from, to, lane, top, bottom, scope: a });
  }
  return skips;
}

/** A small arrow into the gap above what follows, where a value goes from one drawn row to the next. */
function placeArrows(graph: Graph, byId: ReadonlyMap<string, Placed>, placed: readonly Placed[]): Arrow[] {
  const arrows: Arrow[] = [];
  for (const edge of graph.edges) {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
    if (edge.skip || !from || !to) continue;
    const next = placed[from.index + 1] ?? to;
    arrows.push({ y: next.y, depth: next.row.depth });
  }
  return arrows;
}

/** A skip edge as a path; x counts from the right edge of the column of boxes. */
export function skipPath({ from, to, lane, top, bottom }: Skip): string {
  const x = -lane;
  const bend = Math.min(7, Math.max(2, (bottom - top) / 3));
  const end = -to.right + 2;
  return `M${-from.right} ${top}H${x - bend}Q${x} ${top} ${x} ${top + bend}V${bottom - bend}Q${x} ${bottom} ${x - bend} ${bottom}H${end}m4.5 -3.5l-4.5 3.5l4.5 3.5`;
}
