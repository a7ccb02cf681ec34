/** Home and the list of experiments: files dropped anywhere, and what is new, as it comes. */
import "../shell.ts";
import "../elements/gb-drop.ts";
import "../elements/gb-thumb.ts";
import { onLive } from "../lib/live.ts";
import { renewal, replace } from "../lib/renew.ts";

const renew = renewal((newer) => {
  for (const selector of [".places", ".home-col", ".page-body.narrow > *"]) replace(selector, newer);
}, 1500);
for (const name of ["points", "job", "model", "result", "resync"] as const) onLive(name, renew);
