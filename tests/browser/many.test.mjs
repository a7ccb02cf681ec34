// A thousand runs of a hundred tags: the page comes, scrolls without a stutter, and holds few rows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeRun } from "./event-file.mjs";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";

const RUNS = 1000;
const TAGS = 100;
const STEPS = 20;
let server, browser, logs, exp;

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-many-"));
  for (let run = 0; run < RUNS; run += 1) {
    const points = Array.from({ length: STEPS }, (_, step) => ({
      step: step * 10,
      wall: 1.7e9 + step + run,
      values: Object.fromEntries(Array.from({ length: TAGS }, (_, tag) => [`group${Math.floor(tag / 10)}/metric${tag % 10}`, Math.exp(-step / 10) * (1 + run / RUNS) + 0.05 * Math.sin(step + run + tag)])),
    }));
    writeRun(join(logs, "many", `run-${String(run).padStart(4, "0")}`, "events.out.tfevents.1700000000.host"), points);
  }
  server = await startServer("serve", ["--logdir", join(logs, "many")]);
  browser = await startBrowser();
  await until("every point", async () => {
    const { experiments } = await get(server, "/api/v1/experiments");
    exp = experiments[0]?.slug;
    return experiments[0]?.points === RUNS * TAGS * STEPS;
  }, 300_000);
}, { timeout: 400_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  if (logs) rmSync(logs, { recursive: true, force: true });
});

/** Scrolls `selector` for `ms`; answers the frames a second, and the longest frame. */
const scroll = (page, selector, ms) => page.evaluate(([selector, ms]) => new Promise((done) => {
  const box = document.querySelector(selector);
  const began = performance.now();
  const gaps = [];
  let before = began;
  const from = box.scrollTop;
  const turn = (now) => {
    gaps.push(now - before);
    before = now;
    box.scrollTop += 12;
    if (now - began < ms) requestAnimationFrame(turn);
    else {
      gaps.sort((a, b) => a - b);
      done({ fps: (gaps.length / (now - began)) * 1000, p95: gaps[Math.floor(gaps.length * 0.95)], top: box.scrollTop, moved: box.scrollTop - from, asked: 12 * gaps.length });
    }
  };
  requestAnimationFrame(turn);
}), [selector, ms]);

test("the charts and the run list scroll at 55 frames a second, with at most 200 rows", { timeout: 120_000 }, async (t) => {
  const { page, faults, context, go } = await openPage(browser, server);
  const began = Date.now();
  await go(`/runs/${exp}/scalars`);
  await page.locator("gb-line canvas").first().waitFor();
  t.diagnostic(`first chart after ${Date.now() - began} ms`);
  await page.waitForTimeout(3000);
  const rows = () => page.locator(".run-row").count();
  assert.ok(await rows() <= 200, `${await rows()} rows`);
  for (const [name, selector] of [["charts", ".board"], ["run list", ".runs-rows"]]) {
    // What else this machine does is not the page's doing: the best of three.
    let best = { fps: 0 };
    for (let round = 0; round < 3 && best.fps < 55; round += 1) {
      const seen = await scroll(page, selector, 4000);
      t.diagnostic(`${name}: ${seen.fps.toFixed(1)} frames a second, 95 % within ${seen.p95.toFixed(1)} ms, ${seen.top} px down`);
      assert.ok(Math.abs(seen.moved - seen.asked) < 40, `${name} moved ${seen.moved} px where ${seen.asked} were asked for`);
      if (seen.fps > best.fps) best = seen;
    }
    assert.ok(best.top > 1000, `${name} did not move`);
    assert.ok(best.fps >= 55, `${name}: ${best.fps.toFixed(1)} frames a second`);
  }
  assert.ok(await rows() <= 200, `${await rows()} rows after scrolling`);
  const mounted = await page.locator("gb-line canvas").count();
  assert.ok(mounted < 150, `${mounted} canvases for ${TAGS} cards: those out of sight are let go`);
  await until("what is in sight is drawn", () => page.evaluate(() => [...document.querySelectorAll("gb-line")].filter((card) => { const box = card.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }).every((card) => card.querySelector("canvas"))), 10_000);
  await page.getByRole("textbox", { name: /Filter runs/ }).fill("run-00[0-2]");
  await until("thirty runs", async () => /30 of 1,000/.test(await page.locator(".runs-foot").innerText()));
  assert.deepEqual(faults, []);
  await context.close();
});
