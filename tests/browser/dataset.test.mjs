// A model over a whole table: the journey of a credit validator, and every page of it in both themes and sizes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PROGRAM, ROOT, colours, drop, get, openPage, startBrowser, startServer, until } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const fixture = (name) => join(ROOT, "tests/fixtures/credit", name);
const PAIR = "/explain/credit.xgb/credit.csv";
const VIEWS = ["global", "dependence", "interactions", "cohorts", "errors", "performance"];
let server, fresh, browser;

async function send(kind, name) {
  const answer = await fetch(`${server.url}/api/v1/${kind}?name=${name}`, { method: "PUT", headers: { "x-filename": name }, body: readFileSync(fixture(name)) });
  assert.ok(answer.ok, `${answer.status} for ${name}: ${await answer.text()}`);
}

before(async () => {
  [server, fresh] = await Promise.all([startServer("serve"), startServer("serve")]);
  browser = await startBrowser();
  await Promise.all([send("models", "credit.xgb.json"), send("inputs", "credit.csv")]);
  await until("model and table are read", async () => {
    const [{ models }, input] = await Promise.all([get(server, "/api/v1/models"), get(server, "/api/v1/inputs/credit.csv")]);
    return models[0]?.state === "ready" && input.state === "ready";
  });
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), fresh?.stop()]);
});

/** Everything that is drawn has come, and nothing is under way. */
async function settled(page) {
  await page.locator("gb-set .set-body").waitFor();
  await until("the page has drawn", async () => (await page.locator(".set-blank, .set-wait").count()) === 0);
  await page.waitForTimeout(150);
}

function visit(name, walk, options = {}, at = () => server) {
  test(name, { timeout: 180_000 }, async (t) => {
    const visited = await openPage(browser, at(), options);
    try {
      await walk(visited, t);
      assert.deepEqual(visited.faults, []);
    } finally {
      await visited.context.close();
    }
  });
}

visit("Credit: upload a table and an XGBoost model, all rows, a cohort, its report", async ({ page, go }) => {
  await go("/");
  await drop(page, [fixture("credit.xgb.json"), fixture("credit.csv")]);
  await page.waitForURL(/\/explain\/credit\.xgb\/credit\.csv\/row/);
  await page.getByRole("link", { name: "All rows" }).click();
  await page.waitForURL(/\/global/);
  await settled(page);
  assert.ok(await colours(page.locator("gb-swarm canvas").first()) > 20, "the beeswarm is drawn");
  const first = await page.locator(".set-says b").first().innerText();
  const { explanations } = await get(fresh, "/api/v1/explanations?model=credit.xgb&input=credit.csv");
  const shap = explanations.find((one) => one.method === "tree_shap");
  const csv = await (await fetch(`${fresh.url}/api/v1/explanations/${shap.id}/attribution?format=csv`)).text();
  assert.equal(csv.trim().split("\n").length, 401, "a line a row, and the head");
  await page.getByText("Data: 7 features").click();
  assert.equal((await page.locator("details[open] tbody th").first().innerText()).trim(), first, "the table's first feature is the sentence's");

  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /Picture of this plot/ }).first().click()]);
  assert.match(saved.suggestedFilename(), /^Effects.*\.png$/);

  // Every picture, each an address of its own.
  for (const [label, key, mark] of [["Bar", "bar", ".set-bars li"], ["Heatmap", "heat", "gb-set-heat canvas"], ["Violin", "violin", "gb-swarm gb-canvas canvas"], ["Decision", "decision", "gb-set-decision canvas"]]) {
    await page.getByRole("radio", { name: label, exact: true }).check({ force: true });
    await page.waitForURL(new RegExp(`v=${key}`));
    await page.locator(mark).first().waitFor();
  }
  await page.goBack();
  await page.locator("gb-swarm gb-canvas").waitFor();

  await page.getByRole("link", { name: "Cohorts" }).click();
  await page.getByRole("textbox", { name: "Cohort 1" }).fill('housing = rent and age < 35');
  await page.getByRole("button", { name: "Compare" }).click();
  await page.waitForURL(/coh=/);
  await settled(page);
  const count = readFileSync(fixture("credit.csv"), "utf8").trim().split("\n").slice(1).map((line) => line.split(",")).filter((row) => row[5] === "rent" && Number(row[0]) < 35).length;
  const rows = await page.getByRole("region", { name: "Cohorts compared" }).locator("tbody tr").first().innerText();
  assert.match(rows, new RegExp(`\\b${count}\\b`), `${count} rows are in the cohort: ${rows}`);

  const report = page.getByRole("link", { name: "Report (HTML)" });
  const text = await (await fetch(fresh.url + (await report.getAttribute("href")))).text();
  assert.match(text, /housing = rent and age &#?\w*;? ?35|housing = rent/);

  // What the report prints, typed into a shell beside the two files, writes the same report.
  const folder = mkdtempSync(join(tmpdir(), "glassboard-credit-"));
  for (const name of ["credit.xgb.json", "credit.csv"]) copyFileSync(fixture(name), join(folder, name));
  const named = { amp: "&", lt: "<", gt: ">", quot: '"' };
  const command = /<pre>(glassboard explain[^<]*)<\/pre>/.exec(text)?.[1].replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, number, name) => (hex ?? number ? String.fromCodePoint(hex ? parseInt(hex, 16) : Number(number)) : (named[name] ?? whole)));
  assert.ok(command, "the report prints a command");
  execFileSync("sh", ["-c", command.replace(/^glassboard/, '"$GLASSBOARD"')], { cwd: folder, env: { ...process.env, GLASSBOARD: PROGRAM } });
  assert.equal(readFileSync(join(folder, "report.html"), "utf8"), text, command);
  rmSync(folder, { recursive: true });

  // A group comparison in one click.
  await page.locator(".set-inline select").selectOption({ label: "housing" });
  await page.waitForURL(/mortgage/);
  await settled(page);
  assert.equal(await page.locator(".set-cohorts thead th").count(), 4);
}, {}, () => fresh);

visit("A wrong condition is refused with its place, and stays to be mended", async ({ page, faults, go }) => {
  await go(`${PAIR}/cohorts?coh=${encodeURIComponent("ages > 3")}`);
  await page.locator(".notice-bad", { hasText: "ages" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Cohort 1" }).inputValue(), "ages > 3");
  faults.length = 0;
});

visit("All rows: a dot leads to its row by keyboard", async ({ page, go }) => {
  await go(`${PAIR}/global?row=3`);
  await settled(page);
  await page.locator("gb-dots .set-dots").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const said = await page.locator("#live-region").innerText();
  const row = Number(/row ([\d,]+)/.exec(said)[1].replace(",", ""));
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith("/row") && (url.searchParams.get("row") ?? "0") === String(row));
});

visit("Performance: everything follows the threshold", async ({ page, go }) => {
  await go(`${PAIR}/performance`);
  await settled(page);
  const read = page.locator(".set-read");
  const before = await read.innerText();
  await page.getByRole("slider").fill("0.8");
  await page.waitForURL(/thr=0.8/);
  const after = await read.innerText();
  const called = (text) => Number(text.split(" ")[0].replace(",", ""));
  assert.ok(called(after) < called(before), `${before} / ${after}`);
  const cells = (await page.locator(".set-confusion tbody td b").allInnerTexts()).map((n) => Number(n.replace(",", "")));
  assert.equal(cells.reduce((a, b) => a + b, 0), 400);
  assert.equal(cells[0] + cells[2], called(after));
});

visit("Interactions: the pair behind the table is found", async ({ page, go }) => {
  await go(`${PAIR}/interactions`);
  await settled(page);
  const says = await page.locator(".set-says").innerText();
  assert.match(says, /beyond what each does alone/);
  await page.getByRole("button", { name: /^income and debt/ }).click();
  await page.waitForURL(/pair=/);
  await page.locator(".card-title", { hasText: "income × debt" }).waitFor();
});

visit("Without scripts the finished answers are read all the same", async ({ go, page }) => {
  const html = await (await fetch(`${server.url}${PAIR}/performance`)).text();
  assert.match(html, /<h1>Performance<\/h1>/);
  assert.match(html, /accuracy<\/td>/);
  const all = await (await fetch(`${server.url}${PAIR}/global`)).text();
  assert.match(all, /Mean \|effect\|/);
  await go(`${PAIR}/global`);
  await settled(page);
});

for (const theme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    for (const view of VIEWS) {
      visit(`${view}: axe, width and layout, ${theme}, ${width} wide`, async ({ page, context, go }, t) => {
        await context.addInitScript(() => {
          globalThis.moved = [];
          new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) if (!shift.hadRecentInput) globalThis.moved.push([shift.value, ...shift.sources.map(({ node, previousRect, currentRect }) => `${node?.nodeName}.${node?.className} ${previousRect.y}+${previousRect.height} to ${currentRect.y}+${currentRect.height}`)]);
          }).observe({ type: "layout-shift", buffered: true });
        });
        await go(`${PAIR}/${view}${view === "cohorts" ? `?coh=${encodeURIComponent("housing = rent; housing = own")}` : ""}`);
        await settled(page);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} (${n.any[0]?.message ?? v.help})`).join("; ")}`), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 1, `the page scrolls ${wide} px sideways`);
        const moved = await page.evaluate(() => globalThis.moved);
        const sum = moved.reduce((total, [by]) => total + by, 0);
        t.diagnostic(`layout shift ${sum.toFixed(4)}`);
        assert.ok(sum < 0.02, JSON.stringify(moved));
      }, { theme, width, height });
    }
  }
}
