/** Logged point clouds and meshes of an experiment. */
import "../../styles/media.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import "../elements/gb-mesh-board.ts";
