// Stock TensorBoard's own page on top of Glassboard's data provider: each tab shows what was logged.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { ROOT, openPage, startBrowser, startServer, until } from "./harness.mjs";

const PYTHON = process.env.GLASSBOARD_PYTHON ?? join(ROOT, ".venv/bin/python");

let server, browser, stock, logs;

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

/** `tensorboard --grpc_data_provider ADDRESS`. */
async function startStock(address) {
  const child = spawn(join(dirname(PYTHON), "tensorboard"), ["--grpc_data_provider", address, "--host", "127.0.0.1", "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  const url = await new Promise((ready, failed) => {
    let said = "";
    createInterface({ input: child.stderr }).on("line", (line) => {
      said += `${line}\n`;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found) ready(found[0]);
    });
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`tensorboard ended with ${code}: ${said}`)));
  });
  return { url, stop: () => child.kill() };
}

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-stock-"));
  const written = spawnSync(PYTHON, ["-c", "import sys, logs_of_every_kind; logs_of_every_kind.write(sys.argv[1])", logs], { cwd: join(ROOT, "tests/python") });
  assert.equal(written.status, 0, String(written.stderr ?? written.error));
  const address = `127.0.0.1:${await freePort()}`;
  server = await startServer("serve", ["--logdir", logs, "--grpc", address]);
  stock = await startStock(address);
  await until("the logs are read", async () => (await (await fetch(`${stock.url}/data/runs`)).json()).length === 10);
  browser = await startBrowser();
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  stock?.stop();
  await server?.stop();
  rmSync(logs, { recursive: true, force: true });
});

/** Opens a tab of TensorBoard, lets `look` at it, and fails on an answer of 400 or more. */
async function tab(name, look) {
  const { page, faults, context, go } = await openPage(browser, stock);
  try {
    await go(`/#${name}`);
    await look(page);
    assert.deepEqual(faults.filter((fault) => /^\d{3} |^left/.test(fault)), []);
  } finally {
    if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `tensorboard-${name}.png`) });
    await context.close();
  }
}

const shown = (locator) => locator.first().waitFor({ state: "visible", timeout: 60_000 });

test("Time Series shows scalars, histograms and images", { timeout: 180_000 }, () => tab("timeseries", async (page) => {
  await shown(page.locator("scalar-card line-chart"));
  // The table under the chart: the last value of a run that is drawn.
  await shown(page.locator("scalar-card", { hasText: "acc" }).getByText("1.03", { exact: true }));
  const filter = page.getByRole("combobox", { name: /Filter tags/ });
  await filter.fill("^weights$");
  await shown(page.locator("histogram-card tb-histogram svg"));
  await filter.fill("^pictures$");
  const picture = page.locator("image-card img");
  await shown(picture);
  await until("a picture is drawn", () => picture.first().evaluate((img) => img.complete && img.naturalWidth === 9));
}));

test("Scalars draws a line a run", { timeout: 180_000 }, () => tab("scalars", async (page) => {
  await shown(page.locator("tf-scalar-card").filter({ hasText: "tag: acc" }));
  await shown(page.locator("tf-scalar-card vz-line-chart2 svg, tf-scalar-card vz-line-chart2 canvas"));
}));

test("Images shows what was logged", { timeout: 180_000 }, () => tab("images", async (page) => {
  const picture = page.locator("tf-image-loader img");
  await shown(picture);
  await until("a picture is drawn", () => picture.first().evaluate((img) => img.complete && img.naturalWidth === 9));
}));

test("Histograms draws ridges", { timeout: 180_000 }, () => tab("histograms", async (page) => {
  await shown(page.locator("tf-histogram-loader"));
  await until("ridges are drawn", async () => (await page.locator("tf-histogram-loader vz-histogram-timeseries svg path").count()) >= 6);
}));

test("Text shows Markdown", { timeout: 180_000 }, () => tab("text", async (page) => {
  await shown(page.locator("tf-text-loader h1", { hasText: "Title" }));
  await shown(page.locator("tf-text-loader td", { hasText: "lr" }));
}));

test("HParams shows values and metrics", { timeout: 180_000 }, () => tab("hparams", async (page) => {
  await shown(page.locator("tf-hparams-main"));
  await shown(page.locator("tf-hparams-main").getByText("0.1-adam"));
  await shown(page.locator("tf-hparams-main").getByText("sgd"));
}));
