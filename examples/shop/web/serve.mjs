// Serves `dist` to this machine alone: `node web/serve.mjs 4173`.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const dist = path.join(import.meta.dirname, "dist");
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".map": "application/json" };

const server = createServer(async (request, response) => {
  const name = new URL(request.url, "http://localhost").pathname;
  const file = path.join(dist, name === "/" ? "index.html" : path.basename(name));
  try {
    const body = await readFile(file);
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.argv[2]), "127.0.0.1");
