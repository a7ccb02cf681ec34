/** A run and its comparison with others: pages of words and tables. */
import "../../styles/organise.css";
import "../shell.ts";
