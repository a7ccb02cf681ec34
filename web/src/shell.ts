/** What every page does once it is there: theme, copy link, places by key, help, the live lamp. */
import { api, url } from "./lib/base.ts";
import { getJson, sendJson } from "./lib/http.ts";
import { bind, setShortcuts, shortcutsOn } from "./lib/keys.ts";
import { onLive, onLiveState } from "./lib/live.ts";
import { toast } from "./lib/say.ts";

function isDark(): boolean {
  const set = document.documentElement.dataset["theme"];
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function toggleTheme(): void {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset["theme"] = next;
  document.cookie = `gb_theme=${next}; path=${url("/")}; max-age=31536000; samesite=lax`;
  document.dispatchEvent(new CustomEvent("gb-theme", { detail: next }));
}

/** Longest address that is copied as it is. */
const LONG = 1800;

async function shortLink(): Promise<string> {
  const path = location.pathname.slice(url("").length);
  const { path: short } = await sendJson<{ path: string }>("POST", api("/views"), { path, query: location.search.slice(1) });
  return new URL(url(short), location.href).href;
}

async function copyLink(): Promise<void> {
  try {
    // Some programs cut long addresses: the server keeps those and gives a short one.
    const long = location.href.length > LONG;
    await navigator.clipboard.writeText(long ? await shortLink() : location.href);
    toast(long ? "Short link copied" : "Link copied");
  } catch {
    toast("The browser did not allow copying; the address bar has the same link");
  }
}

function dialog(id: string): HTMLDialogElement | undefined {
  const found = document.getElementById(id);
  return found instanceof HTMLDialogElement ? found : undefined;
}

function toggleHelp(): void {
  const help = dialog("shortcuts");
  if (!help) return;
  if (help.open) help.close();
  else help.showModal();
}

async function jump(): Promise<void> {
  const { openJump } = await import("./elements/gb-jump.ts");
  openJump();
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-do]") : null;
  if (!button) return;
  switch (button.dataset["do"]) {
    case "theme": toggleTheme(); break;
    case "copy-link": void copyLink(); break;
    case "help": toggleHelp(); break;
    case "jump": void jump(); break;
    case "close": button.closest("dialog")?.close(); break;
    case "confirm": dialog(button.dataset["dialog"] ?? "")?.showModal(); break;
  }
});

for (const [keys, path] of [["g h", "/"], ["g r", "/runs"], ["g m", "/models"], ["g e", "/explain"], ["g i", "/inputs"], ["g j", "/jobs"]] as const) {
  bind(keys, () => location.assign(url(path)));
}
bind("t", toggleTheme);
bind("y", () => void copyLink());
bind("?", toggleHelp);
bind("/", (event) => {
  const field = document.querySelector<HTMLInputElement>("[data-filter]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    void jump();
  }
});

const shortcutSwitch = document.querySelector<HTMLInputElement>("#shortcuts-on");
if (shortcutSwitch) {
  shortcutSwitch.checked = shortcutsOn();
  shortcutSwitch.addEventListener("change", () => setShortcuts(shortcutSwitch.checked));
}

// A page whose URL is its state: fill sliders drawn by the server.
for (const range of document.querySelectorAll<HTMLInputElement>('input[type="range"]')) {
  const fill = (): void => range.style.setProperty("--fill", `${((Number(range.value) - Number(range.min)) / (Number(range.max) - Number(range.min))) * 100}%`);
  fill();
  range.addEventListener("input", fill);
}

// Of a row of tabs that is wider than the page, the open one is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const lamp = document.getElementById("live");
const ring = document.getElementById("jobs-ring");
if (lamp) {
  const words = lamp.querySelector("span:last-child");
  onLiveState((state) => {
    lamp.dataset["state"] = state;
    if (words) words.textContent = state === "open" ? "Live" : state === "lost" ? "Disconnected, retrying" : "Connecting";
  });
}
if (ring) {
  const refresh = async (): Promise<void> => {
    const { jobs } = await getJson<{ jobs: { state: string }[] }>(api("/jobs"));
    const busy = jobs.filter((job) => job.state === "queued" || job.state === "running").length;
    ring.querySelector("span")!.textContent = busy === 1 ? "1 job" : `${busy} jobs`;
    ring.toggleAttribute("data-busy", busy > 0);
    const count = document.querySelector('[data-count="jobs"]');
    if (count) count.textContent = busy > 0 ? String(busy) : "";
  };
  let due: ReturnType<typeof setTimeout> | undefined;
  onLive("job", () => {
    clearTimeout(due);
    due = setTimeout(() => void refresh().catch(() => undefined), 250);
  });
}
