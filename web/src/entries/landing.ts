/** Home and the list of experiments: files dropped anywhere, and a refresh when points arrive. */
import "../shell.ts";
import "../elements/gb-drop.ts";
