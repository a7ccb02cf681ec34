// Writes docs/screenshots: each page of the demo in both themes and both sizes.
//   cargo build -p glassboard && node tests/browser/screenshots.mjs [NAME...]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, openPage, startBrowser } from "./harness.mjs";
import { pages, settled, startPages } from "./pages.mjs";

const wanted = process.argv.slice(2);
const folder = join(ROOT, "docs/screenshots");
mkdirSync(folder, { recursive: true });
const server = await startPages();
const browser = await startBrowser();
try {
  const places = await pages(server);
  // The pages that list what was computed come last.
  const last = ["landing", "explain", "input", "table", "jobs"];
  const order = [...places.list].sort(([a], [b]) => last.indexOf(a) - last.indexOf(b));
  for (const [name, path] of order) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const theme of ["light", "dark"]) {
      for (const [width, height] of [[1440, 900], [390, 844]]) {
        const { page, faults, context, go } = await openPage(browser, server, { theme, width, height });
        await go(path);
        await settled(page).catch((error) => console.error(`${name}: ${error.message}`));
        await page.screenshot({ path: join(folder, `${name}-${theme}-${width}x${height}.png`) });
        for (const fault of faults) console.error(`${name} ${theme} ${width}: ${fault}`);
        await context.close();
      }
    }
    console.log(name);
  }
} finally {
  await browser.close();
  await server.stop();
}
