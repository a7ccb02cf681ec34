/** Precision-recall curves of an experiment's runs. */
import "../../styles/runs.css";
import "../../styles/curves.css";
import "../../styles/pr-curves.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import "../elements/gb-pr-bar.ts";
import "../elements/gb-pr-curve.ts";
