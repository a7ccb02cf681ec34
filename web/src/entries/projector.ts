/** The projector page of an experiment. */
import "../../styles/projector.css";
import "../shell.ts";
import "../elements/gb-projector.ts";
