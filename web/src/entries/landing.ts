/** Home: the drop line and the live refresh. */
import "../shell.ts";
