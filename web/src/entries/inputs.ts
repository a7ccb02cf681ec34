/** Inputs pages. */
import "../shell.ts";
import "../elements/gb-drop.ts";
