/** The views of one picture ask the same question: what was chosen on one goes along to the next. */
const QUESTION = ["m", "t", "row", "unit", "base", "seed", "par"] as const;

/** The address `href` with the question of `search` in it. */
export function carried(href: string, search: string, keys: readonly string[] = QUESTION): string {
  const [path = "", own = ""] = href.split("?");
  const [given, out] = [new URLSearchParams(search), new URLSearchParams(own)];
  for (const key of keys) {
    const value = given.get(key);
    if (value !== null) out.set(key, value);
  }
  const query = out.toString();
  return query ? `${path}?${query}` : path;
}

/** Keeps the links between the views of this picture at the question as it stands when they are used. */
export function carryQuestion(): void {
  const views = document.querySelector(".tabs");
  const links = [...(views?.querySelectorAll("a") ?? [])].map((link) => [link, link.getAttribute("href") ?? ""] as const);
  const renew = (): void => { for (const [link, href] of links) link.setAttribute("href", carried(href, location.search)); };
  for (const event of ["pointerover", "focusin"]) views?.addEventListener(event, renew);
}
