/** Single-key shortcuts: never while typing, never with a modifier, and off where the reader wants. */
type Action = (event: KeyboardEvent) => void;

const actions = new Map<string, Action>();
let first: string | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whether the event belongs to a field the reader types in. */
export function typing(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "range", "button", "submit"].includes(target.type);
}

/** Whether single-key shortcuts are on (WCAG 2.1.4); the help dialog has the switch. */
export function shortcutsOn(): boolean {
  return localStorage.getItem("gb-shortcuts") !== "off";
}

export function setShortcuts(on: boolean): void {
  if (on) localStorage.removeItem("gb-shortcuts");
  else localStorage.setItem("gb-shortcuts", "off");
}

/** Binds `"j"`, `"Shift+X"` or the two-key sequence `"g r"`. The last binding wins. */
export function bind(keys: string, action: Action): () => void {
  actions.set(keys, action);
  return () => {
    if (actions.get(keys) === action) actions.delete(keys);
  };
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
  if (event.key !== "Escape" && !shortcutsOn()) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const key = event.key;
  const pair = first ? `${first} ${key}` : undefined;
  clearTimeout(timer);
  first = undefined;
  const action = (pair && actions.get(pair)) ?? actions.get(key);
  if (action) {
    action(event);
    return;
  }
  if ([...actions.keys()].some((bound) => bound.startsWith(`${key} `))) {
    first = key;
    timer = setTimeout(() => { first = undefined; }, 900);
  }
});
