// A training loop writes while pages are open: what it writes shows, soon, and without a reload.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { ROOT, openPage, startBrowser, startServer, until } from "./harness.mjs";

const PYTHON = process.env.GLASSBOARD_PYTHON ?? join(ROOT, ".venv/bin/python");
/** What is asked is one second; a busy machine gets three before the test fails. */
const LIMIT = 3000;

let server, browser, writer, logs;

/** TensorBoard's own writer, fed over a pipe: `write` answers the time at which the point was flushed. */
function startWriter(folder) {
  const child = spawn(PYTHON, ["-u", join(ROOT, "tests/clients/live_writer.py"), folder], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on("error", (error) => { throw new Error(`${PYTHON} cannot start (${error.message}): ./x test installs what it needs`); });
  return {
    ready: lines.next(),
    async write(run, tag, step, value) {
      child.stdin.write(`${JSON.stringify({ run, tag, step, value })}\n`);
      return JSON.parse((await lines.next()).value).at;
    },
    stop: () => child.kill(),
  };
}

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-live-"));
  server = await startServer("serve", ["--logdir", logs]);
  browser = await startBrowser();
  writer = startWriter(logs);
  await writer.ready;
}, { timeout: 60_000 });

after(async () => {
  writer?.stop();
  await browser?.close();
  await server?.stop();
  rmSync(logs, { recursive: true, force: true });
});

test("an open page shows new points, new runs and new tags", { timeout: 120_000 }, async (t) => {
  const { page, faults, context, go } = await openPage(browser, server);
  const delays = [];
  /** Waits for what a flush at `since` must bring to the page, and notes how long it took. */
  const shows = async (what, since, seen) => {
    await page.waitForFunction(seen.test, seen.given, { polling: "raf", timeout: 30_000 });
    const delay = Math.round(Date.now() - since);
    delays.push(delay);
    t.diagnostic(`${what}: ${delay} ms after the flush`);
    assert.ok(delay < LIMIT, `${what} took ${delay} ms`);
  };

  await go("/runs");
  await page.getByText("No runs yet").waitFor();
  await writer.write("sweep/lr/0.1", "train/loss", 0, 2);
  const link = page.locator(".exp-row");
  await link.waitFor({ timeout: 10_000 });
  await link.click();
  await page.waitForURL(/\/scalars/);

  const chart = page.locator('gb-line[data-tag="train/loss"]');
  await chart.locator("canvas").first().waitFor();
  await chart.hover();
  await chart.getByRole("button", { name: /Data table/ }).click();
  await page.locator("#live[data-state=open]").waitFor();
  const steps = { test: (step) => [...document.querySelectorAll('gb-line[data-tag="train/loss"] tbody tr')].some((row) => row.cells[1]?.textContent === step) };
  for (let step = 1; step <= 8; step += 1) {
    const at = await writer.write("sweep/lr/0.1", "train/loss", step, 2 / (step + 1));
    await shows(`step ${step}`, at, { ...steps, given: String(step) });
  }

  const run = await writer.write("sweep/lr/nested/deeper/0.2", "train/loss", 0, 1.5);
  await shows("a new run, four folders deep", run, { test: (name) => [...document.querySelectorAll(".run-row a")].some((a) => a.textContent === name), given: "sweep/lr/nested/deeper/0.2" });
  const tag = await writer.write("sweep/lr/0.1", "val/accuracy", 8, 0.9);
  await shows("a new tag", tag, { test: (name) => Boolean(document.querySelector(`gb-line[data-tag="${name}"] canvas`)), given: "val/accuracy" });
  await until("the tab's count", async () => /Scalars\s*2/.test(await page.locator(".tabs").innerText()), 5000);

  const sorted = [...delays.slice(0, 8)].sort((a, b) => a - b);
  t.diagnostic(`from flush to page, eight points: median ${sorted[4]} ms, slowest ${sorted[7]} ms`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("twenty runs write at once, and each flush is soon in the open page", { timeout: 120_000 }, async (t) => {
  const runs = Array.from({ length: 20 }, (_, i) => `many/run-${i}`);
  for (const run of runs) await writer.write(run, "many/loss", 0, 1);
  const { page, faults, context, go } = await openPage(browser, server);
  await go("/runs");
  await page.locator(".exp-row").first().click();
  const chart = page.locator('gb-line[data-tag="many/loss"]');
  await chart.scrollIntoViewIfNeeded();
  await chart.locator("canvas").first().waitFor();
  await chart.hover();
  await chart.getByRole("button", { name: /Data table/ }).click();
  await page.locator("#live[data-state=open]").waitFor();
  // When each run's row first said a step, seen as a person could: once it is on the page.
  await page.evaluate(() => {
    const seen = (window.seen = {});
    const look = () => {
      for (const row of document.querySelectorAll('gb-line[data-tag="many/loss"] tbody tr')) {
        const [run, step] = [row.cells[0]?.textContent.trim(), Number(row.cells[1]?.textContent)];
        if (run?.startsWith("many/run-")) seen[`${run} ${step}`] ??= Date.now();
      }
      requestAnimationFrame(look);
    };
    look();
  });
  const flushed = new Map();
  // The table of a card ends after three hundred rows.
  const rounds = 12;
  for (let step = 1; step <= rounds; step += 1) {
    for (const run of runs) flushed.set(`${run} ${step}`, await writer.write(run, "many/loss", step, 1 / step));
    // A step that is overtaken before it is drawn would not count as seen.
    await page.waitForFunction(([all, step]) => all.every((run) => `${run} ${step}` in window.seen), [runs, step], { polling: "raf", timeout: 30_000 });
  }
  const seen = await page.evaluate(() => window.seen);
  const delays = [...flushed].map(([what, at]) => seen[what] - at).sort((a, b) => a - b);
  assert.equal(delays.length, runs.length * rounds);
  const p95 = Math.round(delays[Math.floor(delays.length * 0.95)]);
  t.diagnostic(`from flush to page, ${delays.length} flushes of twenty runs: median ${Math.round(delays[delays.length >> 1])} ms, p95 ${p95} ms, slowest ${Math.round(delays.at(-1))} ms`);
  assert.ok(p95 < LIMIT, `p95 ${p95} ms`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a run is deleted from its page and does not come back when its file grows", { timeout: 120_000 }, async () => {
  const name = "gone/soon";
  await writer.write(name, "train/loss", 0, 1);
  const { page, faults, context, go } = await openPage(browser, server);
  await go("/runs");
  await page.locator(".exp-row").first().click();
  await page.locator(".run-row a", { hasText: name }).click();
  await page.waitForURL(/\/r\//);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("The log files themselves are not touched").waitFor();
  await dialog.getByRole("button", { name: "Keep it" }).click();
  assert.equal(await dialog.count(), 0);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await dialog.getByRole("button", { name: "Delete run" }).click();
  await page.waitForURL(/\/table#deleted/);
  await page.locator("#deleted").getByText(name).first().waitFor({ state: "attached" });
  await page.getByRole("link", { name: /^Scalars/ }).click();
  await page.waitForURL(/\/scalars/);
  const names = () => page.locator(".run-row a").allInnerTexts();
  await until("the other runs", async () => (await names()).length > 0, 5000);
  assert.ok(!(await names()).includes(name));
  await writer.write(name, "train/loss", 1, 0.5);
  await writer.write("sweep/lr/0.1", "train/loss", 100, 0.1);
  await page.locator("#live[data-state=open]").waitFor();
  await page.waitForTimeout(1500);
  await page.reload();
  await until("the list again", async () => (await names()).length > 0, 5000);
  assert.ok(!(await names()).includes(name), "a deleted run stays deleted");
  assert.deepEqual(faults, []);
  await context.close();
});
