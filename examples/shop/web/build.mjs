// Builds the page into `dist`: `node web/build.mjs`.
import { cp } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;

await build({
  absWorkingDir: here,
  entryPoints: ["src/main.js"],
  outfile: "dist/main.js",
  bundle: true,
  minify: true,
  sourcemap: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
await cp(path.join(here, "src/index.html"), path.join(here, "dist/index.html"));
