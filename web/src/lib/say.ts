/** Says `words` to a screen reader through the page's one polite live region. */
export function say(words: string): void {
  const region = document.getElementById("live-region");
  if (region) region.textContent = words;
}

let gone: ReturnType<typeof setTimeout> | undefined;

/** A short message at the foot of the page, for three seconds; also said. */
export function toast(words: string): void {
  let box = document.getElementById("toast");
  if (!box) {
    box = document.createElement("div");
    box.id = "toast";
    box.className = "toast";
    document.body.append(box);
  }
  box.textContent = words;
  box.hidden = false;
  say(words);
  clearTimeout(gone);
  gone = setTimeout(() => { if (box) box.hidden = true; }, 3000);
}
