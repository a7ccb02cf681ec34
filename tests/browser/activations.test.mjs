// Any layer of any network: the maps of every value of graphs shaped as SqueezeNet, ResNet and DenseNet are.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, colours, get, openPage, startBrowser, startServer, until } from "./harness.mjs";

const PYTHON = process.env.GLASSBOARD_PYTHON ?? join(ROOT, ".venv/bin/python");
const SHAPES = ["squeezenet", "resnet", "densenet"];
let server, browser, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "glassboard-shapes-"));
  execFileSync(PYTHON, [join(import.meta.dirname, "network_shapes.py"), folder]);
  server = await startServer("serve");
  browser = await startBrowser();
  const send = async (kind, name, body) => {
    const answer = await fetch(`${server.url}/api/v1/${kind}?name=${name}`, { method: "PUT", headers: { "x-filename": name }, body });
    assert.ok(answer.ok, `${answer.status} for ${name}: ${await answer.text()}`);
  };
  for (const shape of SHAPES) await send("models", `${shape}.onnx`, readFileSync(join(folder, `${shape}.onnx`)));
  await send("inputs", "eight.png", readFileSync(join(ROOT, "tests/fixtures/eight.png")));
  await until("the models are read", async () => {
    const { models } = await get(server, "/api/v1/models");
    return models.length === SHAPES.length && models.every((model) => model.state === "ready");
  });
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const shape of SHAPES) {
  test(`${shape}: every layer shows its channels, and what drives the strongest`, { timeout: 300_000 }, async () => {
    const { page, faults, context, go } = await openPage(browser, server);
    try {
      await go(`/explain/${shape}/eight.png/activations`);
      const layers = page.locator(".gb-layers button");
      await layers.first().waitFor({ timeout: 60_000 });
      const count = await layers.count();
      assert.ok(count >= 15, `${count} layers`);
      let spatial = 0, drawn = 0;
      for (let i = 0; i < count; i += 1) {
        const layer = layers.nth(i);
        const name = await layer.getAttribute("title");
        await layer.click();
        await until(`${name} is shown`, async () => (await layer.getAttribute("aria-pressed")) === "true" && (await page.locator(".gb-acts-head h2").innerText()) === name && (await page.locator(".gb-acts .busy").count()) === 0);
        assert.equal(await page.locator(".gb-acts .notice-bad").count(), 0, name);
        if ((await page.locator(".gb-channels[data-flat]").count()) > 0) continue;
        spatial += 1;
        if ((await colours(page.locator("canvas[data-large]"))) > 3) drawn += 1;
      }
      assert.ok(spatial >= 12 && drawn >= spatial - 1, `${drawn} of ${spatial} layers drawn`);
      await layers.nth(Math.floor(count / 2)).click();
      await page.locator("gb-neuron canvas").waitFor({ timeout: 60_000 });
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  });
}
