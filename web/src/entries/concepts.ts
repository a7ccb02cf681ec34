/** Questions about a model that need more than one input: concepts, and influence of training rows. */
import "../../styles/explanation.css";
import "../../styles/concepts.css";
import "../shell.ts";
import "../elements/gb-concept.ts";
import "../elements/gb-influence.ts";
