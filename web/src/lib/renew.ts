/**
 * A newer copy of the page at hand, merged into it: what the server writes (heads, counts, cards of
 * new tags) is written in one place only, and a page that stays open gets it too.
 */

/** A page of ours, or a piece of one. The browser parses it; nothing in it runs. */
export function fetchDocument(address: string): Promise<Document> {
  return new Promise((done, fail) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", address);
    asked.responseType = "document";
    asked.onload = () => (asked.status === 200 && asked.responseXML ? done(asked.responseXML) : fail(new Error(`The server answered ${asked.status}.`)));
    asked.onerror = () => fail(new Error("The server does not answer."));
    asked.send();
  });
}

/** Puts the newer copy in place of each element of `selector` that changed, but not under the reader's hands. */
export function replace(selector: string, newer: Document): void {
  const now = document.querySelectorAll(selector);
  const next = newer.querySelectorAll(selector);
  if (now.length !== next.length) return;
  for (const [i, old] of now.entries()) {
    const made = next[i];
    if (!made || old.outerHTML === made.outerHTML || old.contains(document.activeElement) || old.matches(":hover")) continue;
    old.replaceWith(document.importNode(made, true));
  }
}

/** Inserts the children of `next` that `now` lacks, each after the sibling it follows; `key` tells them apart. */
export function addMissing(now: Element, next: Element, selector: string, key: (child: HTMLElement) => string): void {
  const here = new Map([...now.querySelectorAll<HTMLElement>(`:scope > ${selector}`)].map((child) => [key(child), child]));
  let before: Element | null = null;
  for (const child of next.querySelectorAll<HTMLElement>(`:scope > ${selector}`)) {
    let known = here.get(key(child));
    if (!known) {
      known = document.importNode(child, true);
      if (before) before.after(known);
      else {
        const first = now.querySelector(`:scope > ${selector}`);
        if (first) first.before(known);
        else now.append(known);
      }
    }
    before = known;
  }
}

/** Calls `merge` with a newer copy: at once when asked, then at most once in `gap` ms however often asked. */
export function renewal(merge: (newer: Document) => void, gap: number): () => void {
  let due: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  const run = async (): Promise<void> => {
    last = performance.now();
    due = undefined;
    // A server that is away says so at the foot of the side bar; the page stays as it is.
    const newer = await fetchDocument(location.pathname + location.search).catch(() => undefined);
    if (newer) merge(newer);
  };
  return () => {
    due ??= setTimeout(() => void run(), Math.max(0, last + gap - performance.now()));
  };
}
