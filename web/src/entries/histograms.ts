/** Histograms of an experiment's runs, step behind step. */
import "../../styles/runs.css";
import "../../styles/curves.css";
import "../../styles/run-cards.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import "../elements/gb-histogram-bar.ts";
import "../elements/gb-histograms.ts";
