/** Graphs that runs logged. */
import "../../styles/graph.css";
import "../shell.ts";
import "../elements/gb-run-graph.ts";
