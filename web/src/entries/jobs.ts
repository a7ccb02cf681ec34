/** Jobs pages. */
import "../shell.ts";
import "../elements/gb-jobs.ts";
