// The table of runs: query, order, columns, selection, names, deletion with a way back, links.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";

let server, browser, exp, runs;
before(async () => {
  server = await startServer();
  browser = await startBrowser();
  exp = (await get(server, "/api/v1/experiments")).experiments[0].slug;
  runs = (await get(server, `/api/v1/experiments/${exp}/runs`)).runs;
});
after(async () => { await browser?.close(); await server?.stop(); });

const rows = (page) => page.locator("gb-run-table tbody tr[data-run]").count();
async function table(query = "") {
  const opened = await openPage(browser, server);
  await opened.go(`/runs/${exp}/table${query}`);
  await opened.page.waitForSelector("gb-run-table input.check");
  return opened;
}

test("the table is useful HTML before any script runs", async () => {
  const html = await (await fetch(`${server.url}/runs/${exp}/table`)).text();
  for (const run of runs.slice(0, 5)) assert.ok(html.includes(run.name), run.name);
});

test("a query finds runs, its state is in the address, what is wrong is marked", async () => {
  const { page, faults, context } = await table();
  assert.equal(await rows(page), runs.length);
  await page.fill("gb-query input", `name = "${runs[0].name}"`);
  await until("one row", async () => (await rows(page)) === 1, 10_000);
  assert.ok(page.url().includes("query=name"));
  assert.deepEqual(faults, []);
  await page.fill("gb-query input", "points >");
  await page.waitForSelector("#query-problem:has-text('a value is missing')");
  assert.equal(await rows(page), 1, "the rows stay");
  await context.close();
});

test("names are completed from the keyboard", async () => {
  const { page, context } = await table();
  await page.locator("gb-query input").pressSequentially("poi");
  await page.waitForSelector("#query-names li");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.inputValue("gb-query input"), "points ");
  await context.close();
});

test("columns are ordered and moved, from the keyboard too", async () => {
  const { page, context } = await table("?columns=points,started");
  const heads = () => page.locator("thead th button.gb-plain").allTextContents();
  await page.locator("thead th button", { hasText: "Points" }).focus();
  await page.keyboard.press("Alt+ArrowRight");
  await until("moved", async () => (await heads())[2]?.startsWith("Points"), 10_000);
  await page.locator("thead th button", { hasText: "Points" }).click();
  await page.waitForSelector('th[aria-sort="ascending"]');
  assert.ok(page.url().includes("sort=points"));
  await context.close();
});

test("runs are renamed in place, tagged together, deleted and brought back", async () => {
  const { page, faults, context } = await table();
  await page.locator("tbody tr[data-run]").first().hover();
  await page.locator("tbody .rename-btn").first().click();
  await page.fill(".rename", "the good one");
  await page.keyboard.press("Enter");
  await page.waitForSelector("tbody a:has-text('the good one')");
  await page.locator("tbody input.check").first().check();
  await page.fill("[data-tag-field]", "baseline");
  await page.keyboard.press("Enter");
  await page.waitForSelector("tbody .chip:has-text('baseline')");
  await page.locator(".bulk button", { hasText: "Delete" }).click();
  await until("gone", async () => (await rows(page)) === runs.length - 1, 10_000);
  await page.locator("#undo button").click();
  await until("back", async () => (await rows(page)) === runs.length, 10_000);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a long address is copied as a short one that leads to the same page", async () => {
  const query = `query=${encodeURIComponent(`name != "${"x".repeat(1900)}"`)}`;
  const path = `/runs/${exp}/table`;
  const answer = await fetch(`${server.url}/api/v1/views`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ path, query }) });
  const { path: short } = await answer.json();
  const { page, context, go } = await openPage(browser, server);
  await go(short);
  assert.equal(new URL(page.url()).pathname, path);
  assert.equal(new URL(page.url()).search.slice(1), query);
  await context.close();
});
