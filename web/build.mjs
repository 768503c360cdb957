// Builds dist/ from src/ and node_modules/: one script, one style sheet, each under
// the hash of its content and packed beside it, and manifest.json, which says how
// they are called. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const dist = new URL("dist/", here);
const read = (path) => readFileSync(new URL(path, here));

const common = { absWorkingDir: here.pathname, bundle: true, minify: true, write: false, target: "es2023", legalComments: "none", charset: "utf8" };
const [islands, styles] = await Promise.all([
  build({ ...common, entryPoints: ["src/app.ts"], format: "iife" }),
  build({ ...common, entryPoints: ["src/app.css"] }),
]);
// htmx first, then its extension for a strict Content-Security-Policy, which finds it
// as a global name, then ours.
const script = Buffer.concat([
  read("node_modules/htmx.org/dist/htmx.min.js"),
  Buffer.from("\n"),
  read("node_modules/htmx.org/dist/ext/hx-csp.min.js"),
  Buffer.from("\n"),
  Buffer.from(islands.outputFiles[0].contents),
].map((part) => Buffer.from(part.toString().replace(/^\/\/# sourceMappingURL=.*$/gm, ""))));

mkdirSync(dist, { recursive: true });
for (const file of readdirSync(dist)) {
  if (file !== "placeholder.txt") rmSync(new URL(file, dist));
}
const manifest = {};
for (const [name, extension, bytes] of [["app", "js", script], ["app", "css", Buffer.from(styles.outputFiles[0].contents)]]) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const file = `${name}-${hash}.${extension}`;
  writeFileSync(new URL(file, dist), bytes);
  writeFileSync(new URL(`${file}.gz`, dist), gzipSync(bytes, { level: 9 }));
  writeFileSync(new URL(`${file}.br`, dist), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  manifest[`${name}.${extension}`] = file;
}
writeFileSync(new URL("manifest.json", dist), JSON.stringify(manifest, null, 2) + "\n");
