// The Scalars page: each interaction is walked through on runs written here, and found in the address.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeRun } from "./event-file.mjs";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let server, browser, logs, exp, runs;
const STEPS = 200;

/** Two learning rates by three seeds; one run breaks, one runs away, one was resumed from an earlier step. */
function write(folder) {
  for (const [l, lr] of [0.1, 0.01].entries()) {
    for (let seed = 0; seed < 3; seed += 1) {
      const points = [];
      const add = (step, again) => points.push({
        step,
        wall: 1.7e9 + points.length,
        values: {
          "train/loss": l === 0 && seed === 1 && step >= 120 ? Number.NaN
            : l === 0 && seed === 2 && step >= 150 ? 1e4 * (step - 149)
            : 2 * Math.exp(-step / (40 + 40 * l)) + 0.05 * seed + 0.01 * Math.sin(step * 1.7 + seed) + (again ? 0.5 : 0),
          "val/loss": 2.2 * Math.exp(-step / (50 + 40 * l)) + 0.05 * seed + 0.1,
          "val/accuracy": 1 - Math.exp(-step / 60) - 0.02 * seed,
          "train/lr": lr * (1 - step / (2 * STEPS)),
          epoch: step / 20,
          "system/memory": 8 + l,
        },
      });
      for (let step = 0; step < STEPS; step += 1) add(step, false);
      if (l === 1 && seed === 0) for (let step = 100; step < STEPS; step += 1) add(step, true);
      writeRun(join(folder, `cnn-lr${lr}-seed${seed}`, "events.out.tfevents.1700000000.host"), points, { lr, seed });
    }
  }
}

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-scalars-"));
  write(join(logs, "sweep"));
  server = await startServer("serve", ["--logdir", join(logs, "sweep")]);
  browser = await startBrowser();
  await until("six runs", async () => {
    const { experiments } = await get(server, "/api/v1/experiments");
    exp = experiments[0]?.slug;
    return experiments[0]?.runs === 6 && experiments[0].points >= 6 * 6 * STEPS + 600;
  });
  ({ runs } = await get(server, `/api/v1/experiments/${exp}/runs`));
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  if (logs) rmSync(logs, { recursive: true, force: true });
});

function walk(name, keys, steps, options = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const visit = await openPage(browser, server, options);
    try {
      await visit.go(`/runs/${exp}/scalars${keys ? `?${keys}` : ""}`);
      if (!options.empty) await visit.page.locator("gb-line canvas").first().waitFor();
      await steps(visit.page, visit);
      assert.deepEqual(visit.faults, []);
    } finally {
      await visit.context.close();
    }
  });
}

const api = (path) => get(server, `/api/v1/experiments/${exp}${path}`);
const chart = (page, tag) => page.locator(`.tag-group gb-line[data-tag="${tag}"]`);
const query = (page) => new URL(page.url()).searchParams;
const id = (name) => runs.find((run) => run.name === name).id;
const near = (a, b, by = 1e-6) => assert.ok(Math.abs(a - b) <= by * Math.max(1, Math.abs(b)), `${a}, expected ${b}`);

async function box(page, tag) {
  const over = chart(page, tag).locator(".u-over");
  await over.scrollIntoViewIfNeeded();
  return over.boundingBox();
}

async function settings(page) {
  await page.getByRole("button", { name: "Chart settings" }).click();
  const panel = page.getByRole("dialog", { name: "Chart settings" });
  await panel.waitFor();
  return panel;
}

async function menu(page, tag) {
  await chart(page, tag).hover();
  await chart(page, tag).getByRole("button", { name: /Export and more/ }).click();
  const panel = page.getByRole("dialog", { name: `Export ${tag}` });
  await panel.waitFor();
  return panel;
}

/** Where there is ink: how many pixels of the marks' canvases are not clear. */
const ink = (card) => card.locator(".plot-marks").evaluateAll((all) => all.reduce((sum, canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 3; i < data.length; i += 4) n += data[i] > 0 ? 1 : 0;
  return sum + n;
}, 0));

test("bands are exact: mean, deviation, extremes and counts of the raw points of each step", async () => {
  const { groups } = await api("/bands?tag=val/loss&by=hparam:lr&columns=10000&smoothing=0");
  assert.deepEqual(groups.map((group) => [group.name, group.runs.length]), [["0.01", 3], ["0.1", 3]]);
  for (const group of groups) {
    const each = await Promise.all(group.runs.map(async (run) => (await api(`/scalars?tag=val/loss&runs=${run}&columns=10000&smoothing=0`)).series[0]));
    for (const [i, step] of group.step.entries()) {
      const values = each.map((one) => one.y[one.step.indexOf(step)]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      near(group.mean[i], mean);
      near(group.std[i], Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)), 1e-5);
      assert.deepEqual([group.min[i], group.max[i], group.count[i]], [Math.min(...values), Math.max(...values), 3]);
    }
  }
  const broken = (await api("/bands?tag=train/loss&by=all&columns=10000")).groups[0];
  assert.equal(broken.count[broken.step.indexOf(130)], 5, "what is no number does not count");
});

test("any metric is x: joined by step, exact or between points", async () => {
  const run = id("cnn-lr0.1-seed0");
  const { axis, series } = await api(`/scalars?tag=val/loss&axis=metric&x=epoch&runs=${run}&columns=10000&smoothing=0`);
  assert.equal(axis, "metric");
  assert.deepEqual(series[0].x.slice(0, 3), [0, 0.05000000074505806, 0.10000000149011612]);
  assert.equal(series[0].x.length, STEPS);
  const zoom = await api(`/scalars?tag=val/loss&axis=metric&x=epoch&runs=${run}&from=2&to=3&columns=10000`);
  assert.ok(zoom.series[0].x.every((x) => x >= 2 && x <= 3) && zoom.series[0].total === 21);
  const missing = await fetch(`${server.url}/api/v1/experiments/${exp}/scalars?tag=val/loss&axis=metric`);
  assert.match((await missing.json()).detail, /`x` is missing/);
});

walk("tags are filtered by expression, groups close, pins go to the top, all of it in the address", "", async (page, { go }) => {
  const filter = page.getByRole("combobox", { name: /Filter tags/ });
  await filter.fill("^val/");
  await until("only val", async () => (await page.locator(".tag-group gb-line:visible").count()) === 2);
  assert.equal(query(page).get("tags"), "^val/");
  await filter.fill("");
  await page.locator('.tag-group[data-prefix="train"] > summary').click();
  await until("closed", () => query(page).get("shut") === "train");
  await chart(page, "val/loss").hover();
  await chart(page, "val/loss").getByRole("button", { name: /Pin to the top/ }).click();
  await page.locator('gb-shelf gb-line[data-tag="val/loss"] canvas').first().waitFor();
  assert.equal(query(page).get("pin"), "val/loss");
  await go(`/runs/${exp}/scalars`);
  await page.locator('gb-shelf gb-line[data-tag="val/loss"] canvas').first().waitFor();
  assert.equal(query(page).get("pin"), "val/loss", "this browser kept the pin and the address has it");
  assert.equal(await page.locator('.tag-group[data-prefix="train"]').evaluate((group) => group.open), true);
  await page.locator('gb-shelf gb-line').getByRole("button", { name: /Pin to the top/ }).click();
  await until("nothing is pinned", async () => (await page.locator("gb-shelf gb-line").count()) === 0 && query(page).get("pin") === null);
});

walk("several tags in one chart, by expression", "", async (page) => {
  await page.getByRole("combobox", { name: /Filter tags/ }).fill("loss$");
  await page.getByRole("button", { name: "All matching tags in one chart" }).click();
  const own = page.locator('gb-shelf gb-line[data-match="loss$"]');
  await own.locator("canvas").first().waitFor();
  assert.equal(query(page).get("own"), "loss$");
  assert.match(await own.locator(".chart-legend").innerText(), /train\/loss[\s\S]*val\/loss/);
  const area = await own.locator(".u-over").boundingBox();
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await page.locator(".tip").waitFor();
  assert.match(await page.locator(".tip").innerText(), /cnn-lr0\.01-seed0 · (train|val)\/loss/);
  await page.reload();
  await own.locator("canvas").first().waitFor();
  await own.hover();
  await own.getByRole("button", { name: /Remove chart/ }).click();
  await until("it is gone", () => query(page).get("own") === null);
});

walk("the axis: any metric, logarithmic, a window typed in; fit brings all back", "", async (page) => {
  const asked = [];
  page.on("request", (request) => { const url = new URL(request.url()); if (url.pathname.endsWith("/scalars") && url.pathname.includes("/api/")) asked.push(url.searchParams); });
  const panel = await settings(page);
  await panel.getByLabel("x is").selectOption("m:epoch");
  await until("asked by epoch", () => asked.some((keys) => keys.get("axis") === "metric" && keys.get("x") === "epoch"));
  assert.equal(query(page).get("x"), "m:epoch");
  await panel.getByLabel("x is").selectOption("step");
  await panel.getByRole("switch", { name: "Logarithmic x" }).check();
  await until("log x", () => query(page).get("xl") === "1");
  await panel.getByLabel("To").first().fill("100");
  await panel.getByLabel("To").first().press("Tab");
  await until("a window", () => query(page).get("z") === "0:100");
  await panel.getByRole("button", { name: "Fit all points" }).click();
  await until("no window", () => query(page).get("z") === null);
  await panel.getByRole("switch", { name: "Interpolate between steps" }).check();
  assert.equal(query(page).get("lin"), "1");
  await page.keyboard.press("Escape");
  await until("the panel is gone", async () => (await page.locator(".popover").count()) === 0);
});

walk("groups: by hyperparameter, by name, as one; bands are drawn and the tooltip counts runs", "", async (page) => {
  const panel = await settings(page);
  await panel.getByLabel("Group by").selectOption("hparam:lr");
  await until("by lr", () => query(page).get("by") === "hparam:lr");
  await page.keyboard.press("Escape");
  await until("a legend", async () => /0\.01\s*3\s*0\.1\s*3/.test(await page.locator(".group-legend").innerText().catch(() => "")));
  const area = await box(page, "val/loss");
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await until("two groups in the tip", async () => (await page.locator(".tip .tip-row").count()) === 2);
  assert.match(await page.locator(".tip").innerText(), /±.*n=3/);
  await page.mouse.move(0, 0);
  const both = await ink(chart(page, "val/loss"));
  await settings(page);
  await panel.getByLabel("Drawn as").selectOption("none");
  await until("less ink without bands", async () => (await ink(chart(page, "val/loss"))) < both);
  await panel.getByLabel("Group by").selectOption("re:");
  await panel.getByLabel("Expression").fill("seed(\\d)");
  await panel.getByLabel("Expression").press("Tab");
  await until("by name", () => query(page).get("by") === "re:seed(\\d)");
  await until("three groups", async () => (await page.locator(".group-legend > span").count()) === 3);
  await panel.getByLabel("Expression").fill("seed(");
  await panel.getByLabel("Expression").press("Tab");
  await until("said, and nothing changed", async () => (await panel.getByLabel("Expression").getAttribute("aria-invalid")) === "true" && query(page).get("by") === "re:seed(\\d)");
  const refused = await fetch(`${server.url}/api/v1/experiments/${exp}/groups?by=re:seed(`);
  assert.match((await refused.json()).detail, /is not understood: unclosed group/);
});

walk("a stretch is selected by drag or by numbers; a table says what happened in it", "", async (page) => {
  const area = await box(page, "val/loss");
  const y = area.y + area.height / 2;
  await page.keyboard.down("Control");
  await page.mouse.move(area.x + area.width * 0.25, y);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width * 0.75, y, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Control");
  const sel = await until("a selection", () => query(page).get("sel"));
  const [from, to] = sel.split(":").map(Number);
  near(from, 50, 0.1);
  near(to, 149, 0.1);
  const table = chart(page, "val/loss").getByRole("region", { name: /Selected stretch/ });
  await table.waitFor();
  assert.equal(await table.locator("tbody tr").count(), 6);
  const { series } = await api(`/stats?tag=val/loss&from=${from}&to=${to}`);
  const first = series.find((one) => one.run === runs[0].id);
  const cells = await table.locator("tbody tr").first().locator("td").allInnerTexts();
  near(Number(cells[1]), first.start.value, 1e-3);
  near(Number(cells[2]), first.end.value, 1e-3);
  assert.match(cells[5], /^−\d/);
  await table.getByRole("button", { name: /% change/ }).click();
  assert.equal(await table.locator("th[aria-sort=descending]").innerText(), "% change ↓");
  const panel = await settings(page);
  const stretch = panel.locator("section", { hasText: "Selected stretch" });
  await stretch.getByLabel("From").fill("20");
  await stretch.getByLabel("From").press("Tab");
  await until("typed", () => query(page).get("sel")?.startsWith("20:"));
  await stretch.getByLabel("To").fill("20");
  await stretch.getByLabel("To").press("Tab");
  await until("one step", () => query(page).get("sel") === "20");
  await chart(page, "val/loss").getByRole("region", { name: /Selected step/ }).waitFor();
  await stretch.getByRole("button", { name: "Select nothing" }).click();
  await until("nothing", () => query(page).get("sel") === null);
});

walk("the tooltip sorts and stops as asked; a click pins the cursor", "ts=asc&tn=3", async (page) => {
  const area = await box(page, "val/accuracy");
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  const tip = page.locator(".tip");
  await tip.waitFor();
  const values = (await tip.locator(".tip-row .num").allInnerTexts()).map((text) => Number.parseFloat(text));
  assert.equal(values.length, 3);
  assert.deepEqual(values, [...values].sort((a, b) => a - b));
  assert.match(await tip.innerText(), /\+ 3 more/);
  await page.mouse.click(area.x + area.width / 2, area.y + area.height / 2);
  const at = await until("pinned", () => query(page).get("cur"));
  near(Number(at), 99.5, 0.05);
  await page.mouse.move(2, 2);
  await page.waitForTimeout(300);
  assert.equal(await chart(page, "val/loss").locator(".cursor-dot:not([hidden])").count(), 6, "every chart keeps the cursor");
  await page.reload();
  await until("the address keeps it", async () => (await chart(page, "val/loss").locator(".cursor-dot:not([hidden])").count()) === 6);
  await page.getByRole("button", { name: "Undo: pinned cursor" }).click();
  await until("let go", () => query(page).get("cur") === null);
});

walk("a run that breaks or runs away is marked, and said in words", "runs=re:lr0.1-", async (page) => {
  await chart(page, "train/loss").scrollIntoViewIfNeeded();
  const words = chart(page, "train/loss").locator(".chart-fault");
  await words.waitFor();
  assert.match(await words.getAttribute("title"), /seed1: NaN at step 120\n.*seed2: exploded at step 150/);
  assert.match(await chart(page, "train/loss").locator("figcaption").textContent(), /NaN at step 120/);
  assert.equal(await chart(page, "val/loss").locator(".chart-fault").count(), 0);
});

walk("what a restart replaced is hidden, and shown when asked", "", async (page) => {
  const run = id("cnn-lr0.01-seed0");
  const count = async (more) => (await api(`/scalars?tag=train/loss&runs=${run}&columns=10000${more}`)).series[0].total;
  assert.deepEqual([await count(""), await count("&superseded=1")], [200, 300]);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const panel = await settings(page);
  await panel.getByRole("switch", { name: /restart replaced/ }).check();
  await until("asked for them", () => query(page).get("seg") === "1" && asked.some((url) => /superseded=1/.test(url)));
});

walk("a colour is chosen, kept in the address and in this browser, and given back", "", async (page, { go }) => {
  await page.getByRole("button", { name: "Colour of cnn-lr0.1-seed0" }).click();
  const panel = page.getByRole("dialog", { name: /Colour of/ });
  await panel.getByRole("button", { name: "pink, dashed", exact: true }).click();
  await until("in the address", () => query(page).get("col") === `${id("cnn-lr0.1-seed0")}:23`);
  const swatch = page.getByRole("button", { name: "Colour of cnn-lr0.1-seed0" }).locator(".run-swatch");
  assert.deepEqual([await swatch.getAttribute("data-slot"), await swatch.getAttribute("data-dash")], ["11", "1"]);
  await go(`/runs/${exp}/scalars`);
  await until("kept", () => query(page).get("col") !== null);
  await page.getByRole("button", { name: "Colour of cnn-lr0.1-seed0" }).click();
  await page.getByRole("button", { name: "Back to the palette's choice" }).click();
  await until("given back", () => query(page).get("col") === null);
});

walk("a chart is taken away as CSV, JSON, Parquet and SVG of the server, PNG of the browser", "s=0.8", async (page) => {
  const panel = await menu(page, "val/loss");
  const address = async (name) => new URL(await panel.getByRole("link", { name }).first().getAttribute("href"), server.url);
  const csv = await (await fetch(await address(/^CSV/))).text();
  assert.equal(csv.split("\n")[0], "run,tag,step,wall_time,value");
  assert.equal(csv.trim().split("\n").length, 1 + 6 * STEPS);
  const { series } = await (await fetch(await address(/^JSON/))).json();
  assert.equal(series.length, 6);
  assert.equal(series[0].value.length, STEPS);
  const parquet = Buffer.from(await (await fetch(await address(/^Parquet/))).arrayBuffer());
  assert.equal(parquet.subarray(0, 4).toString(), "PAR1");
  assert.equal(parquet.subarray(-4).toString(), "PAR1");
  const svg = await fetch(await address(/^SVG light/));
  assert.match(svg.headers.get("content-type"), /image\/svg\+xml/);
  const drawing = await svg.text();
  for (const run of runs) assert.ok(drawing.includes(run.name), `${run.name} is in the legend`);
  assert.ok(!/NaN|inf/.test(drawing.replaceAll(/<text[^>]*>[^<]*/g, "")), "no path goes nowhere");
  await page.evaluate(() => {
    const create = URL.createObjectURL.bind(URL);
    globalThis.made = [];
    URL.createObjectURL = (blob) => { globalThis.made.push([blob.type, blob.size]); return create(blob); };
  });
  await panel.getByRole("button", { name: /^PNG/ }).click();
  const png = await until("a picture", () => page.evaluate(() => globalThis.made.find(([type]) => type === "image/png")));
  assert.ok(png[1] > 10_000, `${png[1]} bytes`);
});

walk("keys of a focused chart", "", async (page) => {
  const figure = chart(page, "val/loss").locator("figure");
  await figure.focus();
  const press = (key) => page.keyboard.press(key);
  await press("ArrowRight");
  await press("Shift+ArrowRight");
  await until("said", async () => /step 10/.test(await page.locator("#live-region").textContent()));
  await press("Enter");
  await until("pinned", () => query(page).get("cur") === "10");
  await press("[");
  await press("Shift+ArrowRight");
  await press("]");
  await until("a stretch", () => query(page).get("sel") === "10:20");
  await press("+");
  await until("zoomed", () => query(page).get("z") !== null);
  await press("0");
  await press("l");
  await until("log", () => query(page).get("log") === "val/loss" && query(page).get("z") === null);
  await press("f");
  await until("full", () => query(page).get("full") === "val/loss");
  await press("p");
  await until("pinned card", () => query(page).get("pin") === "val/loss");
  await press("d");
  await chart(page, "val/loss").getByRole("region", { name: /Data of/ }).waitFor();
  await press("d");
  await press("Escape");
  await until("nothing is left of the cursor", () => query(page).get("cur") === null && query(page).get("sel") === null);
});

test("an import that goes on says how far it is, and goes when it is done", { timeout: 60_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  let at = { bytes: 3_000_000, total: 12_000_000 };
  await page.route(`**/api/v1/experiments/${exp}`, async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, import: at } });
  });
  await go(`/runs/${exp}/scalars`);
  const mark = page.locator("gb-import");
  await mark.getByText("Importing, 25 %").waitFor();
  assert.match(await mark.innerText(), /3 MB of 12 MB/);
  at = null;
  await mark.waitFor({ state: "hidden" });
  assert.deepEqual(faults, []);
  await context.close();
});

walk("cards of tags that no shown run has are hidden when asked", "runs=none&he=1", async (page) => {
  await until("no card", async () => (await page.locator(".tag-group gb-line:visible").count()) === 0);
  await page.keyboard.press("a");
  await until("all cards", async () => (await page.locator(".tag-group gb-line:visible").count()) === 6);
}, { empty: true });

walk("sizes: cards in a row and their height", "cols=5&h=300", async (page) => {
  const plots = await chart(page, "val/loss").locator(".plot").boundingBox();
  assert.equal(Math.round(plots.height), 300);
  const columns = await page.locator(".cards").first().evaluate((cards) => getComputedStyle(cards).gridTemplateColumns.split(" ").length);
  assert.equal(columns, 5);
}, { width: 1900 });

for (const theme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    walk(`axe finds nothing with everything open, ${theme}, ${width} wide`, "pin=val/loss&own=loss$&by=hparam:lr&band=runs&sel=20:80&cur=50&xl=1&mk=1&cols=2", async (page) => {
      await page.locator(".chart-stats tbody tr").first().waitFor();
      await page.locator("gb-shelf gb-line[data-match]").scrollIntoViewIfNeeded();
      await page.locator(".chart-fault").first().waitFor();
      const check = async (what) => {
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} (${n.any[0]?.message ?? v.help})`).join("; ")}`), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 1, `${what}: the page scrolls ${wide} px sideways`);
      };
      await check("page");
      await settings(page);
      await check("settings");
      await page.keyboard.press("Escape");
      await chart(page, "val/loss").locator("figure").focus();
      await menu(page, "val/loss");
      await check("menu");
      await page.keyboard.press("Escape");
      await chart(page, "val/loss").locator("figure").focus();
      await page.keyboard.press("d");
      await chart(page, "val/loss").getByRole("region", { name: /Data of/ }).waitFor();
      await check("table");
    }, { theme, width, height });
  }
}
