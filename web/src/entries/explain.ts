/** Explain pages: choosing an input, attribution, activations, metrics. */
import "../shell.ts";
import "../elements/gb-drop.ts";
import "../elements/gb-explain.ts";
