/** Logged pictures of an experiment. */
import "../../styles/media.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import "../elements/gb-image-board.ts";
