/** The activations page. */
import "../shell.ts";
import "../elements/gb-channels.ts";
