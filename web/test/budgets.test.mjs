// What a page may weigh, from the design: gzip sizes of what its first load fetches.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = join(import.meta.dirname, "../dist");
const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));
const chunk = (name) => {
  const found = manifest[name];
  assert.ok(found, `${name} is not in the build: run ./x web`);
  return found;
};
const packed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** Scripts and stylesheets that `roots` bring along, each once. */
function loads(roots) {
  const scripts = new Set();
  const styles = new Set([chunk("styles/main.css").file]);
  const visit = (name) => {
    const { file, imports = [], css = [] } = chunk(name);
    if (scripts.has(file)) return;
    scripts.add(file);
    for (const sheet of css) styles.add(sheet);
    for (const next of imports) visit(next);
  };
  for (const root of roots) visit(root);
  const sum = (files) => [...files].reduce((total, file) => total + packed(file), 0);
  return { js: sum(scripts), css: sum(styles) };
}

const islands = (...names) => names.map((name) => `src/elements/${name}.ts`);
const pages = [
  ["scalars", 55_000, ["src/entries/runs.ts", ...islands("gb-scalar-bar", "gb-line")]],
  ["histograms", 55_000, ["src/entries/histograms.ts"]],
  ["images", 45_000, ["src/entries/images.ts"]],
  ["audio", 45_000, ["src/entries/audio.ts"]],
  ["text", 45_000, ["src/entries/text.ts"]],
  ["mesh", 45_000, ["src/entries/mesh.ts"]],
  ["table", 55_000, ["src/entries/table.ts"]],
  ["distributions", 55_000, ["src/entries/distributions.ts"]],
  ["pr-curves", 55_000, ["src/entries/pr-curves.ts"]],
  ["custom", 55_000, ["src/entries/custom.ts"]],
  ["hparams", 45_000, ["src/entries/hparams.ts"]],
  ["projector", 45_000, ["src/entries/projector.ts"]],
  ["graphs", 45_000, ["src/entries/graphs.ts"]],
  ...["landing", "models", "difference", "concepts", "explain", "row", "sentence", "activations", "perturb", "inputs", "jobs", "organise", "plain", "set"].map((name) => [name, 45_000, [`src/entries/${name}.ts`]]),
];

for (const [name, limit, roots] of pages) {
  test(`${name}: JS and CSS of the first load are within budget`, () => {
    const { js, css } = loads(roots);
    console.log(`${name}: ${js} bytes of JS, ${css} of CSS, gzip`);
    assert.ok(js <= limit, `${js} bytes of JS, ${limit} allowed`);
    assert.ok(css <= 10_000, `${css} bytes of CSS, 10,000 allowed`);
  });
}

test("every page type has a budget", () => {
  const entries = Object.keys(manifest).filter((name) => name.startsWith("src/entries/"));
  const measured = new Set(pages.flatMap(([, , roots]) => roots));
  assert.deepEqual(entries.filter((name) => !measured.has(name)), []);
});

test("fonts and the whole build are within budget", () => {
  const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]));
  const size = (of) => of.reduce((total, file) => total + statSync(file).size, 0);
  // What the binary embeds: scripts and styles as brotli, the rest as it is.
  const all = files(dist).filter((file) => !/\.(js|css)$/.test(file));
  const fonts = size(all.filter((file) => file.endsWith(".woff2")));
  assert.ok(fonts <= 90_000, `${fonts} bytes of fonts`);
  assert.ok(size(all) <= 400_000, `${size(all)} bytes in all`);
});
