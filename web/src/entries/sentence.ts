/** One sentence: tokens, attention, and the evidence of its explanation. */
import "../../styles/explanation.css";
import "../../styles/sentence.css";
import "../shell.ts";
import "../elements/gb-sentence.ts";
