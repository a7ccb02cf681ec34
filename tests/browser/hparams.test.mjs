// Sessions as a table, parallel coordinates, scatter plots and groups: what one does there is in the address.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";
import { pages } from "./pages.mjs";

let server, browser, exp, total;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  ({ exp } = await pages(server));
  const all = await until("the sessions", async () => { const found = await get(server, `/api/v1/experiments/${exp}/hparams`); return found.sessions.length >= 6 && found.hparams.length > 0 && found.metrics.length > 0 ? found : undefined; });
  total = all.sessions.length;
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

function walk(name, address, steps, options) {
  test(name, { timeout: 120_000 }, async () => {
    const visit = await openPage(browser, server, options);
    try {
      await visit.go(address());
      await visit.page.locator(".hp-board").waitFor();
      await steps(visit);
      assert.deepEqual(visit.faults, []);
    } finally {
      await visit.context.close();
    }
  });
}

const query = (page) => new URL(page.url()).searchParams;
const rows = (page) => page.locator(".hp-runs tbody tr");

walk("a brush drawn on an axis filters table and groups, and Clear takes it away", () => `/runs/${exp}/hparams`, async ({ page }) => {
  assert.equal(await rows(page).count(), total);
  const grip = await page.locator(".hp-grip").last().boundingBox();
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height * 0.02);
  await page.mouse.down();
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height * 0.4, { steps: 4 });
  await page.mouse.up();
  await until("fewer rows", async () => (await rows(page).count()) < total);
  assert.ok(query(page).get("b"));
  const shown = await rows(page).count();
  assert.match(await page.locator(".hp-foot").innerText(), new RegExp(`^${shown} of ${total} inside the brush`));
  await page.reload();
  await page.locator(".hp-board").waitFor();
  assert.equal(await rows(page).count(), shown);
  await page.locator(".hp-foot button").click();
  await until("all rows", async () => (await rows(page).count()) === total);
});

walk("a filter, a hidden column, an order, a session's details", () => `/runs/${exp}/hparams?v=table`, async ({ page }) => {
  const first = (await page.locator(".hp-run").first().innerText()).trim();
  await page.locator(".hp-side input[type=search]").fill(`^${first.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
  await until("one row", async () => (await rows(page).count()) === 1);
  await page.locator(".hp-side input[type=search]").fill("");
  const heads = await page.locator(".hp-board thead th").count();
  await page.locator(".hp-column > .check:checked").first().click();
  await until("one column less", async () => (await page.locator(".hp-board thead th").count()) === heads - 1);
  assert.match(query(page).get("col"), /^-/);
  await page.locator(".hp-board thead button").first().click();
  assert.equal(query(page).get("sort"), "run");
  assert.equal(await page.locator(".hp-board th[aria-sort=ascending]").count(), 1);
  await page.locator(".hp-run").first().click();
  await page.locator(".hp-session svg").first().waitFor();
  await page.keyboard.press("Escape");
  await until("no details", async () => (await page.locator(".hp-session").count()) === 0);
});

walk("on a phone nothing is wider than the page", () => `/runs/${exp}/hparams`, async ({ page }) => {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
}, { width: 390, height: 844 });

test("the table is there before any script runs, and as CSV and LaTeX", { timeout: 60_000 }, async () => {
  const page = await (await fetch(`${server.url}/runs/${exp}/hparams`)).text();
  assert.equal(page.split("<tr>").length - 2, total);
  const file = async (format) => (await fetch(`${server.url}/api/v1/experiments/${exp}/hparams?format=${format}`)).text();
  assert.equal((await file("csv")).trim().split("\n").length, total + 1);
  assert.match(await file("latex"), /^\\begin\{tabular\}/);
});
