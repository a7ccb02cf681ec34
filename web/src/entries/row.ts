/** One row of a table, and the evidence of its explanation. */
import "../../styles/explanation.css";
import "../../styles/row.css";
import "../shell.ts";
import "../elements/gb-row.ts";
