/** Jobs pages. */
import "../../styles/explain.css";
import "../shell.ts";
import "../elements/gb-jobs.ts";
