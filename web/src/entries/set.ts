/** Pages of a model over a whole table: all rows, dependence, performance, cohorts, errors, interactions. */
import "../../styles/table-set.css";
import "../shell.ts";
import "../elements/gb-set.ts";
