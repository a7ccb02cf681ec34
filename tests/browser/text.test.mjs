// Sentences: tokens → heads → edit, for hands on a keyboard, and pages that keep every rule.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { demoFile, drop, get, openPage, startBrowser, startServer, until } from "./harness.mjs";
import { settled } from "./pages.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let server, browser, model, input;

before(async () => {
  server = await startServer("demo");
  browser = await startBrowser();
  const { models } = await get(server, "/api/v1/models");
  const { inputs } = await get(server, "/api/v1/inputs");
  model = models.find((one) => one.name === "generated-sentiment");
  input = inputs.find((one) => one.kind === "text");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path, size) {
  const opened = await openPage(browser, server, size);
  await opened.go(path);
  await settled(opened.page);
  return opened;
}
const address = (view, rest = "") => `/explain/${model.slug}/${input.slug}/${view}?row=4${rest}`;
const all = async (page) => until("every method", async () => (await page.locator(".gb-methods li[data-state=done]").count()) >= 9, 60_000);

test("the sentence is in the page before any script", async () => {
  const html = await (await fetch(server.url + address("tokens"))).text();
  assert.match(html, /<h1>this quarter the company had strong growth and profit<\/h1>/);
  assert.match(html, /generated sentences/);
});

test("sentence, tokens, heads, edit", async () => {
  const { page, faults, context } = await open(address("tokens"));
  await all(page);
  const tokens = page.locator("gb-tokens button[data-at]");
  assert.equal(await tokens.count(), 9);
  assert.deepEqual(await tokens.evaluateAll((list) => list.map((one) => one.textContent)), "this quarter the company had strong growth and profit".split(" "));
  // Every token says its value, and the values are the answer's.
  const { explanations } = await get(server, `/api/v1/explanations?model=${model.slug}&input=${input.slug}`);
  const own = explanations.find((one) => one.method === "token_integrated_gradients");
  const csv = await (await fetch(`${server.url}/api/v1/explanations/${own.id}/attribution?format=csv`)).text();
  const values = csv.trim().split("\n").slice(1).map((line) => Number(line.split(",").at(-1)));
  const said = await tokens.evaluateAll((list) => list.map((one) => Number(one.getAttribute("aria-label").split(", ").at(-1).replace("−", "-").replace("+", ""))));
  said.forEach((value, i) => assert.ok(Math.abs(value - values[i]) <= Math.abs(values[i]) * 0.01 + 1e-3, `${value} for ${values[i]}`));

  // Arrows move among tokens; Enter chooses one, which the address keeps and the matrix frames.
  await tokens.first().focus();
  for (let i = 0; i < 5; i += 1) await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "strong");
  assert.match(await page.locator("gb-tokens .gb-token-told").textContent(), /strong/);
  await page.keyboard.press("Enter");
  assert.match(page.url(), /tok=5/);
  await page.locator(".gb-frame-row").waitFor();

  // Another method, a sign, heads.
  await page.locator(".gb-method-pick", { hasText: "LIME for text" }).click();
  await until("another method", async () => (await page.locator(".gb-sentence-card h2").textContent()).includes("LIME"));
  await page.locator(".gb-sentence-card").getByText("|x|").click();
  assert.equal(await page.locator("gb-tokens button[data-sign=neg]").count(), 0);
  const heads = page.locator("gb-heads .gb-head");
  assert.equal(await heads.count(), 4);
  await page.locator('gb-heads [data-head="1.1"]').click();
  await page.keyboard.press("ArrowDown");
  await until("the head below", async () => (await page.locator('gb-heads [aria-pressed="true"][data-head]').getAttribute("data-head")) === "2.1");
  assert.match(await page.locator("gb-attention h2").textContent(), /Layer 2, head 1/);
  await page.keyboard.press("Shift+ArrowRight");
  await until("the head beside", async () => page.url().includes("head=2.2"));
  await page.locator("gb-attention").getByText("Lines").click();
  assert.ok((await page.locator(".gb-look-line").count()) > 0);

  // What is typed is predicted; it is explained without being kept.
  const before = (await get(server, "/api/v1/inputs")).inputs.length;
  await page.getByRole("button", { name: "Edit text" }).click();
  await page.getByLabel("Sentence", { exact: true }).fill("the borrower missed a loan and the results are terrible");
  await page.getByText("The answer changes to negative.").waitFor();
  await page.getByRole("button", { name: "Explain this sentence" }).click();
  await page.getByText("edited sentence", { exact: true }).waitFor();
  await until("tokens of the edited sentence", async () => (await page.locator("gb-tokens button[data-at]").first().textContent()) === "the");
  await all(page);
  assert.equal((await get(server, "/api/v1/inputs")).inputs.length, before);
  assert.ok((await page.locator("gb-tokens sup").count()) >= 1, "a word that is not in the vocabulary is marked");
  await page.getByRole("button", { name: "Back to the sentence" }).click();
  await until("the sentence itself", async () => (await page.locator("gb-tokens button[data-at]").first().textContent()) === "this");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a sentence typed on the page of the model is kept and explained", async () => {
  const { page, faults, context } = await open(`/explain/${model.slug}`);
  await page.getByLabel("Write a sentence to explain").fill("our portfolio shows a loss");
  await page.getByRole("button", { name: "Explain it" }).click();
  await page.waitForURL(/\/tokens/);
  await until("its tokens", async () => (await page.locator("gb-tokens button[data-at]").count()) === 5, 30_000);
  assert.equal(await page.locator("h1").textContent(), "our portfolio shows a loss");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a model, its vocabulary and sentences dropped together are explained at once", async () => {
  const empty = await startServer("serve");
  const { page, faults, context, go } = await openPage(browser, empty);
  await go("/");
  await drop(page, [demoFile("models/generated-sentiment.onnx"), demoFile("models/generated-sentiment.vocab.json"), demoFile("inputs/generated-sentences.txt")]);
  await page.waitForURL(/\/tokens/, { timeout: 30_000 });
  await until("its tokens", async () => (await page.locator("gb-tokens button[data-at]").count()) === 7, 30_000);
  const { models } = await get(empty, "/api/v1/models");
  assert.deepEqual(models.map((one) => one.kind), ["text"], "neither the words nor the sentences became a model");
  assert.deepEqual(faults, []);
  await context.close();
  await empty.stop();
});

test("too long a sentence says so", async () => {
  const { page, context } = await open(address("tokens", "&edit=1"));
  await page.getByLabel("Sentence", { exact: true }).fill("the ".repeat(13));
  await page.getByText("13 tokens, and the model takes at most 12").waitFor();
  assert.ok(await page.getByRole("button", { name: "Explain this sentence" }).isDisabled());
  await context.close();
});

for (const theme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    test(`axe finds nothing on the pages of a sentence (${theme}, ${width})`, async () => {
      for (const path of [address("tokens", "&edit=1&tok=5"), address("tokens", "&view=lines"), address("attention"), address("metrics"), `/explain/${model.slug}`, `/models/${model.slug}/metadata`]) {
        const { page, faults, context } = await open(path, { theme, width, height });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`), [], path);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
        assert.deepEqual(faults, [], path);
        await context.close();
      }
    });
  }
}
