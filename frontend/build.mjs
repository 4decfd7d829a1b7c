// Compile frontend/hub.scss and gather our scripts into static/dist/. Needs only what package-lock.json names.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { compile } from "sass";

const SCRIPTS = ["page", "forms", "windows", "autosave", "upload"]; // in this order: the later ones use the earlier
const CSS_BUDGET = 18 * 1024; // bytes gzipped, before every reader's first page

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const target = join(root, "static", "dist");

const { css } = compile(join(here, "hub.scss"), {
  loadPaths: [join(root, "node_modules")],
  style: "compressed",
  quietDeps: true,
  // Bootstrap 5 is written for @import and for the functions of old; ours follows it until it changes.
  silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
});
if (/url\("?data:/.test(css)) throw new Error("hub.css holds a data: address, which the content security policy forbids.");
const size = gzipSync(css).length;
if (size > CSS_BUDGET) throw new Error(`hub.css is ${size} bytes gzipped and may be ${CSS_BUDGET}.`);

const texts = await Promise.all(SCRIPTS.map((name) => readFile(join(here, "js", `${name}.js`), "utf8")));
await mkdir(target, { recursive: true });
await writeFile(join(target, "hub.css"), css);
await writeFile(join(target, "hub.js"), `"use strict";\n(() => {\n${texts.join("\n")}})();\n`);
console.log(`hub.css: ${size} bytes gzipped`);
