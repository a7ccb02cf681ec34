// Texts, sounds, pictures and meshes that runs logged: each step reachable, the view in the address.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { colours, get, openPage, pixels, startBrowser, startServer, until } from "./harness.mjs";
import { logged, tensor, writeMediaLogs } from "./media-logs.mjs";

let server, browser, logs, exp, base;

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-media-"));
  writeMediaLogs(logs);
  server = await startServer("serve", ["--logdir", logs]);
  browser = await startBrowser();
  exp = await until("the experiment", async () => (await get(server, "/api/v1/experiments")).experiments[0]?.slug);
  base = await until("the runs", async () => {
    const { runs } = await get(server, `/api/v1/experiments/${exp}/runs`);
    return runs.length === 2 && runs.every((run) => run.points === 50) && runs.find((run) => run.name === "base").id;
  });
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(logs, { recursive: true, force: true });
});

const card = (page, tag, run) => page.locator(`.media-card[data-tag="${tag}"][data-run="${run}"]`);
const keys = (page) => new URL(page.url()).searchParams;

test("texts are in the page before any script, and nothing in them runs or loads", { timeout: 60_000 }, async () => {
  const html = await (await fetch(`${server.url}/runs/${exp}/text?at=20`)).text();
  const main = html.slice(html.indexOf("<gb-text-board"), html.indexOf("</gb-text-board"));
  assert.match(main, /<h3>Step 20<\/h3>/);
  assert.match(main, /<strong>fell<\/strong>/);
  assert.match(main, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  assert.doesNotMatch(main, /<script|<img|onerror/);
  assert.match(main, /<a href="https:\/\/elsewhere\.example\/plot\.png" rel="noopener noreferrer">a plot<\/a>/);
});

test("a text goes through its steps alone or with all; source, copy, filter and the address", { timeout: 90_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await go(`/runs/${exp}/text`);
  const note = card(page, "notes/summary", base);
  await note.getByText("Step 40", { exact: true }).waitFor();
  // One card on its own.
  const own = note.getByRole("slider", { name: /Step of notes\/summary/ });
  await own.waitFor();
  await own.focus();
  await page.keyboard.press("ArrowLeft");
  await note.getByText("Step 30", { exact: true }).waitFor();
  assert.equal(await page.locator(".logged h3").filter({ hasText: "Step 40" }).count(), 1);
  assert.equal(keys(page).get("st"), `${base}:30:notes/summary`);
  await page.reload();
  await note.getByText("Step 30", { exact: true }).waitFor();
  // All together.
  const all = page.getByRole("slider", { name: "Step of all cards" });
  await all.focus();
  await page.keyboard.press("Home");
  await until("every card at the first step", async () => (await page.locator(".logged h3").allInnerTexts()).join() === "Step 0,Step 0");
  assert.equal(keys(page).get("at"), "0");
  assert.equal(keys(page).get("st"), null);
  // As it was written.
  await page.getByRole("switch", { name: "Source" }).check();
  await until("the source", async () => (await note.locator("pre.source").innerText()).includes("**fell**"));
  await note.getByRole("button", { name: /Copy/ }).click();
  await until("the copy", async () => (await page.evaluate(() => navigator.clipboard.readText())).startsWith("## Step 0\n"));
  await page.getByLabel("Filter tags, regex").fill("table$");
  await until("two cards", async () => (await page.locator(".media-card").count()) === 2);
  assert.equal(keys(page).get("src"), "1");
  assert.match(await card(page, "notes/table", base).innerText(), /token\tscore/);
  await page.getByRole("checkbox", { name: /wide/ }).uncheck({ force: true });
  await until("one card", async () => (await page.locator(".media-card").count()) === 1);
  assert.deepEqual(faults, []);
  await context.close();
});

test("rows are rows, tables are tables, and a deep tensor says what is left out", { timeout: 60_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/text`);
  assert.equal(await card(page, "notes/samples", base).locator("tr").count(), 3);
  assert.equal(await card(page, "notes/table", base).locator("td").count(), 6);
  // A new tag comes while the page is open.
  const deep = tensor([2, 1, 2], { strings: ["a", "b", "c", "d"] });
  appendFileSync(join(logs, "base/events.out.tfevents.1700000000.host"), logged(40, "notes/deep", "text", deep));
  const late = card(page, "notes/deep", base);
  await late.getByText("3 dimensions (2 × 1 × 2)").waitFor();
  assert.equal(await late.locator("td").count(), 2);
  // And a new step of one that is shown.
  appendFileSync(join(logs, "base/events.out.tfevents.1700000000.host"), logged(50, "notes/summary", "text", tensor([], { strings: ["# Step 50"] })));
  await card(page, "notes/summary", base).getByText("Step 50", { exact: true }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a sound is there with label and facts, plays, and is fetched in stretches", { timeout: 90_000 }, async () => {
  const html = await (await fetch(`${server.url}/runs/${exp}/audio`)).text();
  assert.match(html, /<audio controls preload="metadata" src="\/api\/v1\/audio\/[\d.]+"/);
  assert.match(html, /0\.60 s · 8 kHz · mono · wav/);
  assert.match(await (await fetch(`${server.url}/runs/${exp}/audio?at=25`)).text(), /aria-label="voice\/clip of base, step 20, sample 1"/);
  assert.match(await (await fetch(`${server.url}/runs/${exp}/images?at=10`)).text(), /alt="spectrogram of base, step 10, sample 3"/);
  assert.match(html, /0\.90 s · 8 kHz · stereo/);
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/audio`);
  const clip = card(page, "voice/clip", base);
  await clip.locator("gb-wave canvas").first().waitFor();
  assert.equal(await clip.locator("strong").innerText(), "clean");
  await until("its length", () => clip.locator("audio").first().evaluate((audio) => Math.abs(audio.duration - 0.6) < 0.02));
  await until("its outline", async () => (await colours(clip.locator("gb-wave canvas").first())) > 1);
  await clip.locator("audio").first().evaluate((audio) => { audio.muted = true; return audio.play(); });
  await until("it plays", () => clip.locator("audio").first().evaluate((audio) => audio.currentTime > 0.05));
  const before = await clip.locator("audio").first().getAttribute("src");
  await clip.getByRole("slider", { name: /Step of voice/ }).focus();
  await page.keyboard.press("Home");
  await until("another sound", async () => (await clip.locator("audio").first().getAttribute("src")) !== before);
  assert.match(await clip.innerText(), /step 0/);
  await until("it can be played too", () => clip.locator("audio").nth(1).evaluate((audio) => audio.readyState >= 1));
  assert.deepEqual(faults, []);
  await context.close();
});

test("pictures: light, size, and one enlarged that keys move", { timeout: 90_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/images`);
  const picture = card(page, "spectrogram", base);
  await picture.locator(".image-btn").nth(2).waitFor();
  const slide = async (name, key, times) => { await page.getByRole("slider", { name }).focus(); for (let i = 0; i < times; i += 1) await page.keyboard.press(key); };
  await slide("Brightness", "ArrowRight", 4);
  await slide("Contrast", "ArrowLeft", 2);
  const img = picture.locator("img").first();
  assert.equal(await img.evaluate((one) => getComputedStyle(one).filter), "brightness(1.2) contrast(0.9)");
  await page.getByLabel("Actual size").check();
  assert.equal(Math.round((await img.boundingBox()).width), 48);
  assert.deepEqual([keys(page).get("bri"), keys(page).get("con"), keys(page).get("act")], ["120", "90", "1"]);
  await page.getByRole("button", { name: "As logged" }).click();
  await page.getByLabel("Actual size").uncheck();
  assert.equal(await img.evaluate((one) => getComputedStyle(one).filter), "none");

  await picture.locator(".image-btn").nth(1).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /spectrogram of base/ });
  await dialog.waitFor();
  const words = dialog.locator(".zoom-words");
  assert.match(await words.innerText(), /step 40 · sample 2 of 3 · 48 × 32/);
  await page.keyboard.press("ArrowLeft");
  await until("the step before", async () => /step 30 · sample 2/.test(await words.innerText()));
  await page.keyboard.press("ArrowDown");
  await until("the next sample", async () => /step 30 · sample 3/.test(await words.innerText()));
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await until("twice its size", async () => Math.round((await dialog.locator("img").boundingBox()).width) === 96);
  await page.reload();
  await dialog.waitFor();
  await until("the same picture", async () => /step 30 · sample 3/.test(await words.innerText()));
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await until("the address", async () => keys(page).get("big") === null);

  await picture.locator(".image-btn").nth(1).click();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await until("the focus where it was", () => picture.locator(".image-btn").nth(1).evaluate((button) => button === document.activeElement));
  assert.deepEqual(faults, []);
  await context.close();
});

async function meshes(page) {
  const [one, other] = [card(page, "surface", base).locator("gb-mesh"), page.locator(`.media-card[data-tag="surface"]:not([data-run="${base}"]) gb-mesh`)];
  await one.scrollIntoViewIfNeeded();
  await until("a drawing", async () => (await one.getAttribute("data-by")) !== null && (await colours(one.locator("canvas"))) > 50);
  return [one, other];
}

test("meshes turn together, by key and by pointer; the address has the camera", { timeout: 120_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server, { height: 1400 });
  await go(`/runs/${exp}/mesh`);
  const [one, other] = await meshes(page);
  assert.equal(await one.getAttribute("data-by"), "webgl2");
  assert.match(await card(page, "surface", base).innerText(), /864 points · 1,728 faces · own colours/);
  const canvas = one.locator("canvas");
  const changes = async (name, act, of = canvas) => { const was = await pixels(of); await act(); await until(name, async () => (await pixels(of)) !== was); };
  await canvas.focus();
  await changes("a turn of the other card", () => page.keyboard.press("ArrowLeft"), other.locator("canvas"));
  assert.match(keys(page).get("cam"), /^0\.72,0\.42,1,0,0$/);
  await changes("zoom", () => page.keyboard.press("+"));
  await changes("a move", () => page.keyboard.press("Shift+ArrowRight"));
  const box = await canvas.boundingBox();
  await changes("a drag", async () => {
    await page.mouse.move(box.x + 100, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 160, box.y + 120, { steps: 4 });
    await page.mouse.up();
  });
  const at = await pixels(canvas);
  await page.reload();
  await meshes(page);
  await until("the same look", async () => (await pixels(canvas)) === at);
  await changes("the first look", () => page.getByRole("button", { name: "Reset view" }).click());
  assert.equal(keys(page).get("cam"), null);
  await changes("edges", () => page.getByLabel("Edges only").check());
  await changes("another step", async () => { await page.getByRole("slider", { name: "Step of all cards" }).focus(); await page.keyboard.press("Home"); });
  await page.getByLabel("One camera").uncheck();
  const still = await pixels(other.locator("canvas"));
  await canvas.focus();
  await changes("a turn of one", () => page.keyboard.press("ArrowRight"));
  assert.equal(await pixels(other.locator("canvas")), still);
  const clouds = card(page, "clouds", base).locator("gb-mesh canvas");
  await clouds.scrollIntoViewIfNeeded();
  await changes("larger points", async () => { await page.getByRole("slider", { name: "Point size" }).focus(); await page.keyboard.press("End"); }, clouds);
  assert.deepEqual(faults, []);
  await context.close();
});

test("without WebGL2 a mesh is drawn all the same", { timeout: 90_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server, { height: 1400 });
  await page.addInitScript(() => {
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) { return kind === "webgl2" ? null : real.call(this, kind, ...more); };
  });
  await go(`/runs/${exp}/mesh`);
  const [one] = await meshes(page);
  assert.equal(await one.getAttribute("data-by"), "canvas");
  const was = await pixels(one.locator("canvas"));
  await one.locator("canvas").focus();
  await page.keyboard.press("ArrowUp");
  await until("a turn", async () => (await pixels(one.locator("canvas"))) !== was);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the list of meshes is there before any script runs", { timeout: 30_000 }, async () => {
  const html = await (await fetch(`${server.url}/runs/${exp}/mesh`)).text();
  assert.match(html, /<td class="mono">surface<\/td>/);
  assert.match(html, /points, faces, colours/);
  const refused = await fetch(`${server.url}/api/v1/experiments/${exp}/mesh?run=${base}&mesh=cat`);
  assert.equal(refused.status, 404);
  assert.match((await refused.json()).detail, /no mesh "cat"/);
});
