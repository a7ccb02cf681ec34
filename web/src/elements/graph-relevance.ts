import { html, nothing, type TemplateResult } from "lit";
import { value } from "../lib/format.ts";
import type { Explanation, GraphRow } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";

type Share = NonNullable<NonNullable<Explanation["found"]>["shares"]>[number];

/** What each value of the graph accounts for in one explanation. */
export interface Shares { readonly title: string; readonly target: string; readonly of: ReadonlyMap<string, Share>; readonly most: number; readonly largest: number }

/** The shares that came with an explanation; undefined where its method has none. */
export function sharesOf(explained: Explanation): Shares | undefined {
  const shares = explained.found?.shares ?? [];
  if (shares.length === 0) return undefined;
  return {
    title: explained.title, target: explained.target_label ?? "the target", of: new Map(shares.map((one) => [one.value, one])),
    most: Math.max(1e-30, ...shares.map((one) => Math.abs(one.sum))), largest: Math.max(1e-30, ...shares.map((one) => one.magnitude)),
  };
}

/** A row's lane: the magnitude that passes through its last value, and the sum to the left (against) or right (for) of the middle. */
export function relevanceLane(row: GraphRow, shares: Shares): TemplateResult | typeof nothing {
  const found = [...row.values].reverse().map((name) => shares.of.get(name)).find((one) => one !== undefined);
  if (!found) return nothing;
  const half = (Math.abs(found.sum) / shares.most) * 50;
  return html`<span class="gb-lane-params" title=${`magnitudes together ${value(found.magnitude, 4)}`}><i ${vars({ "--fill": `${((found.magnitude / shares.largest) * 100).toFixed(1)}%` })}></i></span>
    <span class="gb-lane-share gb-lane-signed" data-sign=${found.sum < 0 ? "neg" : "pos"} title=${`sum ${value(found.sum, 4)}`}><i ${vars({ "--fill": `${half.toFixed(1)}%` })}></i></span>
    <span class="gb-lane-std num small">${value(found.sum, 3)}</span>`;
}
