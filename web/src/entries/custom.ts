/** Charts that runs laid out: TensorBoard's custom scalars. */
import "../../styles/runs.css";
import "../../styles/curves.css";
import "../../styles/custom.css";
import "../shell.ts";
import "../elements/gb-runs-list.ts";
import "../elements/gb-custom-bar.ts";
import "../elements/gb-custom-chart.ts";
