/** Groups of cards as the server wrote them: which tags are shown, which groups are folded. */
import { board, pattern } from "./board.ts";

/** Groups that begin open are in `shut` once folded; those that begin folded are in `opened`. */
export interface Folds {
  opened(): readonly string[];
  flip(name: string): void;
}

const groups = (): HTMLDetailsElement[] => [...document.querySelectorAll<HTMLDetailsElement>(".tag-group")];
const nameOf = (group: HTMLElement): string => group.dataset["prefix"] || "other";

/** Hides cards that the filter does not match, and folds groups; `words` are what the filter reads of a card. */
export function applyGroups(words: (card: HTMLElement) => readonly string[], folds?: Folds): void {
  const { tags, shut } = board.state.values;
  const filter = pattern(tags);
  let any = false;
  for (const group of groups()) {
    let here = 0;
    for (const card of group.querySelectorAll<HTMLElement>(":scope > .cards > [data-tag]")) {
      card.hidden = filter !== null && !words(card).some((word) => filter.test(word));
      if (!card.hidden) here += 1;
    }
    const name = nameOf(group);
    group.hidden = here === 0;
    group.open = folds && "closed" in group.dataset ? folds.opened().includes(name) : !shut.includes(name);
    any ||= here > 0;
    const count = group.querySelector(".count");
    if (count) count.textContent = String(here);
  }
  const none = document.getElementById("no-tags");
  if (none) none.hidden = any || groups().length === 0;
}

const listening = new WeakSet<Element>();

/** Keeps what the reader folds in the address; groups that come later too. */
export function watchFolds(folds?: Folds): void {
  for (const group of groups()) {
    if (listening.has(group)) continue;
    listening.add(group);
    group.addEventListener("toggle", () => {
      const name = nameOf(group);
      if (folds && "closed" in group.dataset) {
        if (group.open !== folds.opened().includes(name)) folds.flip(name);
      } else if (group.open === board.state.values.shut.includes(name)) board.flip("shut", name);
    });
  }
}
