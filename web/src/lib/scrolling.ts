/** Whether the reader is scrolling: what is heavy waits, or goes in smaller pieces. */
let last = -Infinity;
addEventListener("scroll", () => { last = performance.now(); }, { capture: true, passive: true });

/** Milliseconds after the last movement at which the page is still again. */
export const SETTLE = 120;

export const scrolling = (): boolean => performance.now() - last < SETTLE;
