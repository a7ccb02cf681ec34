// The habits people bring from TensorBoard, on the demo's charts: each is walked through and found in the address.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demo, get, openPage, pixels, startBrowser, startServer, until } from "./harness.mjs";
import { pages } from "./pages.mjs";

let server, browser, places, runs;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  places = await pages(server);
  const whole = async () => {
    ({ runs } = await get(server, `/api/v1/experiments/${places.exp}/runs`));
    const { experiments } = await get(server, "/api/v1/experiments");
    return runs.length === 6 && experiments[0].points > 40_000;
  };
  await until("the demo's logs", whole);
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

function habit(name, walk, options = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const visit = await openPage(browser, server, options);
    try {
      await visit.go(`/runs/${places.exp}/scalars`);
      await visit.page.locator("gb-line canvas").first().waitFor();
      await walk(visit);
      assert.deepEqual(visit.faults, []);
    } finally {
      await visit.context.close();
    }
  });
}

const chartOf = (page, tag) => page.locator(`gb-line[data-tag="${tag}"]`);
const query = (page) => new URL(page.url()).searchParams;
const shown = (page) => page.locator(".runs-foot").innerText();
const plot = async (page, tag) => {
  const over = chartOf(page, tag).locator(".u-over");
  await over.scrollIntoViewIfNeeded();
  return over.boundingBox();
};

/** TensorBoard's smoothing, from its line chart: debiased, and a constant series stays as it is. */
function tensorboard(values, weight) {
  if (values.every((value) => value === values[0])) return values;
  let last = values.length > 0 ? 0 : Number.NaN;
  let seen = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    seen += 1;
    return last / (weight === 1 ? 1 : 1 - weight ** seen);
  });
}

habit("the regex filter narrows list and charts; a choice narrows further; both are in the address", async ({ page }) => {
  const filter = page.getByRole("textbox", { name: /Filter runs/ });
  await filter.fill("RESNET-lr0\\.(1|01)$");
  await until("two runs", async () => /2 of 6/.test(await shown(page)));
  assert.equal(query(page).get("runs"), "re:RESNET-lr0\\.(1|01)$");
  await filter.fill("resnet(");
  assert.equal(await filter.getAttribute("aria-invalid"), "true", "an unfinished expression is said, and hides nothing");
  await filter.fill("");
  await page.getByRole("checkbox", { name: "Show mlp-lr0.02" }).uncheck();
  await until("five runs", async () => /5 of 6/.test(await shown(page)));
  assert.equal(query(page).get("runs").split(",").length, 5);
  await page.keyboard.press("i");
  await until("the one that was hidden", async () => /1 of 6/.test(await shown(page)));
  await page.goBack();
  await until("back is the choice before", async () => /5 of 6/.test(await shown(page)));
  await page.reload();
  await until("the address holds it", async () => /5 of 6/.test(await shown(page)));
});

habit("smoothing is TensorBoard's, over every point", async ({ page, go }) => {
  const id = runs.find((run) => run.name === demo.spike.run).id;
  const path = (smoothing, more) => `/api/v1/experiments/${places.exp}/scalars?tag=train/loss&runs=${id}&smoothing=${smoothing}${more}`;
  const all = (await get(server, path(0, "&columns=10000"))).series[0];
  assert.equal(all.mode, "raw");
  for (const weight of [0.6, 0.9, 0.99]) {
    const expected = new Map(tensorboard(all.y, weight).map((value, i) => [all.x[i], value]));
    for (const columns of [10_000, 100]) {
      const { x, smooth } = (await get(server, path(weight, `&columns=${columns}`))).series[0];
      for (const [i, value] of smooth.entries()) {
        const want = expected.get(x[i]);
        assert.ok(Math.abs(value - want) <= 1e-9 * Math.max(1, Math.abs(want)), `step ${x[i]} at ${weight}: ${value}, TensorBoard ${want}`);
      }
    }
  }
  await go(`/runs/${places.exp}/scalars?s=0.9`);
  assert.equal(await page.getByRole("slider", { name: "Smoothing" }).inputValue(), "0.9");
  await page.getByRole("slider", { name: "Smoothing" }).fill("0.4");
  await until("the address", async () => query(page).get("s") === "0.4");
});

habit("step, relative and wall time", async ({ page }) => {
  const axes = [];
  page.on("request", (request) => { const url = new URL(request.url()); if (url.pathname.endsWith("/scalars") && url.pathname.includes("/api/")) axes.push(url.searchParams.get("axis")); });
  const before = await pixels(chartOf(page, "val/accuracy").locator("canvas").first());
  for (const [name, word] of [["Relative", "relative"], ["Wall", "wall"]]) {
    await page.getByRole("radio", { name }).check({ force: true });
    await until(word, () => axes.includes(word));
    assert.equal(query(page).get("x"), word);
  }
  await until("another drawing", async () => (await pixels(chartOf(page, "val/accuracy").locator("canvas").first())) !== before);
  await page.getByRole("radio", { name: "Step" }).check({ force: true });
  assert.equal(query(page).get("x"), null, "the default is not written");
});

habit("one cursor for all charts; the tooltip names each run, highest first, the nearest bold", async ({ page }) => {
  const box = await plot(page, "val/accuracy");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
  const tip = page.locator(".tip");
  await tip.waitFor();
  assert.match(await tip.locator(".tip-head").innerText(), /step [\d,]+/);
  const values = (await tip.locator(".tip-row .num").allInnerTexts()).map((text) => Number(text.split(/\s/)[0].replace(",", "")));
  assert.equal(values.length, 6);
  assert.deepEqual(values, [...values].sort((a, b) => b - a));
  assert.equal(await tip.locator(".tip-row.near").count(), 1);
  const dots = (tag) => chartOf(page, tag).locator(".cursor-dot:not([hidden])").count();
  assert.equal(await dots("val/loss"), 6, "the other chart shows the same step");
  await page.getByRole("switch", { name: "Sync cursor" }).uncheck();
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
  await until("the other chart is left alone", async () => (await dots("val/loss")) === 0 && (await dots("val/accuracy")) === 6);
  assert.equal(query(page).get("sync"), "0");
});

habit("zoom by drag, by Alt and wheel, by keys; pan by Shift and drag; double click resets", async ({ page }) => {
  const box = await plot(page, "train/loss");
  const [middle, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const window = () => query(page).get("z")?.split(":").map(Number);
  const drag = async (from, to) => {
    await page.mouse.move(box.x + box.width * from, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, y, { steps: 5 });
    await page.mouse.up();
  };
  await drag(0.25, 0.75);
  const zoomed = await until("a zoom", window);
  assert.ok(Math.abs(zoomed[0] - 500) < 40 && Math.abs(zoomed[1] - 1500) < 40, String(zoomed));

  await page.mouse.move(middle, y);
  await page.keyboard.down("Alt");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Alt");
  const closer = await until("a closer window", () => { const now = window(); return now[1] - now[0] < zoomed[1] - zoomed[0] && now; });

  await page.keyboard.down("Shift");
  await drag(0.5, 0.25);
  await page.keyboard.up("Shift");
  const moved = await until("a later window", () => { const now = window(); return now[0] > closer[0] + 10 && now; });
  assert.ok(Math.abs(moved[1] - moved[0] - (closer[1] - closer[0])) < 5, "a pan keeps the width");

  await page.mouse.dblclick(middle, y);
  await until("everything again", () => window() === undefined);
  await chartOf(page, "train/loss").locator("figure").focus();
  await page.keyboard.press("+");
  await until("a zoom by key", window);
  await page.keyboard.press("l");
  await until("a logarithmic axis", () => query(page).get("log") === "train/loss");
  await page.keyboard.press("0");
  await until("no window", () => window() === undefined);
  await page.keyboard.press("ArrowRight");
  await until("what the cursor is on is said", async () => /step/.test(await page.locator("#live-region").textContent()));
});

for (const [width, height] of [[1440, 900], [1000, 800], [390, 844]]) {
  test(`nothing moves while a page loads, ${width} wide`, { timeout: 120_000 }, async (t) => {
    const names = ["landing", "runs", "scalars", "histograms", "images", "pictures", "audio", "text", "mesh", "hparams", "run"];
    for (const [name, path] of places.list.filter(([one]) => names.includes(one))) {
      const { page, faults, context, go } = await openPage(browser, server, { width, height });
      await context.addInitScript(() => {
        globalThis.moved = 0;
        new PerformanceObserver((list) => {
          for (const shift of list.getEntries()) if (!shift.hadRecentInput) globalThis.moved += shift.value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await go(path);
      await page.locator("#live[data-state=open]").waitFor({ state: "attached" });
      await page.waitForTimeout(1200);
      const moved = await page.evaluate(() => globalThis.moved);
      t.diagnostic(`${name}: ${moved.toFixed(4)}`);
      assert.ok(moved < 0.02, `${name}: layout shift ${moved}`);
      assert.deepEqual(faults, []);
      await context.close();
    }
  });
}
