// Compile the style sheets and gather our scripts into static/dist/. Needs only what package-lock.json names.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { compile } from "sass";

const SCRIPTS = ["page", "forms", "windows", "autosave", "upload"]; // in this order: the later ones use the earlier
// Bytes gzipped: hub.css comes before every reader's first page, admin.css is for curators alone, charts.css for pages with charts.
const SHEETS = { hub: 18 * 1024, admin: 6 * 1024, charts: 3 * 1024 };

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const target = join(root, "static", "dist");

await mkdir(target, { recursive: true });
for (const [name, budget] of Object.entries(SHEETS)) {
  const { css } = compile(join(here, `${name}.scss`), {
    loadPaths: [join(root, "node_modules")],
    style: "compressed",
    quietDeps: true,
    // Bootstrap 5 is written for @import and for the functions of old; ours follows it until it changes.
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  if (/url\("?data:/.test(css)) throw new Error(`${name}.css holds a data: address, which the content security policy forbids.`);
  const size = gzipSync(css).length;
  if (size > budget) throw new Error(`${name}.css is ${size} bytes gzipped and may be ${budget}.`);
  await writeFile(join(target, `${name}.css`), css);
  console.log(`${name}.css: ${size} bytes gzipped`);
}

const texts = await Promise.all(SCRIPTS.map((name) => readFile(join(here, "js", `${name}.js`), "utf8")));
await writeFile(join(target, "hub.js"), `"use strict";\n(() => {\n${texts.join("\n")}})();\n`);
