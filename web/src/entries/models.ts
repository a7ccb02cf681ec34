/** Models pages. What a scan changes shows in a page that is open. */
import "../../styles/graph.css";
import "../shell.ts";
import "../elements/gb-drop.ts";
import "../elements/gb-graph.ts";
import "../elements/gb-tensors.ts";
import "../elements/gb-preprocess.ts";
import { onLive } from "../lib/live.ts";
import { toast } from "../lib/say.ts";
import { renewal, replace } from "../lib/renew.ts";

const renew = renewal((newer) => {
  // What a page is made of is known once its file was read.
  if (document.querySelector("[data-scanning]") && !newer.querySelector("[data-scanning]")) { location.reload(); return; }
  for (const selector of [".places", ".page-title", ".tabs", "[data-live]"]) replace(selector, newer);
}, 1000);
onLive("resync", renew);
onLive("model", ({ model, deleted }) => {
  const here = /\/models\/([^/]+)/.exec(location.pathname)?.[1];
  if (deleted && here !== undefined && decodeURIComponent(here) === model) toast("This model was deleted");
  else renew();
});
