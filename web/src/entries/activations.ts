/** The activations page. */
import "../../styles/explain.css";
import "../shell.ts";
import "../elements/gb-channels.ts";
