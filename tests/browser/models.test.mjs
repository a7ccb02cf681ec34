// Models, inputs and jobs: what their pages show, and that an open page follows what happens.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { demoFile, drop, get, openPage, startBrowser, startServer, until } from "./harness.mjs";
import { pages } from "./pages.mjs";

const weights = (epoch, end) => demoFile(`models/digits-resnet-epoch-${epoch}.${end}`);
let server, empty, browser, places;

before(async () => {
  [server, empty] = await Promise.all([startServer(), startServer("serve")]);
  browser = await startBrowser();
  places = await pages(server);
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), empty?.stop()]);
});

/** One visit to `at`: fails on its own assertions, and on any fault of the page. */
function visit(name, walk, at = () => server, options = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const visited = await openPage(browser, at(), options);
    try {
      await walk(visited);
      assert.deepEqual(visited.faults, []);
    } finally {
      await visited.context.close();
    }
  });
}

async function send(to, kind, file) {
  const name = basename(file);
  const answer = await fetch(`${to.url}/api/v1/${kind}?name=${name}`, { method: "PUT", headers: { "x-filename": name }, body: readFileSync(file) });
  assert.ok(answer.ok, `${answer.status} for ${name}`);
  return answer.json();
}

visit("Graph: a find selects a layer, and the inspector shows its tensor over five checkpoints", async ({ page, go }) => {
  await go(`/models/${places.cnn}/graph`);
  await page.locator(".gb-row").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("layer2 conv1");
  await page.keyboard.press("Enter");
  await page.waitForURL(/sel=/);
  await page.locator("gb-inspector").getByText("layer2.block0.conv1.weight").first().waitFor();
  await page.locator("gb-inspector gb-ridge svg").waitFor();
  assert.equal(await page.locator("gb-inspector .gb-ridge-area").count(), 5);
  const name = await page.locator(".gb-row[aria-selected=true]").innerText();
  assert.match(name, /conv1/);
});

visit("Checkpoints: the spread of each tensor at each step, and the distributions of the one that is chosen", async ({ page, go }) => {
  await go(`/models/${places.cnn}/checkpoints`);
  assert.equal(await page.locator("table").first().locator("tbody tr").count(), 5);
  const table = page.getByRole("region", { name: "How the weights move" });
  assert.deepEqual((await table.locator("thead th").allInnerTexts()).slice(-5), ["step 44", "step 132", "step 352", "step 880", "step 2,000"]);
  const tensor = "layer3.block0.conv2.weight";
  const row = table.getByRole("row", { name: tensor });
  const shown = (await row.locator("td.num").allInnerTexts()).slice(-5);
  const { checkpoints } = await get(server, `/api/v1/models/${places.cnn}/tensors/history?name=${tensor}`);
  for (const [i, text] of shown.entries()) assert.ok(Math.abs(Number(text) / checkpoints[i].std - 1) < 0.0051, `${text} for ${checkpoints[i].std}`);
  await row.getByRole("link").click();
  await page.waitForURL(/tensor=/);
  await page.locator(".gb-moves-ridge h2", { hasText: tensor }).waitFor();
  await page.locator(".gb-moves-ridge svg").waitFor();
  assert.equal(await page.locator(".gb-moves-ridge .gb-ridge-area").count(), 5);
});

visit("Preprocessing is told, edited, and refused with a sentence", async ({ page, go }) => {
  await go(`/models/${places.cnn}/metadata`);
  await page.locator("gb-preprocess dd", { hasText: "32×32" }).waitFor();
  const text = page.getByLabel("preprocess.json");
  const before = await text.inputValue();
  await text.fill(before.replace('"bilinear"', '"nearest"'));
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. New explanations use it").waitFor();
  assert.equal((await get(server, `/api/v1/models/${places.cnn}/preprocess`)).resize, "nearest");
  await text.fill("{");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("This is not JSON").waitFor();
  await text.fill(before);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
});

visit("Weights without a graph say so; with one, more weights become its next checkpoint in an open page", async ({ page, go, context }) => {
  await go("/models");
  await page.getByText("No models yet").waitFor();
  await page.locator("#live[data-state=open]").waitFor();
  const { model: bare } = await send(empty, "models", weights("01", "safetensors"));
  await page.locator("#main").getByRole("link", { name: bare, exact: true }).waitFor({ timeout: 10_000 });
  await page.locator("#main .list", { hasText: "safetensors" }).waitFor({ timeout: 20_000 });
  await page.locator("#main").getByRole("link", { name: bare, exact: true }).click();
  await page.getByRole("heading", { name: "This file holds tensors only" }).waitFor();
  await page.getByText("torch.onnx.export(").waitFor();
  assert.equal(await page.getByRole("link", { name: "Explain an input" }).count(), 0);

  await page.locator("gb-drop .drop-line").waitFor();
  await drop(page, [weights("45", "onnx")]);
  await page.waitForURL(/epoch-45\/graph/, { timeout: 30_000 });
  const slug = new URL(page.url()).pathname.split("/")[2];
  await go(`/models/${slug}/checkpoints`);
  await page.locator("#live[data-state=open]").waitFor();
  await send(empty, "models", weights("03", "pt"));
  await page.getByRole("region", { name: "Checkpoints" }).getByText("digits-resnet-epoch-03.pt").waitFor({ timeout: 30_000 });
  await page.getByRole("region", { name: "How the weights move" }).waitFor({ timeout: 30_000 });

  // Dropped on a page, such a file leads to the model it went to.
  const other = await context.newPage();
  await other.goto(`${empty.url}/models`);
  await other.locator("gb-drop .drop-line").waitFor();
  await drop(other, [weights("08", "safetensors")]);
  await other.waitForURL(new RegExp(`/models/${slug}/checkpoints`), { timeout: 30_000 });
  await until("three checkpoints", async () => (await get(empty, `/api/v1/models/${slug}`)).checkpoints.filter((c) => c.state === "ready").length === 3, 20_000);
}, () => empty);

visit("A model and an input are deleted from their pages, after it was said what goes", async ({ page, go }) => {
  const input = await send(server, "inputs", demoFile("inputs/digit-0-held022.png")).then((one) => one.slug);
  for (const [path, kind, says] of [[`/models/${places.mlp}/graph`, "model", /its 1 checkpoint \(9\.\d kB\) and \d+ explanations?/], [`/inputs/${input}`, "input", /its \d+ explanations?/]]) {
    await go(path);
    await page.getByRole("button", { name: `Delete this ${kind}` }).click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.innerText(), says);
    await dialog.getByRole("button", { name: "Keep it" }).click();
    assert.equal(await dialog.count(), 0);
    await get(server, `/api/v1${path.replace("/graph", "")}`);
    await page.getByRole("button", { name: `Delete this ${kind}` }).click();
    await dialog.getByRole("button", { name: `Delete ${kind}` }).click();
    await page.waitForURL(new RegExp(`/${kind}s$`));
    assert.equal((await fetch(`${server.url}/api/v1${path.replace("/graph", "")}`)).status, 404);
  }
});

visit("Jobs: one job says what it was and leads to what it made", async ({ page, go }) => {
  const { jobs } = await get(server, "/api/v1/jobs");
  const job = jobs.find((one) => one.kind === "scan" && one.title.includes("digits-resnet"));
  await go("/jobs");
  await page.locator("gb-jobs").getByText("results are kept and found again").waitFor();
  await go(`/jobs/${job.id}`);
  await page.locator("gb-jobs dd", { hasText: "Reading a model" }).waitFor();
  await page.getByRole("link", { name: "Open the model" }).click();
  await page.waitForURL(/\/models\/digits-resnet\/graph/);
  await page.locator(".gb-row").first().waitFor();
});
