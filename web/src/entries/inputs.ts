/** Inputs pages. An input that was read shows in a page that is open. */
import "../shell.ts";
import "../elements/gb-drop.ts";
import { onLive } from "../lib/live.ts";
import { renewal, replace } from "../lib/renew.ts";

const renew = renewal((newer) => {
  for (const selector of [".places", ".page-title", "[data-live]"]) replace(selector, newer);
}, 1000);
onLive("job", (job) => { if (job.kind === "inspect" && (job.state === "done" || job.state === "failed")) renew(); });
onLive("resync", renew);
