/** Runs pages. */
import "../shell.ts";
