// Each page in both themes and both sizes: axe finds nothing, nothing is broken, nothing scrolls sideways.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { openPage, startBrowser } from "./harness.mjs";
import { pages, settled, startPages } from "./pages.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// PAGES=run,compare tests these alone.
const wanted = process.env.PAGES?.split(",");
let server, browser, places;

before(async () => {
  server = await startPages();
  browser = await startBrowser();
  places = await pages(server);
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const theme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    test(`every page, ${theme}, ${width} wide`, { timeout: 600_000 }, async (t) => {
      for (const [name, path] of places.list) {
        if (wanted && !wanted.includes(name)) continue;
        await t.test(name, { timeout: 120_000 }, async () => {
          const { page, faults, context, go } = await openPage(browser, server, { theme, width, height });
          try {
            await go(path);
            await settled(page);
            // Through the debugger's own channel, so that the page's policy stays as strict as it is.
            await page.evaluate(axe);
            const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
            const found = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} (${n.any[0]?.message ?? v.help})`).join("; ")}`);
            assert.deepEqual(found, []);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(wide <= 1, `the page scrolls ${wide} px sideways`);
            assert.deepEqual(faults, []);
          } finally {
            await context.close();
          }
        });
      }
    });
  }
}
