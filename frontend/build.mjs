// Compile frontend/hub.scss and gather our scripts into static/dist/. Needs only what package-lock.json names.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const target = join(root, "static", "dist");

await mkdir(target, { recursive: true });
const { css } = compile(join(here, "hub.scss"), {
  loadPaths: [join(root, "node_modules")],
  style: "compressed",
  quietDeps: true,
  silenceDeprecations: ["import"],
});
// Its embedded pictures are data: addresses, which the content security policy forbids; ours replace them.
await writeFile(join(target, "hub.css"), css.replaceAll(/url\("?data:[^)]*\)/g, "none"));
const scripts = (await readdir(join(here, "js"))).filter((name) => name.endsWith(".js")).sort();
const texts = await Promise.all(scripts.map((name) => readFile(join(here, "js", name), "utf8")));
await writeFile(join(target, "hub.js"), texts.map((text) => `{\n${text}}\n`).join(""));
