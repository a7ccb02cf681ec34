/** Explain pages: choosing an input, attribution, activations, metrics. */
import "../../styles/explanation.css";
import "../../styles/stage.css";
import "../../styles/explain.css";
import "../shell.ts";
import "../elements/gb-drop.ts";
import "../elements/gb-explain.ts";
import "../elements/gb-thumb.ts";
import { carryQuestion } from "../lib/carry-question.ts";

if (document.querySelector("gb-explain")) carryQuestion();

// A model that reads tokens is asked about what is typed here.
if (document.querySelector("gb-write")) void Promise.all([import("../elements/gb-write.ts"), import("../../styles/sentence.css")]);

// The page of the evidence has much that no other page of a picture shows.
if (document.querySelector('gb-explain[view="metrics"]')) void Promise.all([import("../elements/gb-picture-evidence.ts"), import("../../styles/picture-evidence.css")]);

// "Explain without keeping": the file stays in this page, and the answer in the server's memory.
document.addEventListener("gb-private", (event) => {
  const drop = event.target;
  if (!(event instanceof CustomEvent) || !(event.detail instanceof File) || !(drop instanceof HTMLElement)) return;
  void show(event.detail, drop);
});

async function show(file: File, drop: HTMLElement): Promise<void> {
  const table = drop.getAttribute("kind") === "tabular" || /\.(csv|parquet)$/i.test(file.name);
  // The page of rows comes when a table is dropped.
  if (table) await Promise.all([import("../elements/gb-row.ts"), import("../../styles/row.css")]);
  const text = drop.getAttribute("kind") === "text";
  if (text) await Promise.all([import("../elements/gb-sentence.ts"), import("../../styles/sentence.css")]);
  const element = document.createElement(table ? "gb-row" : text ? "gb-sentence" : "gb-explain");
  element.setAttribute("model", drop.getAttribute("model") ?? "");
  element.setAttribute("kind", drop.getAttribute("kind") ?? "image");
  element.setAttribute("view", table ? "row" : text ? "tokens" : "attribution");
  element.setAttribute("input", file.name);
  (element as HTMLElement & { file: File }).file = file;
  document.getElementById("choose")?.replaceWith(element);
}
