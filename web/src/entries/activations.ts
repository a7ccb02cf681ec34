/** The activations page. */
import "../../styles/explanation.css";
import "../../styles/stage.css";
import "../../styles/channels.css";
import "../shell.ts";
import "../elements/gb-channels.ts";
import { carryQuestion } from "../lib/carry-question.ts";

carryQuestion();
