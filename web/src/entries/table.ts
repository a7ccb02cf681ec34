/** The table of an experiment's runs. */
import "../../styles/table.css";
import "../shell.ts";
import "../elements/gb-run-table.ts";
