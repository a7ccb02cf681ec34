// Runs side by side.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { get, openPage, startBrowser, startServer } from "./harness.mjs";

let server, browser, exp, runs;
before(async () => {
  server = await startServer();
  browser = await startBrowser();
  exp = (await get(server, "/api/v1/experiments")).experiments[0].slug;
  runs = (await get(server, `/api/v1/experiments/${exp}/runs`)).runs;
});
after(async () => { await browser?.close(); await server?.stop(); });

test("selected runs are compared: metrics with the best marked, differences alone, curves", async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/table`);
  await page.waitForSelector("gb-run-table tbody input.check");
  for (const i of [0, 1]) await page.locator("gb-run-table tbody input.check").nth(i).check();
  await page.locator(".bulk a", { hasText: "Compare" }).click();
  await page.waitForSelector(".compare-table");
  assert.equal(await page.locator(".compare-table thead th").count(), 3);
  assert.ok((await page.locator(".compare-table td.best").count()) > 0);
  assert.ok((await page.locator(".compare-chart path").count()) >= 2);
  const before = await page.locator(".compare-table tbody tr").count();
  await page.getByRole("link", { name: "Only differences" }).click();
  await page.waitForURL(/diff=1/);
  assert.ok((await page.locator(".compare-table tbody tr").count()) < before);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a run that is not here is named, the others are compared", async () => {
  const html = await (await fetch(`${server.url}/compare?runs=${exp}/${runs[0].id},${exp}/nobody`)).text();
  assert.ok(html.includes("Not here any more") && html.includes("nobody") && html.includes(runs[0].name));
});
