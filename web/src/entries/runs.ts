/** Pages of an experiment: the run list, and the cards of one kind. */
import "../../styles/runs.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import { board } from "../lib/board.ts";

if (document.querySelector("gb-line, gb-scalar-bar")) {
  void import("../elements/gb-scalar-bar.ts");
  void import("../elements/gb-line.ts");
  // What most visits do without comes when it is wanted, or when nothing else is to do.
  const shelf = (): void => {
    const { pin, own } = board.state.values;
    if (pin.length + own.length > 0) void import("../elements/gb-shelf.ts");
  };
  shelf();
  board.state.watch(shelf);
  setTimeout(() => void import("../elements/gb-import.ts"), 300);
}
