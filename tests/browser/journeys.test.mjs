// The journeys a user makes through the demo, each in a page that notes every fault.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { colours, demo, demoFile, drop, get, openPage, pixels, startBrowser, startServer, until } from "./harness.mjs";
import { pages, settled } from "./pages.mjs";

let server, browser, places;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  places = await pages(server);
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** One journey: fails on its own assertions, and on any fault of the page. */
function journey(name, walk, options = {}) {
  test(name, { timeout: 180_000 }, async () => {
    const visit = await openPage(browser, server, options);
    try {
      await walk(visit);
      assert.deepEqual(visit.faults, []);
    } finally {
      await visit.context.close();
    }
  });
}

journey("Runs: the spike is in the overview, a zoom fetches finer points, and the spike is still there", async ({ page, go }) => {
  const { run, step, tag } = demo.spike;
  const answers = [];
  page.on("response", (response) => {
    const url = new URL(response.url());
    if (url.pathname.endsWith("/scalars") && url.pathname.includes("/api/") && url.searchParams.get("tag") === tag) answers.push(url);
  });
  await go(`/runs/${places.exp}/scalars?s=0`);
  const chart = page.locator(`gb-line[data-tag="${tag}"]`);
  await chart.locator("canvas").first().waitFor();
  const overview = await until("the overview's answer", () => answers.at(-1));
  const { runs } = await get(server, `/api/v1/experiments/${places.exp}/runs`);
  const id = runs.find((one) => one.name === run).id;
  const points = async (url) => {
    const asked = new URL(url);
    asked.searchParams.delete("format");
    const { series } = await (await fetch(asked)).json();
    return series.find((one) => String(one.run) === String(id));
  };
  const wide = await points(overview);
  assert.equal(wide.mode, "buckets", "the overview holds more points than columns");
  assert.ok(wide.x.length < wide.total);
  assert.ok(wide.x.includes(step), "the spike's own step survives in the overview");

  const box = await chart.locator(".u-over").boundingBox();
  const at = (fraction) => box.x + box.width * fraction;
  const spikeAt = step / 2000;
  await page.mouse.move(at(spikeAt - 0.08), box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(at(spikeAt + 0.08), box.y + box.height / 2, { steps: 6 });
  await page.mouse.up();
  const zoomed = await until("a finer answer", () => answers.find((url) => url.searchParams.has("from") && url !== overview));
  assert.match(page.url(), /[?&]z=/, "the zoom is in the address");
  const narrow = await points(zoomed);
  const inside = wide.x.filter((x) => x >= narrow.x[0] && x <= narrow.x.at(-1));
  assert.ok(narrow.x.length > inside.length, `${narrow.x.length} points where the overview had ${inside.length}`);
  const highest = narrow.y[narrow.x.indexOf(step)];
  assert.equal(highest, Math.max(...narrow.y.filter(Number.isFinite)), "the spike is the highest point of the zoom");

  const drawn = () => pixels(chart.locator("canvas").first());
  await settled(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(300);
  const before = await drawn();
  await page.reload();
  await chart.locator("canvas").first().waitFor();
  await settled(page);
  assert.equal(await drawn(), before, "reload draws the same chart");
});

journey("Runs: a filter and a choice of runs live in the address", async ({ page, go }) => {
  await go(`/runs/${places.exp}/scalars`);
  const filter = page.getByRole("textbox", { name: /Filter runs/ });
  await filter.fill("badbatch");
  await until("the filtered list", async () => (await page.locator("gb-runs-list .run-row").count()) === 1);
});

journey("A dropped ONNX file becomes a model with its graph", async ({ page, go }) => {
  await go("/models");
  await page.locator("gb-drop .drop-line").waitFor();
  await drop(page, [demoFile(demo.models[1].file)]);
  await page.waitForURL(/\/models\/[^/]+\/graph/, { timeout: 60_000 });
  await page.getByText("hidden1").first().waitFor();
});

journey("A model and an input dropped together are explained at once", async ({ page, go }) => {
  await go("/");
  await page.locator("gb-drop .drop-line").waitFor();
  await drop(page, [demoFile(demo.models[0].file), demoFile(demo.inputs[2].file)]);
  await page.waitForURL(/\/explain\/[^/]+\/[^/]+\/attribution/, { timeout: 60_000 });
  await page.locator("gb-overlay canvas[data-run]").first().waitFor({ timeout: 90_000 });
});

journey("From the landing page to the first overlay in two clicks; reload gives the same picture", async ({ page, go }) => {
  await go("/");
  await page.getByRole("link", { name: /Explain an input.*digits-resnet/ }).first().click();
  await page.locator("#choose .gb-pick").first().click();
  const map = page.locator("gb-overlay .gb-stage canvas[data-run]").first();
  await map.waitFor({ timeout: 90_000 });
  await until("a drawn overlay", async () => (await colours(map)) > 20);
  await settled(page);
  await page.getByRole("radio", { name: "Swipe" }).check({ force: true });
  await page.locator("label", { hasText: "Opacity" }).locator("input").fill("60");
  await settled(page);
  const address = page.url();
  assert.match(address, /lay=swipe/);
  assert.match(address, /op=60/);
  const [before, method] = [await pixels(map), await map.getAttribute("data-run")];
  await page.reload();
  await map.waitFor({ timeout: 90_000 });
  await settled(page);
  assert.equal(page.url(), address);
  assert.equal(await map.getAttribute("data-run"), method);
  assert.equal(await pixels(map), before, "the same pixels");
});

journey("Four methods run by themselves, each with its evidence and provenance", async ({ page, go }) => {
  await go(`/explain/${places.cnn}/${places.digit}/attribution`);
  for (const name of ["saliency", "integrated_gradients", "grad_cam", "occlusion"]) {
    await page.locator(`canvas[data-thumb="${name}"]`).waitFor({ timeout: 120_000 });
  }
  await page.getByText("Faithfulness").first().waitFor();
  const known = await get(server, `/api/v1/explanations?model=${places.cnn}&input=${places.digit}`);
  for (const one of known.explanations ?? known) {
    const full = await get(server, `/api/v1/explanations/${one.id}`);
    if (!["saliency", "integrated_gradients", "grad_cam", "occlusion"].includes(full.method)) continue;
    assert.ok(full.passes.forward > 0 && full.model_hash && full.engine_version && full.instruction_set, full.method);
    assert.ok(full.evidence.deletion.random_auc.length > 0, `${full.method} stands beside random maps`);
    if (full.method === "integrated_gradients") assert.equal(typeof full.completeness_gap, "number");
  }
});

journey("A picture: overlay, four methods compared, evidence, report", async ({ page, go }) => {
  await go("/");
  await page.getByRole("link", { name: /Explain an input.*digits-resnet/ }).first().click();
  await page.locator("#choose .gb-pick").first().click();
  const four = ["saliency", "integrated_gradients", "grad_cam", "occlusion"];
  for (const name of four) await page.locator(`canvas[data-thumb="${name}"]`).waitFor({ timeout: 120_000 });
  // Side by side on one scale: four different maps of one picture.
  await page.getByRole("radio", { name: "Grid" }).check({ force: true });
  await page.getByRole("group", { name: "Scale" }).getByText("Shared").click();
  await page.waitForURL(/norm=shared/);
  await settled(page);
  const drawn = await Promise.all(four.map((name) => pixels(page.locator(`.gb-stage[data-lay="grid"] canvas[data-run="${name}"]`))));
  assert.equal(new Set(drawn).size, 4, "four maps");
  const told = await page.locator("gb-metrics").innerText();
  for (const title of ["Saliency", "Integrated Gradients", "Grad-CAM", "Occlusion"]) assert.ok(told.includes(title), `${title} has its measurements: ${told}`);

  await page.locator(".gb-method-pick", { hasText: "Grad-CAM" }).first().click();
  await page.waitForURL(/m=grad_cam/);
  await page.getByRole("link", { name: "Metrics" }).click();
  await page.waitForURL(/\/metrics\?.*m=grad_cam/);
  await page.locator('gb-picture-evidence [data-measure="pixel_flipping"]').waitFor({ timeout: 60_000 });
  const said = await page.locator("gb-picture-verdict > p:not(.row)").first().innerText();

  await page.getByRole("link", { name: "Report", exact: true }).click();
  await page.waitForURL(/\/report$/);
  assert.equal(await page.locator("h1").innerText(), "Grad-CAM");
  assert.ok((await page.locator("main li").allInnerTexts()).includes(said), "the report says what the page said");
  for (const image of await page.locator("svg image").all()) assert.ok((await image.boundingBox()).width > 200, "the pictures are drawn");
  assert.equal(await page.locator("svg image").count(), 2);
  assert.match(await page.locator("pre").first().innerText(), /^glassboard explain \S+\.onnx \S+\.png --method grad_cam/);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".pictures")).display), "grid", "its style is let in by its policy");
});

journey("A neuron is explained when its method is chosen, and another when its number is given", async ({ page, go }) => {
  await go(`/explain/${places.cnn}/${places.digit}/attribution`);
  await page.locator('canvas[data-thumb="ablationcam"]').waitFor({ timeout: 120_000 });
  const neurons = async () => (await get(server, `/api/v1/explanations?model=${places.cnn}&input=${places.digit}`)).explanations.filter((one) => one.method === "neuron_gradient" && one.state === "done").length;
  const before = await neurons();
  await page.locator(".gb-method-pick", { hasText: "Neuron gradient" }).click();
  await page.waitForURL(/m=neuron_gradient/);
  await page.locator('canvas[data-thumb="neuron_gradient"]').waitFor({ timeout: 60_000 });
  assert.equal(await neurons(), before + 1, "not before it was chosen");
  const form = page.locator("gb-parameters form");
  await form.getByLabel("Neuron").fill("7");
  await form.getByRole("button", { name: "Explain again" }).click();
  await page.waitForURL(/par=neuron_gradient\.neuron:7/);
  await page.locator(".gb-provenance code", { hasText: "neuron=7" }).waitFor({ timeout: 60_000 });
});

journey("What drives a channel is drawn beside it, and follows layer, channel and method", async ({ page, go }) => {
  await go(`/explain/${places.cnn}/${places.digit}/activations`);
  const map = page.locator("gb-neuron canvas");
  await map.waitFor({ timeout: 60_000 });
  await until("a drawn map", async () => (await colours(map)) > 20);
  const first = await pixels(map);
  await page.locator("gb-neuron").getByText("Gradient", { exact: true }).click();
  await page.waitForURL(/way=neuron_gradient/);
  await until("another map", async () => (await map.count()) === 1 && (await pixels(map)) !== first);
  const second = await pixels(map);
  await page.locator(".gb-channels button").nth(3).click();
  await until("that of another channel", async () => (await map.count()) === 1 && (await pixels(map)) !== second);
  await page.getByRole("link", { name: "Open it" }).click();
  await page.waitForURL(/m=neuron_gradient&par=neuron_gradient/);
  await page.locator('canvas[data-thumb="neuron_gradient"]').waitFor({ timeout: 60_000 });
});

journey("Activation maps of a layer that is chosen", async ({ page, go }) => {
  await go(`/explain/${places.cnn}/${places.digit}/activations`);
  await page.locator("gb-channels canvas[data-ch]").first().waitFor({ timeout: 90_000 });
  await page.locator("gb-channels .gb-layers button", { hasText: /conv1/ }).first().click();
  await page.waitForURL(/layer=/);
  await settled(page);
  assert.ok((await page.locator("gb-channels .gb-channels li").count()) >= 16);
  assert.ok((await colours(page.locator("gb-channels canvas[data-large]"))) > 8, "a map, not a blank");
});

journey("A row of the table is explained by feature", async ({ page, go }) => {
  await go(`/explain/${places.mlp}/${places.table}/row`);
  await page.getByText("Why this row").first().waitFor({ timeout: 90_000 });
  await page.locator("gb-waterfall .gb-feature-name", { hasText: /worst|mean|error/ }).first().waitFor({ timeout: 90_000 });
  await page.locator("gb-force path").first().waitFor();
  // The method that is shown agrees with itself, and there are others beside it.
  const agreement = page.locator("gb-agreement tbody tr");
  await until("a table of agreement", async () => (await agreement.count()) >= 4);
  assert.match(await agreement.locator("xpath=self::*[@data-on]").innerText(), /1\.00\s+5 \/ 5/);
});

journey("A method's parameters are a form, and live in the address", async ({ page, go }) => {
  await go(`/explain/${places.mlp}/${places.table}/row?m=smoothgrad`);
  const form = page.locator("gb-parameters form");
  await form.getByLabel("Samples").fill("9");
  await form.getByRole("button", { name: "Explain again" }).click();
  await page.waitForURL(/par=smoothgrad\.samples:9/);
  await page.locator(".gb-provenance code", { hasText: "samples=9" }).waitFor({ timeout: 60_000 });
  await page.reload();
  await page.locator(".gb-provenance code", { hasText: "samples=9" }).waitFor({ timeout: 60_000 });
  await form.getByRole("button", { name: "Defaults" }).click();
  await page.locator(".gb-provenance code", { hasText: "samples=25" }).waitFor({ timeout: 60_000 });
  assert.doesNotMatch(page.url(), /par=/);
});

journey("Another class is explained when it is chosen", async ({ page, go }) => {
  await go(`/explain/${places.cnn}/${places.digit}/attribution?m=saliency`);
  await page.getByRole("button", { name: "All 10 classes" }).click();
  await page.locator("gb-prediction .gb-bars button").nth(9).click();
  await page.waitForURL(/[?&]t=\d/);
  const target = new URL(page.url()).searchParams.get("t");
  await page.locator("#gb-target-chip", { hasText: `target ${target}` }).waitFor();
  await page.locator("gb-overlay .gb-stage canvas[data-run]").first().waitFor({ timeout: 60_000 });
});

journey("The model page: graph, inspector by a click, tensor table, checkpoints", async ({ page, go }) => {
  await go(`/models/${places.cnn}/graph`);
  await page.getByText("layer2").first().waitFor();
  await go(`/models/${places.cnn}/tensors`);
  await page.getByText("layer3.block0.conv2.weight").first().waitFor();
  await go(`/models/${places.cnn}/checkpoints`);
  assert.equal(await page.getByRole("region", { name: "Checkpoints" }).locator("tbody tr").count(), 5);
});

test("every page is useful HTML before any script runs", { timeout: 120_000 }, async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const [name, path] of places.list) {
    // A report is a file of its own and has no script.
    if (name === "report") continue;
    await page.goto(server.url + path);
    assert.equal(await page.locator("h1").count(), 1, `${name} has one h1`);
    assert.ok((await page.locator("#main").innerText()).length > 40, `${name} says something`);
  }
  await context.close();
});

journey("A picture is painted over, and the prediction follows", async ({ page, go }) => {
  await go(`/explain/${places.cnn}/${places.digit}/attribution`);
  await page.locator('canvas[data-thumb="saliency"]').waitFor({ timeout: 120_000 });
  await go(`/explain/${places.cnn}/${places.digit}/perturb?size=40`);
  const canvas = page.locator("gb-perturb canvas");
  await canvas.waitFor({ timeout: 90_000 });
  const now = () => page.locator("gb-perturb tbody tr:first-child td:last-child").innerText();
  await until("a prediction", async () => /%/.test(await now()));
  const before = await now();
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.7, { steps: 5 });
  await page.mouse.up();
  await until("another prediction", async () => (await now()) !== before);
  await page.getByRole("button", { name: "Undo" }).click();
  await until("the first again", async () => (await now()) === before);
  // With the keyboard: the brush stands in the middle.
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press(" ");
  await until("a stroke by key", async () => (await now()) !== before);
  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("gb-perturb select").nth(1).selectOption("saliency");
  await page.getByRole("button", { name: "Keep only them" }).click();
  await until("most is replaced", async () => /9\d\.\d %/.test(await page.locator("gb-perturb .gb-legend").innerText()));
  await page.locator(".gb-layered li", { hasText: "all but the top 10 % of Saliency" }).waitFor();
});
