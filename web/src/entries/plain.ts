/** Pages with no islands of their own. */
import "../shell.ts";
