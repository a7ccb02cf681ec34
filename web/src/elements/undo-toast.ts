import { say } from "../lib/say.ts";

let gone: ReturnType<typeof setTimeout> | undefined;

/** What was done, with a way back for ten seconds. */
export function undo(words: string, back: () => void): void {
  document.getElementById("undo")?.remove();
  const box = document.createElement("div");
  box.id = "undo";
  box.className = "toast undo-toast";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-btn";
  button.textContent = "Undo";
  button.addEventListener("click", () => { box.remove(); back(); });
  box.append(words, " ", button);
  document.body.append(box);
  say(`${words}. Undo is at the end of the page for ten seconds; deleted runs can be restored for seven days.`);
  clearTimeout(gone);
  gone = setTimeout(() => box.remove(), 10_000);
}
