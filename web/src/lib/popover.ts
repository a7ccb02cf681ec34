/** A panel beside a button: in the top layer, closed by Escape or a press elsewhere, one at a time. */
let open: HTMLElement | undefined;

/** Shows what `fill` puts into the panel; the same button again closes it. */
export function openPopover(button: HTMLElement, label: string, className: string, fill: (panel: HTMLElement, close: () => void) => void): void {
  const mine = open?.dataset["of"] === label;
  open?.hidePopover();
  if (mine) return;
  const panel = document.createElement("div");
  panel.className = `popover ${className}`;
  panel.popover = "auto";
  panel.dataset["of"] = label;
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", label);
  fill(panel, () => panel.hidePopover());
  document.body.append(panel);
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    if (open === panel) open = undefined;
    button.setAttribute("aria-expanded", "false");
    if (panel.contains(document.activeElement)) button.focus();
    panel.remove();
  });
  panel.showPopover();
  open = panel;
  button.setAttribute("aria-expanded", "true");
  place(panel, button);
  panel.querySelector<HTMLElement>("a, button, input, select")?.focus({ preventScroll: true });
}

/** Below the button where there is room, else above; never beyond the window. */
function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: w, offsetHeight: h } = panel;
  const wish = at.left < innerWidth / 2 ? at.left : at.right - w;
  const left = Math.max(8, Math.min(innerWidth - w - 8, wish));
  const below = at.bottom + 6;
  const top = below + h <= innerHeight - 8 ? below : Math.max(8, at.top - h - 6);
  panel.style.left = `${left}px`;
  panel.style.top = `${top}px`;
}
