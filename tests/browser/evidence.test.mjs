// The evidence of a picture's map: several measurements under several baselines, shuffled weights, and the place of the
// object as somebody painted or uploaded it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";
import { get, openPage, startBrowser, startServer, until } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const slow = { timeout: 120_000 };
let server, browser, cnn, digit;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  const { models } = await get(server, "/api/v1/models");
  const { inputs } = await get(server, "/api/v1/inputs");
  cnn = models.find((model) => model.kind === "image").slug;
  digit = inputs.find((input) => input.kind === "image" || input.picture).slug;
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

function visit(name, walk, options = {}) {
  test(name, { timeout: 300_000 }, async () => {
    const visited = await openPage(browser, server, options);
    try {
      await walk(visited);
      assert.deepEqual(visited.faults, []);
    } finally {
      await visited.context.close();
    }
  });
}

/** The kept explanation with this method whose evidence satisfies `which`. */
async function kept(method, which) {
  const { explanations } = await get(server, `/api/v1/explanations?model=${cnn}&input=${digit}`);
  for (const { id } of explanations.filter((one) => one.method === method && one.state === "done")) {
    const whole = await get(server, `/api/v1/explanations/${id}`);
    if (which(whole.evidence)) return whole;
  }
  throw new Error(`no kept ${method} with such evidence`);
}

/** A grey PNG of `size` × `size` whose left half is white. */
function halfPng(size) {
  const rows = Buffer.concat(Array.from({ length: size }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(size / 2, 255), Buffer.alloc(size / 2)])));
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
    const size = Buffer.alloc(4), sum = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head[8] = 8;
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** A grey DICOM file of `size` × `size` with a patient's name and a private element in it. */
function dicom(size) {
  const element = (group, number, kind, value) => {
    const raw = Buffer.isBuffer(value) ? value : Buffer.from(value, "latin1");
    const body = raw.length % 2 ? Buffer.concat([raw, Buffer.from([kind === "UI" ? 0 : 32])]) : raw;
    const head = Buffer.alloc(kind.startsWith("O") ? 12 : 8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(number, 2);
    head.write(kind, 4, "latin1");
    if (kind.startsWith("O")) head.writeUInt32LE(body.length, 8);
    else head.writeUInt16LE(body.length, 6);
    return Buffer.concat([head, body]);
  };
  const whole = (value, bytes = 2) => { const out = Buffer.alloc(bytes); out.writeUIntLE(value, 0, bytes); return out; };
  const meta = Buffer.concat([element(2, 1, "OB", Buffer.from([0, 1])), element(2, 2, "UI", "1.2.840.10008.5.1.4.1.1.7"), element(2, 3, "UI", "1.2.3.4"), element(2, 16, "UI", "1.2.840.10008.1.2.1"), element(2, 18, "UI", "1.2.3")]);
  const grey = [[2, 1], [16, size], [17, size], [256, 8], [257, 8], [258, 7], [259, 0]].map(([number, value]) => element(0x28, number, "US", whole(value)));
  return Buffer.concat([
    Buffer.alloc(128), Buffer.from("DICM"), element(2, 0, "UL", whole(meta.length, 4)), meta, element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.7"), element(9, 16, "LO", "SECRETVENDOR"), element(16, 16, "PN", "Doe^Jane"),
    grey[0], element(0x28, 4, "CS", "MONOCHROME2"), ...grey.slice(1), element(0x7fe0, 16, "OW", Buffer.from(Array.from({ length: size * size }, (_, i) => (i * 7) % 256))),
  ]);
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
}

const measure = (page, name) => page.locator(`gb-picture-evidence [data-measure="${name}"]`).first();

visit("Every measurement stands under each baseline, beside moved maps", async ({ page, go }) => {
  await go(`/explain/${cnn}/${digit}/metrics?m=saliency`);
  await measure(page, "pixel_flipping").waitFor(slow);
  const { picture } = (await kept("saliency", (evidence) => evidence.picture)).evidence;
  assert.deepEqual(picture.under.map((under) => under.baseline), ["zeros", "mean", "blur", "noise"]);
  for (const name of ["pixel_flipping", "region_perturbation", "irof"]) {
    const plots = measure(page, name).locator(".gb-flip-one");
    assert.deepEqual(await plots.locator("h3").allInnerTexts(), ["zeros", "mean", "blur", "noise"], name);
    const said = await plots.locator(".muted.xs").filter({ hasText: "beats" }).allInnerTexts();
    assert.deepEqual(said, picture.under.map((under) => `beats ${under[name].gap.beaten} of ${under[name].gap.random.length}`), name);
    assert.equal(await plots.locator("svg path.gb-most").count(), 4);
    assert.equal(await plots.locator(".gb-among-band").count(), 4);
  }
  for (const name of ["sensitivity_n", "faithfulness_correlation", "faithfulness_estimate", "road"]) assert.ok(await measure(page, name).locator("tbody tr").count() >= 2, name);
  // The words say what the numbers do.
  const words = { holds: "beats moved maps", depends_on_the_baseline: "depends on the baseline", not_shown: "not shown" };
  for (const claim of picture.claims.filter((one) => one.measurement !== "road" && one.measurement !== "sensitivity_n")) assert.equal(await measure(page, claim.measurement).locator("h2 .chip").innerText(), words[claim.verdict], claim.measurement);
  assert.equal(await measure(page, "localisation").locator("tbody").count(), 0, "without a mask nothing is said of the object");

  // Everything: one button asks this method again, and the address keeps that.
  await page.getByRole("button", { name: /^Measure everything \(up to [\d,]+ passes\)$/ }).click();
  await page.locator("gb-randomised svg").waitFor(slow);
  assert.match(page.url(), /[?&]all=saliency/);
  const all = await kept("saliency", (evidence) => evidence.randomisation);
  assert.equal(await page.locator("gb-randomised circle").count(), all.evidence.randomisation.mprt.similarity.filter((v) => v !== null).length + 1);
  await until("more moved maps", async () => (await measure(page, "pixel_flipping").locator(".muted.xs").first().innerText()).endsWith(` of ${all.evidence.picture.under[0].pixel_flipping.gap.random.length}`));
  assert.ok(all.evidence.picture.under[0].pixel_flipping.gap.random.length > picture.under[0].pixel_flipping.gap.random.length);
});

visit("A painted mask gives figures of localisation, another PNG gives others", async ({ page, go }) => {
  await go(`/explain/${cnn}/${digit}/perturb?size=40`);
  const canvas = page.locator("gb-perturb canvas");
  await canvas.waitFor(slow);
  await canvas.focus();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Use as mask of the object" }).click();
  await page.getByRole("link", { name: /See on Metrics/ }).click();
  await page.locator("gb-object-mask img").waitFor(slow);
  const [, painted] = /Painted: ([\d,]+) of [\d,]+ pixels/.exec(await page.locator("gb-object-mask").innerText()) ?? [];
  assert.ok(painted, "it is said how much was painted");
  const localised = measure(page, "localisation");
  await localised.locator("tbody").waitFor(slow);
  assert.equal(await localised.locator("tbody tr").count(), 6);
  assert.match(await localised.innerText(), new RegExp(`the mask has ${painted} pixels`), "the server marks what was painted");

  await page.locator("gb-object-mask input[type=file]").setInputFiles({ name: "half.png", mimeType: "image/png", buffer: halfPng(32) });
  await page.locator("gb-object-mask", { hasText: "From half.png" }).waitFor();
  await localised.filter({ hasText: /the mask has 512 pixels/ }).waitFor(slow);

  await page.locator("gb-object-mask input[type=file]").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.locator("gb-object-mask [role=alert]", { hasText: "notes.png is not a PNG" }).waitFor();
  await page.getByRole("button", { name: "Ask without it" }).click();
  await measure(page, "pixel_flipping").waitFor(slow);
  assert.equal(await localised.locator("tbody").count(), 0);
});

visit("What was dropped from a DICOM file stands on its page and under its picture", async ({ page, go }) => {
  const sent = await fetch(`${server.url}/api/v1/inputs?name=scan.dcm`, { method: "PUT", headers: { "x-filename": "scan.dcm" }, body: dicom(32) });
  assert.ok(sent.ok, `${sent.status}`);
  const slug = (await sent.json()).input;
  const { note } = await until("the scan is read", async () => { const found = await get(server, `/api/v1/inputs/${slug}`); return found.state === "ready" ? found : undefined; });
  assert.match(note, /1 of them private, were dropped/);
  await go(`/inputs/${slug}`);
  assert.equal(await page.locator(".notice", { hasText: "were dropped" }).innerText(), note);
  await go(`/explain/${cnn}/${slug}/attribution`);
  await page.locator("gb-explain .gb-centre .gb-legend", { hasText: note }).waitFor(slow);
  assert.ok(!(await page.content()).includes("Doe"));
});

for (const theme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    visit(`axe and width with everything measured, ${theme}, ${width} wide`, async ({ page, go, context }) => {
      await context.addInitScript(([key, mask]) => sessionStorage.setItem(key, mask), [`glassboard-object:${digit}:0`, JSON.stringify({ png: halfPng(32).toString("base64"), what: "From half.png" })]);
      await go(`/explain/${cnn}/${digit}/metrics?m=saliency&all=saliency`);
      await measure(page, "localisation").locator("tbody").waitFor(slow);
      await page.locator("gb-randomised svg").waitFor(slow);
      await accessible(page);
      if (process.env.EVIDENCE_PICTURES) {
        await page.waitForTimeout(500);
        await page.screenshot({ path: `${process.env.EVIDENCE_PICTURES}/evidence-${theme}-${width}.png` });
        for (const selector of [".gb-evidence", ".gb-right"]) await page.locator(selector).first().evaluate((e) => { for (let n = e; n; n = n.parentElement) n.style.overflow = "visible", n.style.height = "auto", n.style.maxHeight = "none"; });
        for (const [selector, name] of [["gb-picture-verdict", "verdict"], ["gb-picture-evidence", "centre"], [".gb-right", "right"]]) await page.locator(selector).first().screenshot({ path: `${process.env.EVIDENCE_PICTURES}/${name}-${theme}-${width}.png` });
      }
    }, { theme, width, height });
  }
}
