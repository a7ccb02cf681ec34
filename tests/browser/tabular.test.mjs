// One row of a table: the journey of a clinician's data scientist from the answer to a report, on the demo's network
// and on an uploaded LightGBM file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, demoFile, drop, get, openPage, startBrowser, startServer, until } from "./harness.mjs";

const forest = join(ROOT, "tests/fixtures/goldens/models/tree_lgbm.lgbm.txt");
const credit = (name) => join(ROOT, "tests/fixtures/credit", name);
let server, browser, mlp, trees, table, risk, loans;

async function send(kind, name, body) {
  const answer = await fetch(`${server.url}/api/v1/${kind}?name=${name}`, { method: "PUT", headers: { "x-filename": name }, body });
  assert.ok(answer.ok, `${answer.status} for ${name}`);
  return answer.json();
}

/** What the model says of the row with these values, or the server's sentence. */
async function predict(model, input, row, changes) {
  const answer = await fetch(`${server.url}/api/v1/predictions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ model, input, row, changes }) });
  return { status: answer.status, ...(await answer.json()) };
}

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const { models } = await get(server, "/api/v1/models");
  const { inputs } = await get(server, "/api/v1/inputs");
  mlp = models.find((model) => model.name === "breast-cancer-mlp").slug;
  table = inputs.find((input) => input.kind === "table").slug;
  trees = (await send("models", "forest.txt", readFileSync(forest))).model;
  risk = (await send("models", "credit.xgb.json", readFileSync(credit("credit.xgb.json")))).model;
  loans = (await send("inputs", "credit.csv", readFileSync(credit("credit.csv")))).input;
  for (const model of [trees, risk]) await until(`${model} is read`, async () => (await get(server, `/api/v1/models/${model}`)).state === "ready");
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

function visit(name, walk, options = {}) {
  test(name, { timeout: 180_000 }, async () => {
    const visited = await openPage(browser, server, options);
    try {
      await walk(visited);
      assert.deepEqual(visited.faults, []);
    } finally {
      await visited.context.close();
    }
  });
}

const slow = { timeout: 90_000 };
const edited = (page) => page.locator("gb-what-if dl div", { hasText: "Edited" }).locator("dd");

visit("Breast cancer: row, waterfall, what-if, counterfactual, edited row, report", async ({ page, go }) => {
  await go(`/explain/${mlp}/${table}/row`);
  await page.locator("gb-waterfall svg").waitFor(slow);
  await page.locator("gb-force path").first().waitFor();
  assert.match(await page.locator("#gb-target-chip").innerText(), /predicts (benign|malignant)/);
  await page.locator("gb-row-evidence .gb-said li").first().waitFor(slow);
  assert.equal(await page.locator("gb-features tbody tr").count(), 30);

  // Effects of the waterfall's data table add up: base and all of them give the output.
  const shown = await page.locator("gb-waterfall svg").getAttribute("aria-label");
  assert.match(shown, /10 largest of 30 features/);

  // What if: the answer follows a value, the address holds it, and nothing is stored.
  const before = (await get(server, `/api/v1/explanations?model=${mlp}&input=${table}`)).explanations.length;
  const field = page.locator("gb-what-if .gb-if input").first();
  const own = Number(await field.inputValue());
  await field.fill(String(own * 3));
  await until("the edited answer", async () => (await edited(page).innerText()) !== "–");
  assert.match(page.url(), /[?&]e=/);
  const answered = await edited(page).innerText();
  await page.reload();
  await page.locator("gb-waterfall svg").waitFor(slow);
  await until("the same answer from the address", async () => (await edited(page).innerText()) === answered);
  await page.getByRole("button", { name: /^Reset all/ }).click();
  await page.waitForURL((url) => !url.searchParams.has("e"));
  assert.equal(await edited(page).innerText(), "–");

  // A counterfactual, applied with one click, changes the answer.
  const apply = page.locator(".gb-others").getByRole("button", { name: /Apply/ }).first();
  await apply.waitFor(slow);
  assert.ok((await page.locator(".gb-others .gb-changed").count()) > 0, "changed columns are marked");
  await apply.click();
  await page.locator("gb-what-if .gb-flip", { hasText: "The answer changes" }).waitFor(slow);
  assert.ok((await page.locator("gb-what-if .gb-if[data-edited]").count()) > 0);

  // The rule, in words.
  await page.getByRole("region", { name: "When this answer holds" }).getByText("Precision", { exact: true }).waitFor(slow);

  // The edited row is explained, in memory only.
  await page.getByRole("button", { name: "Explain this edited row" }).click();
  await page.getByText("This explains an edited row").waitFor(slow);
  await page.locator("gb-waterfall svg").waitFor(slow);
  await page.getByText("there is no report of it").waitFor(slow);
  assert.equal((await get(server, `/api/v1/explanations?model=${mlp}&input=${table}`)).explanations.filter((one) => one.changes).length, 0);
  assert.ok(before > 0);
  await page.getByRole("button", { name: "Back to the row" }).click();

  // The report names the model's hash and the command that makes it again.
  const link = page.getByRole("link", { name: "Report" });
  await link.waitFor(slow);
  const report = await page.evaluate(async (href) => { const answer = await fetch(href); return { status: answer.status, text: await answer.text() }; }, await link.getAttribute("href"));
  assert.equal(report.status, 200);
  assert.match(report.text, /glassboard explain/);
  const npz = await page.evaluate(async (href) => new Uint8Array(await (await fetch(href)).arrayBuffer()).slice(0, 2).join(), await page.getByRole("link", { name: "npz" }).getAttribute("href"));
  assert.equal(npz, "80,75", "a zip archive");
});

visit("A LightGBM file: TreeSHAP is offered first and says why, gradients are refused with a reason", async ({ page, go }) => {
  await go(`/explain/${trees}/${table}/row`);
  await page.locator("gb-waterfall svg").waitFor(slow);
  await page.locator("gb-row-methods [aria-pressed=true]", { hasText: "TreeSHAP" }).waitFor();
  await page.getByText("offered first").waitFor();
  await page.locator("gb-row-methods .gb-refused summary").click();
  await page.locator("gb-row-methods .gb-refused dd", { hasText: "tree ensemble" }).first().waitFor();
  const methods = await get(server, `/api/v1/methods?model=${trees}&input=${table}`);
  const first = methods.find((method) => method.default);
  assert.equal(first.name, "tree_shap");
  // The same row by the API: base and values are the margin.
  const { explanations } = await get(server, `/api/v1/explanations?model=${trees}&input=${table}`);
  const exact = explanations.find((one) => one.method === "tree_shap");
  assert.ok(Math.abs(exact.completeness_gap) < 1e-4, `gap ${exact.completeness_gap}`);
});

visit("Keyboard: a method is chosen, a value edited and taken back without a mouse", async ({ page, go }) => {
  await go(`/explain/${mlp}/${table}/row`);
  await page.locator("gb-waterfall svg").waitFor(slow);
  const kernel = page.locator("gb-row-methods .gb-method-pick", { hasText: "KernelSHAP" }).first();
  await kernel.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/m=kernel_shap/);
  await page.locator(".gb-provenance dd", { hasText: "KernelSHAP" }).waitFor(slow);
  const field = page.locator("gb-what-if .gb-if input").first();
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("1");
  await until("the edited answer", async () => (await edited(page).innerText()) !== "–");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.searchParams.has("e"));
});

visit("Nothing jumps while answers come", async ({ page, go }) => {
  await page.addInitScript(() => {
    globalThis.moved = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.moved += entry.value; }).observe({ type: "layout-shift", buffered: true });
  });
  await go(`/explain/${mlp}/${table}/row?row=3`);
  await page.locator("gb-waterfall svg").waitFor(slow);
  await page.locator(".gb-others").waitFor(slow);
  const moved = await page.evaluate(() => globalThis.moved);
  assert.ok(moved < 0.02, `layout shift ${moved}`);
});

test("Edited values are the values of a table that holds them: labels, numbers, missing", { timeout: 60_000 }, async () => {
  const [head, first, ...rest] = readFileSync(credit("credit.csv"), "utf8").split("\n");
  const own = first.split(",");
  const at = (name) => head.split(",").indexOf(name);
  const changes = { income: 21_000, housing: own[at("housing")] === "rent" ? "own" : "rent", purpose: null };
  const edited = [...own];
  for (const [name, to] of Object.entries(changes)) edited[at(name)] = to === null ? "" : String(to);
  const other = (await send("inputs", "credit-edited.csv", [head, edited.join(","), ...rest].join("\n"))).input;
  const [before, asked, direct] = [await predict(risk, loans, 0, {}), await predict(risk, loans, 0, changes), await predict(risk, other, 0, {})];
  assert.deepEqual([before.status, asked.status, direct.status], [200, 200, 200]);
  assert.deepEqual(asked.prediction, direct.prediction);
  assert.notDeepEqual(asked.prediction, before.prediction);
  assert.equal(asked.row[asked.columns.names.indexOf("purpose")], null);
  // What cannot be is a sentence that says what would be.
  const nonsense = await predict(risk, loans, 0, { housing: "castle" });
  assert.equal(nonsense.status, 400);
  assert.match(nonsense.detail, /`housing` has no label `castle`; it has .*rent/);
  assert.match((await predict(risk, loans, 0, { smell: 1 })).detail, /takes no column `smell`/);
  assert.match((await predict(risk, loans, 0, { income: "much" })).detail, /holds numbers/);
});

visit("Labels are chosen from a list, and missing values can be set and taken back", async ({ page, go }) => {
  await go(`/explain/${risk}/${loans}/row?row=4`);
  await page.locator("gb-waterfall svg").waitFor(slow);
  const housing = page.locator("gb-what-if").getByLabel("housing", { exact: true });
  const own = await housing.inputValue();
  const to = ["mortgage", "own", "rent"].find((label) => label !== own);
  await housing.selectOption(to);
  await page.waitForURL(new RegExp(`e=housing:${to}`));
  await until("the edited answer", async () => (await edited(page).innerText()) !== "–");
  await housing.selectOption("");
  await page.waitForURL((url) => url.searchParams.get("e") === "housing:");
  await housing.selectOption(own);
  await page.waitForURL((url) => !url.searchParams.has("e"));
  assert.match(await page.locator("gb-waterfall svg").innerHTML(), new RegExp(own), "the waterfall names the label");
});

visit("Sampled values sharpen in place with their errors, and the job can be stopped", async ({ page, go }) => {
  await go(`/explain/${mlp}/${table}/row?row=5&m=permutation_shap&ev=none&par=permutation_shap.permutations:1000`);
  await page.locator(".gb-why .busy").waitFor(slow);
  await page.locator("gb-waterfall svg").waitFor(slow);
  await page.getByText("Whiskers: one standard error. Still sharpening.").waitFor(slow);
  await page.locator("gb-row-methods").getByRole("button", { name: "Cancel Permutation SHAP" }).click();
  await page.locator("gb-row-methods li[data-state=cancelled]").waitFor(slow);
});

visit("Explain without keeping: a dropped table is explained with every method for rows, and is stored nowhere", async ({ page, go }) => {
  const before = (await get(server, "/api/v1/inputs")).inputs.length;
  await go(`/explain/${trees}`);
  await page.getByLabel("Explain without keeping").check();
  await drop(page, [demoFile("inputs/breast-cancer-held-out.csv")]);
  await page.locator("gb-waterfall svg").waitFor(slow);
  await page.locator("gb-row-methods [aria-pressed=true]", { hasText: "TreeSHAP" }).waitFor();
  await page.locator(".gb-others .gb-changed").first().waitFor(slow);
  assert.equal(await page.getByRole("link", { name: "Report" }).count(), 0);
  assert.equal((await get(server, "/api/v1/inputs")).inputs.length, before);
});
