/** Distributions: percentiles of histograms over steps. */
import "../../styles/runs.css";
import "../../styles/curves.css";
import "../../styles/run-cards.css";
import "../../styles/distributions.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import "../elements/gb-distribution-bar.ts";
import "../elements/gb-distributions.ts";
