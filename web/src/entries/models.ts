/** Models pages. */
import "../../styles/graph.css";
import "../shell.ts";
import "../elements/gb-drop.ts";
import "../elements/gb-graph.ts";
import "../elements/gb-tensors.ts";
import "../elements/gb-preprocess.ts";
