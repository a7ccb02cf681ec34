// Two checkpoints compared: weights, drift of an explanation beside its null band, figures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { colours, get, openPage, pixels, startBrowser, startServer, until } from "./harness.mjs";

let server, browser, net, checkpoints;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const { models } = await get(server, "/api/v1/models");
  net = models.find((model) => model.name === "digits-resnet").slug;
  checkpoints = (await get(server, `/api/v1/models/${net}`)).checkpoints;
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

const at = (step) => checkpoints.find((one) => one.step === step).id;

visit("Two checkpoints: every tensor, maps on one scale, the distance beside the null band", async ({ page, go }) => {
  await go(`/models/${net}/difference`);
  await page.locator(".diff-weights tbody tr").first().waitFor({ timeout: 60_000 });
  const { tensors } = await get(server, `/api/v1/models/${net}/tensors`);
  const weights = tensors.filter((tensor) => tensor.dtype.startsWith("f"));
  assert.equal(await page.locator(".diff-weights tbody tr").count(), weights.length);
  // The one before the newest, and the newest.
  const chosen = await page.locator(".diff-sides select").evaluateAll((all) => all.map((select) => select.value));
  assert.deepEqual(chosen, [String(at(880)), String(at(2000))]);
  const name = await page.locator(".diff-name").first().innerText();
  await page.getByRole("link", { name: "Most changed" }).click();
  await page.waitForURL(/sort=changed/);
  await page.locator(".diff-weights tbody tr").first().waitFor();
  assert.notEqual(await page.locator(".diff-name").first().innerText(), name, "another order");
  const changes = await page.locator(".diff-change .num").evaluateAll((all) => all.map((cell) => Number(cell.textContent.replace("e−", "e-"))));
  assert.deepEqual(changes, [...changes].sort((a, b) => b - a));

  await page.locator("gb-drift .drift-said").waitFor({ timeout: 90_000 });
  for (const map of ["a", "b", "d"]) assert.ok(await colours(page.locator(`canvas[data-map=${map}]`)) > 3, `map ${map} is drawn`);
  assert.equal(await page.locator(".drift-dot").count(), 12);
  assert.equal(await page.locator(".drift-band").count(), 1);
  const said = await page.locator(".drift-said").innerText();
  assert.match(said, /^For this input the maps differ by [\d.]+, (more than|no more than) .* that redrawing the input with 2 % noise makes\. Over 12 inputs, \d+ lies? above|lie above/);

  // The next input, by its button and by its address.
  const before = await pixels(page.locator("canvas[data-map=b]"));
  await page.getByRole("button", { name: "Next input" }).click();
  await page.waitForURL(/[?&]i=1/);
  await until("the next input's map", async () => (await pixels(page.locator("canvas[data-map=b]"))) !== before);
  assert.notEqual(await page.locator(".drift-said").innerText(), said);
  // Every input in words; a row leads to its maps.
  await page.getByText("Every input, and what the band is made of").click();
  const rows = page.getByRole("region", { name: "Every input" }).locator("tbody tr");
  assert.equal(await rows.count(), 12);
  assert.match(await page.locator(".drift-more li").first().innerText(), /^The null band, .* is the middle 95 % of 216 distances: 216 between a model's map/);
  // Two checkpoints that are named as a pair of training seeds join the band.
  await page.getByLabel("First checkpoint of the pair").selectOption(String(at(132)));
  await page.getByLabel("Second checkpoint of the pair").selectOption(String(at(352)));
  await until("the pair's distances", async () => (await page.locator(".drift-said").innerText()).includes("and another training seed make"), 90_000);
  assert.match(await page.locator(".drift-more li").first().innerText(), /of 228 distances: .*; 12 between the maps of two models that were named/);
  await rows.nth(4).getByRole("button").click();
  await page.waitForURL(/[?&]i=4/);
  const links = await page.locator(".drift-links a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  assert.ok(links[0].includes(`checkpoint=${at(880)}`) && links[1].includes(`checkpoint=${at(2000)}`), String(links));
});

visit("Another method and another checkpoint are chosen by keyboard; swapping turns the difference around", async ({ page, go }) => {
  await go(`/models/${net}/difference?a=${at(44)}&b=${at(2000)}`);
  await page.locator("gb-drift .drift-said").waitFor({ timeout: 90_000 });
  const method = page.getByLabel("Method");
  await method.focus();
  await method.selectOption("saliency");
  await page.waitForURL(/[?&]m=saliency/);
  await until("saliency", async () => (await page.locator(".drift-what").innerText()).includes("Saliency"), 90_000);
  assert.match(await page.locator(".drift-said").innerText(), /Over 12 inputs/);
  await page.getByRole("link", { name: "Swap A and B" }).click();
  await page.waitForURL((url) => url.searchParams.get("a") === String(at(2000)) && url.searchParams.get("m") === "saliency");
  await page.locator("gb-drift .drift-said").waitFor({ timeout: 90_000 });
  assert.match(await page.locator(".drift-map figcaption").first().innerText(), /A, step 2,000/);
  await page.locator(".diff-sides select[name=a]").selectOption(String(at(132)));
  await page.waitForURL((url) => url.searchParams.get("a") === String(at(132)));
  await page.locator(".diff-weights tbody tr").first().waitFor({ timeout: 60_000 });
});

visit("A checkpoint beside itself: no weight has moved and no map lies above the band", async ({ page, go }) => {
  await go(`/models/${net}/difference?a=${at(2000)}&b=${at(2000)}`);
  await page.getByText("A and B are the same checkpoint").waitFor();
  await page.locator(".diff-weights tbody tr").first().waitFor({ timeout: 60_000 });
  const changes = await page.locator(".diff-change .num").allInnerTexts();
  assert.deepEqual([...new Set(changes)].filter((text) => text !== "–"), ["0"]);
  await page.locator("gb-drift .drift-said").waitFor({ timeout: 90_000 });
  assert.match(await page.locator(".drift-said").innerText(), /differ by 0, no more than the smallest .* Over 12 inputs, 0 lie above/);
});

visit("Two models of one table: rows in its own columns, figures with intervals", async ({ page, go }) => {
  const { models } = await get(server, "/api/v1/models");
  const slug = (name) => models.find((model) => model.name === name).slug;
  const newest = async (name) => (await get(server, `/api/v1/models/${slug(name)}`)).checkpoints.at(-1).id;
  const { inputs } = await get(server, "/api/v1/inputs");
  const held = inputs.find((input) => input.name === "breast-cancer-held-out.csv").slug;
  await go(`/models/${slug("breast-cancer-mlp")}/difference?a=${await newest("breast-cancer-mlp")}&b=${await newest("breast-cancer-lightgbm")}&in=${held}&n=2&table=${held}`);
  await page.locator(".diff-metrics tbody tr").first().waitFor({ timeout: 90_000 });
  const cells = await page.locator(".diff-metrics tbody tr").first().locator("th, td").allInnerTexts();
  assert.match(cells[0], /^accuracy/);
  assert.match(cells[4], / to /);
  await page.getByText("The weights are not compared: a model of trees").waitFor();
  await page.locator("gb-drift .drift-rows tbody tr").first().waitFor({ timeout: 120_000 });
  assert.equal(await page.locator("gb-drift .drift-rows tbody tr").count(), 12);
  assert.equal(await page.locator(".drift-dot").count(), 2);
});

test("Without a script the page shows what is known, and says what is not", { timeout: 60_000 }, async () => {
  const answer = await fetch(`${server.url}/models/${net}/difference?a=${at(880)}&b=${at(2000)}`);
  const text = await answer.text();
  assert.ok(text.includes("Weights of A and B, tensor by tensor") && text.includes("Figures need inputs that carry their true answers"));
});
