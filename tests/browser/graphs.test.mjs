// A graph that a run logged: opened, searched, inspected, with the costs of a profile.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";
import { eventFile, field, graphDef, record, whole } from "./logdirs.mjs";

let server, browser, logs, exp;

before(async () => {
  logs = mkdtempSync(join(tmpdir(), "glassboard-graphs-"));
  const graph = graphDef([["input", "Placeholder"], ["net/layer1/weight", "VariableV2"], ["net/layer1/MatMul", "MatMul", "input", "net/layer1/weight"], ["net/layer1/Relu", "Relu", "net/layer1/MatMul"], ["net/head/MatMul", "MatMul", "net/layer1/Relu", "^input"]]);
  const cost = (name, micros, bytes) => field(2, Buffer.concat([field(1, name), whole(4, micros), field(6, whole(2, bytes))]));
  const stats = field(1, field(1, Buffer.concat([field(1, "/device:CPU:0"), cost("net/layer1/MatMul", 1500, 4096), cost("net/head/MatMul", 500, 1024)])));
  eventFile(join(logs, "train"), record(1_700_000_001, field(4, graph)), record(1_700_000_002, field(8, Buffer.concat([field(1, "step 1"), field(2, stats)]))));
  const blocks = Array.from({ length: 6 }, (_, i) => i).flatMap((i) => { const at = `net/block${i ? `_${i}` : ""}`; return [[`${at}/MatMul`, "MatMul", i ? `net/block${i > 1 ? `_${i - 1}` : ""}/Relu` : "input"], [`${at}/Relu`, "Relu", `${at}/MatMul`]]; });
  eventFile(join(logs, "wide"), record(1_700_000_001, field(4, graphDef([["input", "Placeholder"], ...blocks, ["net/norm", "Norm", "net/block_5/Relu"], ["summary/hist", "HistogramSummary", "net/block_2/Relu"], ["loss", "Mean", "net/norm", "^input"]]))));
  server = await startServer("serve", ["--logdir", logs]);
  browser = await startBrowser();
  exp = await until("the experiment", async () => (await get(server, "/api/v1/experiments")).experiments[0]?.slug);
  await until("the graph", async () => (await get(server, `/api/v1/experiments/${exp}/graphs`)).graphs.length === 2);
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(logs, { recursive: true, force: true });
});

test("the outline opens, the search finds, the inspector names neighbours, costs are lanes", { timeout: 90_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/graphs`);
  const row = (id) => page.locator(`.gb-row[data-id="${id}"]`);
  await page.locator(".gb-row").first().waitFor();
  await page.locator("input[data-filter]").fill("^net/head/Mat");
  await page.locator(".gb-match").first().click();
  await row("net/head/MatMul").waitFor();
  const inspector = page.locator(".gb-inspector");
  await until("the inspector", async () => /MatMul/.test(await inspector.innerText()));
  const said = await inspector.innerText();
  assert.match(said, /CPU:0/);
  assert.match(said, /net\/layer1\/Relu/);
  assert.match(said, /Comes after/);
  await inspector.getByRole("button", { name: "net/layer1/Relu" }).click();
  await until("the neighbour", async () => new URL(page.url()).searchParams.get("sel") === "net/layer1/Relu");
  await page.getByRole("radio", { name: "Time" }).check({ force: true });
  await until("times", async () => (await page.locator(".gb-lane-std").allInnerTexts()).some((text) => text.includes("1.5 ms")));
  assert.equal(new URL(page.url()).searchParams.get("lane"), "time");
  await page.reload();
  await row("net/layer1/Relu").waitFor();
  await row("net/layer1/Relu").focus();
  await page.keyboard.press("ArrowUp");
  await until("the keyboard", async () => (await page.evaluate(() => document.activeElement?.dataset.id)) === "net/layer1/MatMul");
  assert.deepEqual(faults, []);
  await context.close();
});

test("alike blocks are one stack, what is set aside is listed, what a row needs is marked; the address has it all", { timeout: 90_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  const { graphs } = await get(server, `/api/v1/experiments/${exp}/graphs`);
  const wide = graphs.find((one) => one.name === "wide");
  const row = (id) => page.locator(`.gb-row[data-id="${id}"]`);
  const labels = () => page.locator(".gb-row b").allInnerTexts();
  const asked = (key) => new URL(page.url()).searchParams.get(key);
  await go(`/runs/${exp}/graphs?run=${wide.run}&tag=${wide.tag}&d=2`);
  await page.locator(".gb-row[data-stack]").waitFor();
  assert.deepEqual(await labels(), ["input", "net", "block [0–5]", "norm", "hist", "loss"].map((label) => label === "hist" ? "summary" : label));
  assert.match(await page.locator(".gb-row[data-stack]").innerText(), /6 × 2 ops/);
  await page.locator(".gb-row[data-stack]").focus();
  await page.keyboard.press("ArrowRight");
  await row("net/block_5/").waitFor();
  await page.getByRole("switch", { name: "Stacks" }).uncheck();
  await until("no stack", async () => (await page.locator(".gb-row[data-stack]").count()) === 0);
  assert.equal(asked("stacks"), "0");
  await page.getByRole("switch", { name: "Stacks" }).check();
  // Rows move as the stack comes back; a click before that would hit another.
  await until("the stack again", async () => (await page.locator(".gb-row[data-stack]").count()) === 1);

  await row("summary/hist").click();
  await page.getByRole("button", { name: "Set aside" }).click();
  const aside = page.getByRole("region", { name: "Set aside" });
  await aside.waitFor();
  await until("the outline without it", async () => !(await labels()).includes("summary"));
  assert.equal(asked("aside"), "summary/hist");
  await page.reload();
  await aside.waitFor();
  assert.equal((await labels()).includes("summary"), false);
  await aside.getByRole("button", { name: "Put summary back" }).click();
  await until("the outline with it", async () => (await labels()).includes("summary"));
  assert.equal(asked("aside"), null);

  await row("loss").click();
  await page.getByRole("switch", { name: "Trace inputs" }).check();
  await until("the trace", async () => (await page.locator(".gb-row[data-traced]").count()) > 0);
  const traced = await page.locator(".gb-row[data-traced]").evaluateAll((rows) => rows.map((one) => one.dataset.id));
  assert.ok(traced.includes("input") && traced.includes("net/norm") && traced.includes("net/block_3/"), String(traced));
  assert.ok(!traced.includes("summary/hist") && !traced.includes("loss"), String(traced));
  assert.match(await page.locator(".gb-traced").innerText(), /Needs 14 of 16 operations/);
  await row("net/block_1/").click();
  await until("the trace of another row", async () => /Needs 3 of 16/.test(await page.locator(".gb-traced").innerText()));
  assert.equal(asked("trace"), "1");

  const colour = (id) => row(id).evaluate((one) => one.style.getPropertyValue("--swatch"));
  await page.getByRole("radio", { name: "Structure" }).check({ force: true });
  await page.getByRole("note", { name: "Colours" }).waitFor();
  assert.match(await colour("net/block_1/"), /--run-/);
  assert.equal(await colour("net/block_1/"), await colour("net/block_4/"));
  assert.notEqual(await colour("net/block_1/"), await colour("net/"));
  await page.getByRole("radio", { name: "Device" }).check({ force: true });
  await until("the devices", async () => /CPU:0/.test(await page.getByRole("note", { name: "Colours" }).innerText()));
  assert.match(await colour("loss"), /--run-1/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a file is looked at without being stored; one that is none says why", { timeout: 90_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go(`/runs/${exp}/graphs`);
  await page.locator(".gb-row").first().waitFor();
  const before = await get(server, `/api/v1/experiments/${exp}/graphs`);
  const text = ["in", "b", "b_1", "b_2", "out"].map((name, at, all) => `node { name: "${name}" op: "${at % 4 ? "Relu" : "Io"}" ${at ? `input: "${all[at - 1]}"` : ""} attr { key: "T" value { type: DT_HALF } } }`).join("\n");
  const input = page.locator("input[type=file]");
  await input.setInputFiles({ name: "mine.pbtxt", mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.locator(".gb-row[data-stack]").waitFor();
  assert.match(await page.locator(".gb-row[data-stack]").innerText(), /b \[0–2\]\s*3 × Relu/);
  assert.match(await page.locator(".gb-graph-tools").innerText(), /mine\.pbtxt/);
  await page.locator("input[data-filter]").fill("^out$");
  await page.locator(".gb-match").first().click();
  await until("its attribute", async () => /float16/.test(await page.locator(".gb-inspector").innerText()));
  await page.getByRole("button", { name: "Close the file" }).click();
  await page.locator('.gb-row[data-id^="net"]').first().waitFor();

  await input.setInputFiles({ name: "mine.pb", mimeType: "application/octet-stream", buffer: graphDef([["x", "Placeholder"], ["y", "Neg", "x"]]) });
  await page.locator('.gb-row[data-id="y"]').waitFor();
  assert.deepEqual(await get(server, `/api/v1/experiments/${exp}/graphs`), before);
  assert.deepEqual(faults, []);
  await input.setInputFiles({ name: "none.pbtxt", mimeType: "text/plain", buffer: Buffer.from("node {\n name: \"x") });
  await until("the reason", async () => /line 2: a text is not closed/.test(await page.locator("[role=alert]").innerText().catch(() => "")));
  const large = await fetch(`${server.url}/api/v1/graphs/look`, { method: "POST", headers: { origin: server.url }, body: Buffer.alloc((32 << 20) + 1, "#") });
  assert.equal(large.status, 413);
  await context.close();
});

test("the rows are there before any script runs; a pattern that is none is refused with a sentence", { timeout: 30_000 }, async () => {
  const html = await (await fetch(`${server.url}/runs/${exp}/graphs`)).text();
  assert.match(html, /<th scope="row" data-depth="0">net<\/th>/);
  const { graphs } = await get(server, `/api/v1/experiments/${exp}/graphs`);
  assert.deepEqual(graphs[0].profiles, ["step 1"]);
  const refused = await fetch(`${server.url}/api/v1/experiments/${exp}/graph/find?run=${graphs[0].run}&tag=${graphs[0].tag}&q=(`);
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).detail, /regular expression/);
});
