/** Two checkpoints beside each other. */
import "../../styles/difference.css";
import "../shell.ts";
import "../elements/gb-difference.ts";
import "../elements/gb-drift.ts";
