// Questions about more than one input: a concept, and training rows that helped or hurt.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";

let server, browser, slug;
const [TABLE, HELD] = ["breast-cancer.csv", "breast-cancer-held-out.csv"];

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const { models } = await get(server, "/api/v1/models");
  slug = (name) => models.find((model) => model.name === name).slug;
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** One visit: fails on its own assertions, and on any fault of the page. */
function visit(name, walk, options = {}) {
  test(name, { timeout: 150_000 }, async () => {
    const visited = await openPage(browser, server, options);
    try {
      await walk(visited);
      assert.deepEqual(visited.faults, []);
    } finally {
      await visited.context.close();
    }
  });
}

const answer = async (page, element) => {
  const said = page.locator(`${element} .concept-said li`);
  await said.first().waitFor({ timeout: 60_000 });
  await until("the end of the question", async () => (await page.locator(`${element} .concept-card`).getAttribute("aria-busy")) === "false");
  return said.allInnerTexts();
};

/** Numbers as the page writes them. */
const numbers = (texts) => texts.map((text) => Number(text.replace("−", "-").replace("e−", "e-")));

visit("A concept is asked by a condition on one table; the same address gives the same answer", async ({ page, go }) => {
  await go(`/models/${slug("breast-cancer-mlp")}/graph`);
  await page.getByRole("link", { name: "Concepts" }).click();
  const form = page.locator("gb-concept form");
  await form.waitFor();
  // One table on every side, and one condition: the others are the rest of it.
  assert.deepEqual(await form.locator("select[name=in], select[name=c], select[name=o]").evaluateAll((all) => all.map((one) => one.value)), [TABLE, TABLE, TABLE]);
  await form.getByRole("button", { name: '"mean radius" >' }).click();
  assert.match(await form.locator("input[name=cf]").inputValue(), /^"mean radius" > [\d.]+$/);
  await form.locator("input[name=cf]").fill('"worst concavity" > 0.4');
  await form.getByLabel("Class").selectOption({ label: "malignant" });
  await form.getByText("Layer, runs and seed").click();
  await form.getByLabel("Layer").selectOption("/hidden1/Gemm_output_0");
  assert.equal(new URL(page.url()).search, "", "nothing is in the address before it is asked");
  await form.getByRole("button", { name: "Ask" }).press("Enter");
  const said = await answer(page, "gb-concept");
  assert.match(said[0], /^\/hidden1\/Gemm_output_0 tells the concept's rows from the others in \d+ % of cases it was not fitted on \(50 % by chance\)/);
  assert.match(said[1], /^The output for malignant rises towards the concept in \d+ % of 569 rows/);
  assert.equal(await page.locator("gb-concept .chip").innerText(), "apart from chance");
  assert.equal(await page.locator(".concept-dot[data-kind=concept]").count(), 20);
  assert.equal(await page.locator(".concept-dot[data-kind=chance]").count(), 20);
  assert.match(await page.locator(".concept-facts").innerText(), /126 and 443/);
  const address = new URL(page.url());
  assert.equal(address.searchParams.get("cf"), '"worst concavity" > 0.4');

  await page.reload();
  assert.deepEqual(await answer(page, "gb-concept"), said);
  await page.getByText("How this was computed, and what to take away").click();
  const facts = await page.locator("gb-concept .gb-provenance").innerText();
  assert.ok(facts.includes('not ("worst concavity" > 0.4) of ') && facts.includes("from cache"), facts);
  // What is offered to take away is there.
  const links = await page.locator("gb-concept .gb-provenance a").evaluateAll((all) => all.map((link) => link.href));
  assert.equal(links.length, 3);
  for (const link of links) assert.equal((await fetch(link)).status, 200, link);

  // The list of what was explained leads back to the question.
  await go("/explain");
  await page.locator('a[href*="tcav=1"]').first().click();
  await page.waitForURL(/concepts\?/);
  assert.deepEqual(await answer(page, "gb-concept"), said);
  assert.match(await page.locator("gb-concept .chip").innerText(), /apart/);
  await go(address.pathname + address.search);
  await answer(page, "gb-concept");

  // What is typed and not asked stays out of the address, and the page says so.
  await form.getByLabel("Runs").fill("6");
  await page.getByText("The answer is to what was asked before.").waitFor();
  assert.equal(page.url(), address.href);
  await form.getByRole("button", { name: "Ask" }).click();
  await until("six runs", async () => (await page.locator(".concept-dot[data-kind=chance]").count()) === 6);
  await page.goBack();
  await until("twenty runs again", async () => (await page.locator(".concept-dot[data-kind=chance]").count()) === 20);
  assert.equal(await form.getByLabel("Runs").inputValue(), "20");
});

visit("A wrong condition is answered by the place where it is wrong; a concept by chance is said to be one", async ({ page, go }) => {
  await go(`/models/${slug("breast-cancer-mlp")}/concepts?cf=worst+concavity+%3E+0.4&tcav=1`);
  const told = page.locator("gb-concept [role=alert]");
  await told.waitFor();
  assert.match(await told.innerText(), /^The filter is wrong at column/);
  await page.locator("gb-concept input[name=cf]").fill('"texture error" > 1.2');
  await page.locator("gb-concept").getByRole("button", { name: "Ask" }).click();
  await answer(page, "gb-concept");
  assert.equal(await told.count(), 0);
  assert.match(await page.locator("gb-concept .chip").innerText(), /the layer hardly knows this concept|not told apart from chance/);
});

visit("Training rows that helped and hurt, with their labels; each leads to its row", async ({ page, go }) => {
  await go(`/models/${slug("breast-cancer-mlp")}/concepts`);
  const form = page.locator("gb-influence form");
  await form.waitFor();
  assert.deepEqual(await form.locator("select").evaluateAll((all) => all.map((one) => one.value)), [HELD, TABLE]);
  await form.getByLabel("Row, from 0 to 39").fill("3");
  await form.getByLabel("Learning rate").fill("0.01");
  await form.getByRole("button", { name: "Ask" }).click();
  const said = await answer(page, "gb-influence");
  assert.match(said[0], /^Only one checkpoint was given/);
  assert.match(said[1], /made the loss of row 3 smaller/);
  const influence = async (name) => numbers(await page.getByRole("region", { name }).locator("tbody .num").allInnerTexts());
  const [helpful, harmful, forced] = await Promise.all(["Most helpful", "Most harmful", "Own gradient largest"].map(influence));
  assert.deepEqual([helpful.length, harmful.length, forced.length], [10, 10, 10]);
  assert.ok(helpful.every((v) => v > 0) && harmful.every((v) => v < 0), `${helpful} ${harmful}`);
  assert.deepEqual(forced, [...forced].sort((a, b) => b - a));
  // The true answer is that of the row it stands beside.
  const first = page.getByRole("region", { name: "Most harmful" }).locator("tbody tr").first();
  const [row, label] = [Number(await first.locator("th a").innerText()), await first.locator("td").last().innerText()];
  const { rows } = await get(server, `/api/v1/inputs/${TABLE}/rows?from=${row}&count=1`);
  assert.equal(rows[0].at(-1), label);
  const address = page.url();
  await page.reload();
  assert.deepEqual(await answer(page, "gb-influence"), said);
  assert.equal(page.url(), address);

  // The condition holds for training rows.
  await form.getByLabel("Only rows where").fill("diagnosis = benign");
  await form.getByRole("button", { name: "Ask" }).click();
  await until("benign rows", async () => (await page.locator("gb-influence .concept-rows td:last-child").allInnerTexts()).every((text) => text === "benign"));
  const link = page.getByRole("region", { name: "Most helpful" }).getByRole("link").first();
  const wanted = await link.innerText();
  await link.click();
  await page.waitForURL((url) => url.pathname.endsWith(`/${TABLE}/row`) && url.searchParams.get("row") === wanted);
  await page.locator("gb-waterfall svg").waitFor({ timeout: 60_000 });
});

visit("A model of trees says why it cannot be asked, and one of pictures what it lacks", async ({ page, go }) => {
  await go(`/models/${slug("breast-cancer-lightgbm")}/concepts`);
  await page.getByText("TCAV does not apply here: it needs gradients: this model is a tree ensemble").waitFor();
  await page.getByText("TracIn does not apply here: it needs gradients: this model is a tree ensemble").waitFor();
  assert.equal(await page.locator("form.concept-form").count(), 0);
  await go(`/models/${slug("digits-resnet")}/concepts`);
  await page.getByText("There is nothing to show a concept by yet.").waitFor();
  await page.getByText("it needs the true answers").waitFor();
  await go(`/models/${slug("generated-sentiment")}/concepts`);
  await page.getByText("this model reads tokens").first().waitFor();
}, { width: 390, height: 844 });

visit("Pictures in arrays: rows asked about, a concept and others", async ({ page, go }) => {
  const model = slug("digits-resnet");
  for (const [name, bright] of [["striped.npy", 8], ["others.npy", 0]]) {
    const made = await fetch(`${server.url}/api/v1/inputs?name=${name}&model=${model}`, { method: "PUT", body: pictures(16, bright) });
    assert.ok(made.ok, await made.text());
  }
  await go(`/models/${model}/concepts?c=striped.npy&in=others.npy&o=others.npy&cls=3&runs=4&tcav=1`);
  const said = await answer(page, "gb-concept");
  assert.match(said[1], /^The output for .* of 16 rows/);
  assert.equal(await page.locator("gb-concept input[name=cf], gb-concept input[name=of]").count(), 0, "arrays are not filtered");
  assert.equal(await page.locator("gb-concept .concept-dot").count(), 8);
});

test("Without a script the page says what is asked here", { timeout: 60_000 }, async () => {
  const text = await (await fetch(`${server.url}/models/${slug("breast-cancer-mlp")}/concepts`)).text();
  assert.equal(text.match(/<h1/g).length, 1);
  assert.ok(text.includes("You show a concept by rows that have it") && text.includes("Which training rows helped or hurt?"));
});

/** Pictures of 32 × 32 in the layout of numpy; the first `bright` of every 16 columns are white, the rest noise. */
function pictures(count, bright) {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 1, 32, 32), }`.padEnd(117) + "\n";
  const bytes = Buffer.alloc(10 + head.length + count * 1024 * 4);
  bytes.write("\x93NUMPY\x01\x00", 0, "latin1");
  bytes.writeUInt16LE(head.length, 8);
  bytes.write(head, 10, "latin1");
  let seed = 7 + bright;
  for (let i = 0; i < count * 1024; i += 1) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    bytes.writeFloatLE(i % 16 < bright ? 1 : seed / 2147483648, 10 + head.length + i * 4);
  }
  return bytes;
}
