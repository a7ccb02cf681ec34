/** Explain pages: choosing an input, attribution, activations, metrics. */
import "../../styles/explain.css";
import "../shell.ts";
import "../elements/gb-drop.ts";
import "../elements/gb-explain.ts";
import "../elements/gb-thumb.ts";

// "Explain without keeping": the file stays in this page, and the answer in the server's memory.
document.addEventListener("gb-private", (event) => {
  const drop = event.target;
  if (!(event instanceof CustomEvent) || !(event.detail instanceof File) || !(drop instanceof HTMLElement)) return;
  const place = document.getElementById("choose");
  const element = document.createElement("gb-explain");
  element.setAttribute("model", drop.getAttribute("model") ?? "");
  element.setAttribute("kind", drop.getAttribute("kind") ?? "image");
  element.setAttribute("view", drop.getAttribute("kind") === "tabular" ? "row" : "attribution");
  element.setAttribute("input", event.detail.name);
  (element as HTMLElement & { file: File }).file = event.detail;
  place?.replaceWith(element);
});
