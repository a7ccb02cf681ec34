import { readdirSync, readFileSync, writeFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Every file in `src/entries` is the script of one page type. */
const entries = Object.fromEntries(
  readdirSync("src/entries")
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file.slice(0, -3), `src/entries/${file}`]),
);

/** Writes `<file>.br` beside every text file that gains by it; the server sends it where accepted. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      const walk = (dir: string): string[] =>
        readdirSync(dir).flatMap((name) => {
          const path = join(dir, name);
          return statSync(path).isDirectory() ? walk(path) : [path];
        });
      for (const path of walk("dist")) {
        if (!/\.(js|css|svg)$/.test(path)) continue;
        const raw = readFileSync(path);
        const packed = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        // The binary embeds scripts and styles in this form alone.
        if (/\.(js|css)$/.test(path) || packed.length < raw.length * 0.95) writeFileSync(`${path}.br`, packed);
      }
    },
  };
}

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // Browsers that know `light-dark()`: no polyfill in the stylesheet.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { ...entries, style: "styles/main.css" } },
  },
  worker: { format: "es" },
  plugins: [precompress()],
});
