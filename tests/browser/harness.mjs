// What the browser tests share: a server of their own, a page that notes everything it should not do.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const ROOT = resolve(import.meta.dirname, "../..");
export const demoFile = (name) => join(ROOT, "demo/data", name);
export const demo = JSON.parse(readFileSync(demoFile("demo.json"), "utf8"));
export const PROGRAM = process.env.GLASSBOARD_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/glassboard");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts `glassboard demo` (or `verb`) on a free port of `address` over a fresh data directory. */
export async function startServer(verb = "demo", more = [], address = "127.0.0.1") {
  const home = mkdtempSync(join(tmpdir(), "glassboard-browser-"));
  const child = spawn(PROGRAM, [verb, "--listen", `${address}:0`, "--data-dir", join(home, "data"), ...more], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes) => { said += bytes; });
  const ended = new Promise((end) => child.once("exit", end));
  const url = await new Promise((ready, fail) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("Glassboard: ")) ready(line.slice("Glassboard: ".length).trim().replace(/\/$/, ""));
    });
    child.once("error", (error) => fail(new Error(`${PROGRAM} cannot start (${error.message}): cargo build -p glassboard`)));
    child.once("exit", (code) => fail(new Error(`the server ended with ${code}: ${said}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Sends a log folder to a server, as an experiment of its own. */
export async function push(server, folder, experiment) {
  const child = spawn(PROGRAM, ["push", folder, "--to", server.url, "--experiment", experiment], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes) => { said += bytes; });
  const code = await new Promise((end) => child.once("exit", end));
  if (code !== 0) throw new Error(`push ended with ${code}: ${said}`);
}

export function startBrowser() {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"] });
}

/**
 * A page that keeps a list of faults: console errors, uncaught exceptions, broken policy, requests
 * that fail or leave the server.
 */
export async function openPage(browser, server, { theme = "light", width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce", acceptDownloads: false });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (message.type() === "error" || /policy|Trusted/i.test(message.text())) faults.push(`console: ${message.text()} ${message.location().url}`); });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) faults.push(`left the server: ${request.url()}`);
  });
  page.on("response", (response) => { if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`); });
  return { page, faults, context, go: (path) => page.goto(server.url + path, { waitUntil: "load" }) };
}

export async function get(server, path) {
  const answer = await fetch(server.url + path);
  if (!answer.ok) throw new Error(`${answer.status} ${path}: ${await answer.text()}`);
  return answer.json();
}

/** Drops files on the page as the system's file manager would. */
export async function drop(page, files) {
  const payload = files.map((file) => ({ name: basename(file), bytes: readFileSync(file).toString("base64") }));
  const transfer = await page.evaluateHandle((sent) => {
    const made = new DataTransfer();
    for (const { name, bytes } of sent) made.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
    return made;
  }, payload);
  for (const type of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("#main", type, { dataTransfer: transfer });
}

/** Waits until `what()` is truthy; fails with `name` after `limit` ms. */
export async function until(name, what, limit = 60_000) {
  const began = Date.now();
  for (;;) {
    const found = await what();
    if (found) return found;
    if (Date.now() - began > limit) throw new Error(`${name}: not within ${limit} ms`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** How many different colours a canvas holds; a blank one holds one. */
export const colours = (locator) => locator.evaluate((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 24) | (data[i + 1] << 16) | (data[i + 2] << 8) | data[i + 3]);
  return seen.size;
});

/** A canvas' pixels as one short string, to compare two drawings. */
export const pixels = (locator) => locator.evaluate(async (canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const hash = await crypto.subtle.digest("SHA-256", data);
  return `${canvas.width}x${canvas.height} ${[...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
});
