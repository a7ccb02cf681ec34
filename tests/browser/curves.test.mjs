// Distributions, histograms, PR curves and custom charts: what one sees and does there, and that the address holds it.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { curveLogs, event, histogram, prCurve, scalar } from "./curve-logs.mjs";
import { colours, get, openPage, pixels, startBrowser, startServer, until } from "./harness.mjs";

let server, browser, logs, exp, runs;

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-curves-"));
  curveLogs(logs);
  server = await startServer("serve", ["--logdir", logs]);
  browser = await startBrowser();
  exp = await until("the experiment", async () => (await get(server, "/api/v1/experiments")).experiments[0]?.slug);
  await until("both runs", async () => { const found = await get(server, `/api/v1/experiments/${exp}/tags`); return found.tags.filter((tag) => tag.runs.length === 2).length === 9; });
  runs = (await get(server, `/api/v1/experiments/${exp}/runs`)).runs;
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(logs, { recursive: true, force: true });
});

function walk(name, path, steps, options) {
  test(name, { timeout: 60_000 }, async () => {
    const visit = await openPage(browser, server, options);
    try {
      await visit.go(`/runs/${exp}/${path}`);
      await steps(visit);
      assert.deepEqual(visit.faults, []);
    } finally {
      await visit.context.close();
    }
  });
}

const query = (page) => new URL(page.url()).searchParams;
const html = async (path) => (await fetch(`${server.url}/runs/${exp}/${path}`)).text();
const tip = (page) => page.locator(".tip:visible");
/** Moves the pointer to a share of an element's width and height. */
async function pointAt(page, locator, x, y) {
  const box = await locator.boundingBox();
  await page.mouse.move(box.x + box.width * x - 1, box.y + box.height * y);
  await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
}

test("every page has its numbers before any script runs", { timeout: 30_000 }, async () => {
  assert.match(await html("distributions"), /layer1\/weight of resnet-a<\/caption>.*Smallest<\/th><td class="num">−2\.300<\/td>.*step 36: median 0/);
  assert.match(await html("histograms"), /layer1\/weight of resnet-b<\/caption>.*To<\/th><td class="num">2\.300<\/td>.*10 histograms, newest at step 36/);
  assert.equal((await html("pr-curves")).match(/<td class="nowrap">step 32<\/td><td class="num">0\.\d+<\/td>/g)?.length, 4);
  const custom = await html("custom");
  assert.match(custom, /<details class="tag-group" open data-prefix="quality">/);
  assert.match(custom, /<details class="tag-group" data-prefix="odd" data-closed>/);
  assert.match(custom, /The expression &#34;loss\(&#34; is not understood: unclosed group/);
  assert.match(custom, /No scalar tag begins with a match of &#34;nothing\/\.\*&#34;/);
});

for (const [width, height] of [[1440, 900], [1000, 800], [390, 844]]) {
  test(`nothing moves while these pages load, ${width} wide`, { timeout: 60_000 }, async (t) => {
    for (const name of ["distributions", "histograms", "pr-curves", "custom"]) {
      const { page, faults, context, go } = await openPage(browser, server, { width, height });
      await context.addInitScript(() => {
        globalThis.moved = [];
        new PerformanceObserver((list) => {
          for (const shift of list.getEntries()) if (!shift.hadRecentInput) globalThis.moved.push([shift.value, ...shift.sources.map(({ node, previousRect, currentRect }) => `${node?.nodeName}.${node?.className} ${previousRect.y}+${previousRect.height} to ${currentRect.y}+${currentRect.height}`)]);
        }).observe({ type: "layout-shift", buffered: true });
      });
      await go(`/runs/${exp}/${name}`);
      await page.locator("#live[data-state=open]").waitFor({ state: "attached" });
      await page.waitForTimeout(1000);
      const moved = await page.evaluate(() => globalThis.moved);
      const sum = moved.reduce((total, [by]) => total + by, 0);
      t.diagnostic(`${name}: ${sum.toFixed(4)}`);
      assert.ok(sum < 0.02, `${name}: ${JSON.stringify(moved)}`);
      assert.deepEqual(faults, []);
      await context.close();
    }
  });
}

walk("distributions: a card a run, nine values under the pointer, axis, filter and zoom in the address", "distributions", async ({ page }) => {
  const cards = page.locator("gb-distribution");
  await until("a card for each tag and run", async () => (await cards.count()) === 4);
  await until("a drawing", async () => (await page.locator("gb-distribution canvas").count()) >= 2 && (await colours(page.locator("gb-distribution canvas").first())) > 20);
  await pointAt(page, page.locator("gb-distribution .u-over").first(), 0.5, 0.5);
  await tip(page).waitFor();
  const said = await tip(page).innerText();
  assert.match(said, /step (16|20)/);
  assert.equal(said.match(/(largest|smallest|median|\d %)/g)?.length, 9);
  await page.mouse.move(700, 5);
  await page.locator('input[name=axis][value=relative]').check({ force: true });
  assert.equal(query(page).get("x"), "relative");
  await pointAt(page, page.locator("gb-distribution .u-over").first(), 0.5, 0.5);
  await until("a time", async () => /\d+ min|\d+ s/.test(await tip(page).innerText()));
  const over = await page.locator("gb-distribution .u-over").first().boundingBox();
  await page.mouse.move(over.x + over.width * 0.3, over.y + 40);
  await page.mouse.down();
  await page.mouse.move(over.x + over.width * 0.8, over.y + 40, { steps: 5 });
  await page.mouse.up();
  await until("a zoom", async () => query(page).get("z"));
  await page.locator("gb-distribution figure").first().focus();
  await page.keyboard.press("f");
  await until("a wide card", async () => query(page).get("full") === `${runs[0].id}:layer1/weight` && (await page.locator("gb-distribution[data-full]").count()) === 1);
  await page.keyboard.press("f");
  await until("the card as it was", async () => (await page.locator("gb-distribution[data-full]").count()) === 0);
  await page.getByRole("button", { name: "Whole range" }).click();
  assert.equal(query(page).get("z"), null);
  await page.locator("input[data-filter]").fill("^layer2");
  await until("one tag", async () => (await page.locator("gb-distribution:visible").count()) === 2);
  await page.locator(".run-row input.check").first().click();
  await until("one run", async () => (await page.locator("gb-distribution:visible").count()) === 1);
  await page.reload();
  await until("the same after a reload", async () => (await page.locator("gb-distribution:visible").count()) === 1);
});

test("distributions: as CSV, one row a histogram", { timeout: 30_000 }, async () => {
  const csv = await (await fetch(`${server.url}/api/v1/experiments/${exp}/distributions?tag=layer1/weight&run=${runs[0].id}&format=csv`)).text();
  const lines = csv.trim().split("\n");
  assert.equal(lines.length, 11);
  assert.equal(lines[0].split(",").length, 11);
  const [step, , low, , , , median, , , , high] = lines[10].split(",").map(Number);
  assert.equal(step, 36);
  assert.ok(Math.abs(low + 2.3) < 1e-9 && Math.abs(high - 2.3) < 1e-9 && Math.abs(median) < 1e-9);
});

walk("histograms: the bin under the pointer, a step pinned in every card, offset and overlay", "histograms", async ({ page }) => {
  const canvases = page.locator("gb-histogram canvas");
  await until("cards", async () => (await canvases.count()) === 4);
  await until("a drawing", async () => (await colours(canvases.first())) > 20);
  const plain = await pixels(canvases.nth(1));
  await pointAt(page, canvases.first(), 0.42, 0.88);
  await tip(page).waitFor();
  assert.match(await tip(page).innerText(), /step \d+\s+left\s+−?[\d.]+\s+right\s+−?[\d.]+\s+count\s+[1-9]/);
  await until("the same step in the next card", async () => (await pixels(canvases.nth(1))) !== plain);
  await page.mouse.down();
  await page.mouse.up();
  const pinned = await until("a pinned step", async () => query(page).get("hs"));
  await page.mouse.move(700, 5);
  assert.match(await page.locator("gb-histogram-bar .chip").innerText(), new RegExp(`^step ${pinned}`));
  const offset = await pixels(canvases.first());
  await page.locator('input[name=view][value=overlay]').check({ force: true });
  await until("overlay", async () => (await pixels(canvases.first())) !== offset);
  assert.equal(query(page).get("view"), "overlay");
  await page.locator('input[name=axis][value=wall]').check({ force: true });
  await page.reload();
  await until("drawn again", async () => (await canvases.count()) === 4 && (await colours(canvases.first())) > 20);
  assert.deepEqual([query(page).get("hs"), query(page).get("view"), query(page).get("x")], [pinned, "overlay", "wall"]);
  await page.locator("gb-histogram figure").first().focus();
  await page.keyboard.press("ArrowUp");
  await until("words for readers", async () => /step 32: left/.test(await page.locator("#live-region").innerText()));
  await page.keyboard.press("Escape");
  await until("nothing pinned", async () => query(page).get("hs") === null);
});

walk("PR curves: areas, counts under the pointer, one slider for all or one a run", "pr-curves", async ({ page }) => {
  const first = page.locator("gb-pr-curve").first();
  await first.locator("tbody tr").nth(1).waitFor();
  const area = async (row) => Number(await first.locator("tbody tr").nth(row).locator("td").last().innerText());
  await until("areas", async () => (await area(0)) > 0 && (await area(1)) > 0);
  const [late, other] = [await area(0), await area(1)];
  assert.ok(late > 0.5 && late <= 1, `${late}`);
  await pointAt(page, first.locator(".u-over"), 0.5, 0.3);
  await tip(page).waitFor();
  const said = await tip(page).innerText();
  for (const word of ["Threshold", "Precision", "Recall", "TP", "FP", "TN", "FN", "resnet-a", "resnet-b"]) assert.ok(said.includes(word), said);
  await page.mouse.move(700, 5);
  const slider = page.getByRole("slider", { name: "Step of all runs" });
  await slider.focus();
  await page.keyboard.press("Home");
  await until("the first step", async () => query(page).get("st") === "0");
  await until("another area", async () => (await area(0)) < late && (await area(1)) < other);
  assert.equal(await first.locator("tbody td.nowrap").first().innerText(), "step 0");
  await page.keyboard.press("End");
  await until("the newest step is not in the address", async () => query(page).get("st") === null);
  await page.locator("gb-pr-bar .switch input").uncheck({ force: true });
  await page.getByRole("slider", { name: "Step of resnet-a" }).focus();
  await page.keyboard.press("ArrowLeft");
  await until("one run goes back", async () => (await first.locator("tbody td.nowrap").allInnerTexts()).join() === "step 24,step 32");
  assert.equal(query(page).get("ss"), `${runs[0].id}:24`);
  await page.locator('input[name=axis][value=relative]').check({ force: true });
  await page.reload();
  await until("the same after a reload", async () => (await first.locator("tbody td.nowrap").allInnerTexts()).join() === "4 min,5 min 20 s");
});

test("PR curves: thresholds at which nothing is called positive are left out; refusals are sentences", { timeout: 30_000 }, async () => {
  const place = `/api/v1/experiments/${exp}/pr-curves?tag=val/cat`;
  const { series } = await get(server, `${place}&at=8`);
  assert.deepEqual(series.map((one) => [one.steps.length, one.curve.step, one.curve.thresholds.length]), [[5, 8, 10], [5, 8, 10]]);
  const { precision, recall, area } = series[0].curve;
  const sum = recall.reduce((total, here, i) => total + (here - (recall[i + 1] ?? 0)) * precision[i], 0);
  assert.ok(Math.abs(sum - area) < 1e-9);
  const csv = await (await fetch(`${server.url}${place}&runs=${runs[0].id}&format=csv`)).text();
  assert.equal(csv.trim().split("\n").length, 1 + 5 * 10);
  for (const [path, words] of [["&at=late", /a step is a whole number/], ["&at=1,2,3", /3 steps for 2 runs/]]) {
    const refused = await fetch(server.url + place + path);
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).detail, words);
  }
  assert.equal((await fetch(`${server.url}/api/v1/experiments/${exp}/pr-curves?tag=loss/val`)).status, 404);
});

walk("custom charts: lines and bands, folded categories, smoothing, and a tag that comes later", "custom", async ({ page }) => {
  const lines = page.locator("gb-custom-chart").first();
  const band = page.locator("gb-custom-chart").nth(1);
  await lines.locator("canvas").waitFor();
  await until("both drawn", async () => (await colours(lines.locator("canvas"))) > 20 && (await colours(band.locator("canvas"))) > 20);
  assert.deepEqual(await lines.locator(".chart-legend .mono").allInnerTexts(), ["loss/train", "loss/val"]);
  await pointAt(page, band.locator(".u-over"), 0.5, 0.5);
  await tip(page).waitFor();
  assert.match(await tip(page).innerText(), /resnet-a\s+0\.\d+ +0\.\d+ to 0\.\d+/);
  await page.mouse.move(700, 5);
  const before = await pixels(lines.locator("canvas"));
  const slider = page.getByRole("slider", { name: "Smoothing of lines" });
  await slider.focus();
  await page.keyboard.press("Home");
  await until("unsmoothed", async () => query(page).get("s") === "0" && (await pixels(lines.locator("canvas"))) !== before);
  const odd = page.locator('.tag-group[data-prefix="odd"]');
  assert.equal(await odd.evaluate((group) => group.open), false);
  await odd.locator("summary").click();
  await until("the open category in the address", async () => query(page).get("open") === "odd");
  await odd.getByText('The expression "loss(" is not understood').waitFor();
  await odd.getByText('No scalar tag begins with a match of "nothing/.*"').waitFor();
  await page.reload();
  await until("open after a reload", () => odd.evaluate((group) => group.open));
  // A run logs a tag that an expression waited for.
  const records = [];
  for (let step = 0; step < 5; step += 1) records.push(event(step, scalar("nothing/much", step)));
  appendFileSync(join(logs, "resnet-b", "events.out.tfevents.1700000000.host"), Buffer.concat(records));
  await until("the new tag", async () => (await odd.locator(".chart-legend .mono").allInnerTexts()).join() === "nothing/much");
  assert.equal(await odd.getByText("No scalar tag begins with").count(), 0);
  await until("its line", async () => (await odd.locator("canvas").count()) === 1 && (await colours(odd.locator("canvas"))) > 5);
});

test("a band is read at the steps of its value, and one without a border says so", { timeout: 30_000 }, async () => {
  const place = `/api/v1/experiments/${exp}/margins?value=acc/mean&lower=acc/low&runs=${runs[0].id}`;
  const { series } = await get(server, `${place}&upper=acc/high`);
  assert.equal(series[0].bare, 0);
  assert.ok(series[0].value.every((v, i) => Math.abs(v - series[0].lower[i] - 0.1) < 1e-6 && Math.abs(series[0].upper[i] - v - 0.05) < 1e-6));
  const bare = await get(server, `${place}&upper=nobody`);
  assert.deepEqual([bare.series[0].bare, bare.series[0].upper[0]], [40, null]);
  const refused = await fetch(`${server.url}${place}&upper=acc/high&axis=metric&x=loss/val`);
  assert.match((await refused.json()).detail, /A band has no axis of another metric/);
});

walk("what a run logs while a page is open is drawn: a curve, a histogram, points of a custom chart", "pr-curves", async ({ page, go }) => {
  const shown = page.locator("gb-pr-curve").first().locator("tbody td.nowrap");
  await until("the newest curves", async () => (await shown.allInnerTexts()).join() === "step 32,step 32");
  const log = (...records) => appendFileSync(join(logs, "resnet-a", "events.out.tfevents.1700000000.host"), Buffer.concat(records));
  const even = [50, 40, 30, 20];
  log(event(48, prCurve("val/cat", [even, even, even.map((n) => 50 - n), even.map((n) => 50 - n), even.map(() => 0.5), even.map((n) => n / 50)])));
  await until("the new curve", async () => (await shown.allInnerTexts()).join() === "step 48,step 32");
  assert.equal(await page.getByRole("slider", { name: "Step of all runs" }).getAttribute("aria-valuetext"), "step 48");
  await go(`/runs/${exp}/distributions`);
  const caption = page.locator("gb-distribution figcaption").first();
  await until("the caption", async () => /^step 36:/.test(await caption.innerText()));
  log(event(50, histogram("layer1/weight", [-9, 0, 9], [1, 1])));
  await until("the new histogram", async () => (await caption.innerText()) === "step 50: median 0, from −9.000 to 9.000");
  await go(`/runs/${exp}/custom`);
  const lines = page.locator("gb-custom-chart canvas").first();
  await until("lines", async () => (await lines.count()) === 1 && (await colours(lines)) > 20);
  const before = await pixels(lines);
  log(event(90, scalar("loss/train", 3)));
  await until("the new point", async () => (await pixels(lines)) !== before);
});
