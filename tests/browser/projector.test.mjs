// An embedding in a run's folder: drawn, coloured, searched, its neighbours found; and no path leads out of the folder.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { colours, get, openPage, startBrowser, startServer, until } from "./harness.mjs";
import { eventFile } from "./logdirs.mjs";

let server, browser, logs, exp, many;
const N = 100_000;

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-projector-"));
  eventFile(join(logs, "run"));
  const folder = join(logs, "run", "points");
  mkdirSync(folder);
  const lines = Array.from({ length: 120 }, (_, i) => Array.from({ length: 5 }, (_, d) => (d === i % 3 ? 10 : 0) + ((i * 7919 + d * 31) % 97) / 97).join("\t"));
  writeFileSync(join(folder, "tensors.tsv"), `${lines.join("\n")}\n`);
  writeFileSync(join(folder, "metadata.tsv"), `label\tid\n${lines.map((_, i) => `${"abc"[i % 3]}\tp${i}`).join("\n")}\n`);
  writeFileSync(join(logs, "secret.tsv"), "1\t2\n");
  const large = Array.from({ length: N }, (_, i) => `${(i % 317) / 10}\t${(i % 1009) / 10}\t${i / N}`);
  writeFileSync(join(folder, "many.tsv"), large.join("\n"));
  writeFileSync(join(logs, "run", "projector_config.pbtxt"), `embeddings { tensor_name: "fc" tensor_path: "points/tensors.tsv" metadata_path: "points/metadata.tsv" }
    embeddings { tensor_name: "many" tensor_path: "points/many.tsv" } embeddings { tensor_name: "out" tensor_path: "../secret.tsv" }`);
  server = await startServer("serve", ["--logdir", logs]);
  browser = await startBrowser();
  exp = await until("the experiment", async () => (await get(server, "/api/v1/experiments")).experiments[0]?.slug);
  const { embeddings } = await until("the embeddings", async () => { const found = await get(server, `/api/v1/experiments/${exp}/embeddings`); return found.embeddings.length === 3 ? found : undefined; });
  many = embeddings.find((one) => one.tensor === "many").id;
  const out = embeddings.find((one) => one.tensor === "out");
  assert.match(out.problem, /leads out of the folder/);
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(logs, { recursive: true, force: true });
});

const drawn = (page) => until("a picture", async () => (await page.locator("gb-points canvas").count()) === 1 && (await colours(page.locator("gb-points canvas"))) > 1);

test("points are drawn, found, chosen and isolated; t-SNE and UMAP follow", { timeout: 120_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/projector`);
  await drawn(page);
  await until("what is kept", async () => /Of the 15 nearest/.test(await page.locator(".pj-side").innerText()));
  assert.match(await page.locator(".pj-side").innerText(), /of the variance/);
  assert.equal(await page.locator(".pj-legend li").count(), 3);
  await page.locator(".pj-find input").fill("^p1[0-9]$");
  await until("ten found", async () => /10 found/.test(await page.locator(".pj-tools").innerText()));
  await page.locator(".pj-list button").first().click();
  await until("neighbours", async () => (await page.locator(".pj-panel .pj-list li").count()) === 8);
  assert.match(await page.locator(".pj-panel").innerText(), /8 of the 8 nearest share its label/);
  await page.locator("input[name=pj-dim]").nth(1).check({ force: true });
  assert.equal(new URL(page.url()).searchParams.get("dim"), "3");
  for (const [place, name] of [[1, "tsne"], [2, "umap"]]) {
    await page.locator("input[name=pj-m]").nth(place).check({ force: true });
    await until(name, async () => new URL(page.url()).searchParams.get("m") === name && (await page.locator(".pj-busy").count()) === 0);
    await drawn(page);
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("a hundred thousand points turn within the budget of a frame", { timeout: 120_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/projector?e=${many}&dim=3`);
  await drawn(page);
  const median = await page.evaluate(() => {
    const element = document.querySelector("gb-points");
    const times = [];
    for (let i = 0; i < 15; i += 1) { const begun = performance.now(); element.paint(); times.push(performance.now() - begun); }
    return times.sort((a, b) => a - b)[7];
  });
  console.log(`${N} points: ${median.toFixed(1)} ms a frame`);
  assert.ok(median <= 33, `${median} ms`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the list is there before any script runs, and the bytes can be had", { timeout: 30_000 }, async () => {
  const html = await (await fetch(`${server.url}/runs/${exp}/projector`)).text();
  assert.match(html, /leads out of the folder/);
  const bytes = await (await fetch(`${server.url}/api/v1/embeddings/${many}/tensor`)).arrayBuffer();
  assert.equal(bytes.byteLength, N * 3 * 4);
  assert.equal((await fetch(`${server.url}/api/v1/embeddings/${many}/metadata`)).status, 404);
});
