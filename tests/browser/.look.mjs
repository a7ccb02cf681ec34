import { openPage, startBrowser, startServer, get } from "/work/wt-text/tests/browser/harness.mjs";
import { settled } from "/work/wt-text/tests/browser/pages.mjs";
const server = await startServer("demo");
const browser = await startBrowser();
const wanted = process.argv.slice(2);
try {
  const { models } = await get(server, "/api/v1/models");
  const { inputs } = await get(server, "/api/v1/inputs");
  const m = models.find((x) => x.name === "generated-sentiment"), i = inputs.find((x) => x.kind === "text");
  console.log(m?.slug, m?.kind, i?.slug, i?.rows);
  const base = `/explain/${m.slug}/${i.slug}`;
  const list = [["tokens", `${base}/tokens`], ["lines", `${base}/tokens?row=4&view=lines&tok=5&edit=1&m=token_occlusion`], ["attention", `${base}/attention`], ["metrics", `${base}/metrics`], ["choose", `/explain/${m.slug}`], ["input", `/inputs/${i.slug}`], ["metadata", `/models/${m.slug}/metadata`], ["recent", "/explain"], ["landing", "/"]];
  for (const [name, path] of list) {
    if (wanted.length && !wanted.includes(name)) continue;
    for (const [theme, width, height] of [["light", 1440, 900], ["dark", 1440, 900], ["light", 390, 2700], ["light", 1000, 900]]) {
      const { page, faults, context, go } = await openPage(browser, server, { theme, width, height });
      await go(path);
      await settled(page).catch((error) => console.error(`${name}: ${error.message}`));
      await page.screenshot({ path: `/tmp/shots/${name}-${theme}-${width}.png` });
      if (width === 390 || name === "metrics") await page.screenshot({ path: `/tmp/shots/${name}-${theme}-${width}-full.png`, fullPage: true });
      for (const fault of faults) console.error(`${name} ${theme} ${width}: ${fault}`);
      await context.close();
    }
  }
} finally { await browser.close(); await server.stop(); }
