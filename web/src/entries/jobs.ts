/** Jobs pages. */
import "../../styles/jobs.css";
import "../shell.ts";
import "../elements/gb-jobs.ts";
