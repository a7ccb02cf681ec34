/** The page where a picture is painted on and the prediction follows. */
import "../../styles/explanation.css";
import "../../styles/stage.css";
import "../../styles/perturb.css";
import "../shell.ts";
import "../elements/gb-perturb.ts";
import { carryQuestion } from "../lib/carry-question.ts";

carryQuestion();
