/** The hparams page of an experiment. */
import "../../styles/hparams.css";
import "../shell.ts";
import "../elements/gb-hparams.ts";
