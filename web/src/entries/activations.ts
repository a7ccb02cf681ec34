/** The activations page. */
import "../../styles/explanation.css";
import "../../styles/explain.css";
import "../shell.ts";
import "../elements/gb-channels.ts";
