/** Pages of an experiment: the run list, and the cards of one kind. */
import "../../styles/runs.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";

if (document.querySelector("gb-line, gb-scalar-bar")) {
  void import("../elements/gb-scalar-bar.ts");
  void import("../elements/gb-line.ts");
}
if (document.querySelector("gb-histogram, gb-histogram-bar")) {
  void import("../elements/gb-histogram-bar.ts");
  void import("../elements/gb-histogram.ts");
}
if (document.querySelector("gb-image-board")) void import("../elements/gb-image-board.ts");
